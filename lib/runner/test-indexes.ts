import type { NextAction, Preview, PreviewBody, Run } from '@/lib/actions/protocol';
import { until } from '@/lib/history/test-stage';
import { admin, type Stage } from './test-stage';

/** What tests of index actions ask of a stage. */
export function onIndexes(stage: () => Stage) {
  const target = async (name: string, kind: 'relation' | 'index' = 'relation') => ({
    kind,
    database: 'postgres',
    oid: await stage().oid(name),
  });
  const preview = (body: PreviewBody): Promise<Preview> => stage().runner.preview('test', body, admin);
  const start = async ({ previewId, confirmText = '' }: Preview): Promise<string> =>
    (await stage().runner.execute('test', { previewId, idempotencyKey: previewId, confirmText }, admin)).run.runId;
  const ended = async (runId: string): Promise<Run> => {
    for (;;) {
      const run = stage().runner.run(runId);
      if (run.endedAt) return run;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const execute = async (shown: Preview): Promise<Run> => ended(await start(shown));
  const run = async (body: PreviewBody): Promise<Run> => execute(await preview(body));
  return {
    target,
    preview,
    /** Begins what was previewed: it may go on when this returns. */
    start,
    /** The run of what was previewed, when it has ended. */
    execute,
    ended,
    run,
    create: async (table: string, options: Record<string, unknown>): Promise<PreviewBody> => ({
      action: 'create-index',
      target: await target(table),
      options,
    }),
    on: async (action: string, index: string): Promise<PreviewBody> => ({
      action,
      target: await target(index, 'index'),
    }),
    /** Starts an action, waits until it waits for old snapshots or transactions, and cancels it. */
    cancelMidway: async (body: PreviewBody): Promise<Run> => {
      const runId = await start(await preview(body));
      await until(async () => {
        const waiting = await stage().root(
          `select 1 from pg_stat_activity where application_name like 'pgdeck:act:%' and wait_event in ('virtualxid', 'relation')`,
        );
        return waiting.length > 0;
      });
      await stage().runner.cancel(runId, admin);
      return ended(runId);
    },
    /** The next action of a kind that a run left to be previewed. */
    next: (run: Run, action: string): NextAction => {
      const found = run.next?.find(({ body }) => body.action === action);
      if (!found) throw new Error(`the run offers no ${action}: ${JSON.stringify(run)}`);
      return found;
    },
    definition: async (index: string): Promise<string | undefined> =>
      (await stage().root<{ text: string }>('select pg_get_indexdef(to_regclass($1)) as text', [index]))[0]?.text,
    valid: async (index: string): Promise<boolean | undefined> =>
      (
        await stage().root<{ valid: boolean }>(
          'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
          [index],
        )
      )[0]?.valid,
  };
}
