import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import { admin, refusal, Stage } from './test-stage';

let stage: Stage;
const tables = ['slow_1', 'slow_2', 'slow_3'];

// An index on a function that is slow for the runner only makes ANALYZE as slow as we like.
beforeAll(async () => {
  stage = await Stage.build();
  await stage.root(`create function public.slowly(id int) returns int language plpgsql immutable as $$ begin
      if current_setting('application_name') like 'pgdeck:act:%' then perform pg_sleep(0.02); end if;
      return id;
    end $$`);
  for (const table of tables)
    await stage.root(`create table public.${table} as select generate_series(1, 3000) as id;
      create index on public.${table} (public.slowly(id));
      alter table public.${table} owner to owner`);
});
beforeEach(() => {
  stage.approval = 'off';
  stage.use('actor');
});
afterEach(() => stage.clear());
afterAll(() => stage?.end());

const second: User = { name: 'second', role: 'admin', mode: 'local' };
const start = async (table: string, changes: { user?: User } = {}) => {
  const user = changes.user ?? admin;
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid(table) };
  const { previewId, confirmText } = await stage.runner.preview('test', { action: 'analyze', target }, user);
  const body = { previewId, idempotencyKey: previewId, ...(confirmText && { confirmText }) };
  return stage.runner.execute('test', body, user);
};
const runOf = (table: string) => stage.runner.runs().find(({ title }) => title.includes(table)) as Run;
const allEnded = () => expect.poll(() => stage.runner.runs().every(({ endedAt }) => endedAt)).toBe(true);
const cancel = (table: string) => stage.runner.cancel(runOf(table).runId, admin);

it('a third long one waits for its turn where everybody sees it, and runs when a place is free', async () => {
  const started = tables.map((table) => start(table));
  await Promise.all(started);
  const waiting = stage.runner.runs().find(({ status }) => status === 'queued') as Run;
  expect(waiting).toMatchObject({ queuePosition: 1, cancellable: true, endedAt: null });
  expect(await stage.events()).toContain('queued');
  const running = stage.runner.runs().filter(({ status }) => status === 'running');
  expect(running).toHaveLength(2);
  await stage.runner.cancel(running[0]?.runId ?? '', admin);
  await expect.poll(() => stage.runner.run(waiting.runId).status).toBe('running');
  for (const { runId, endedAt } of stage.runner.runs()) if (!endedAt) await stage.runner.cancel(runId, admin);
  await allEnded();
});

it('who waits can be taken out of the queue: nothing was sent', async () => {
  await Promise.all([start('slow_1'), start('slow_2')]);
  await start('slow_3');
  expect(await stage.ended(await cancel('slow_3'))).toMatchObject({ status: 'cancelled', verified: null });
  expect(runOf('slow_3').message).toContain('Nothing was done');
  expect((await stage.events()).slice(-2)).toEqual(['cancel_requested', 'result cancelled']);
  await Promise.all([cancel('slow_1'), cancel('slow_2')]);
  await allEnded();
});

it('what has to be typed waits for the yes of another admin, and nobody approves their own', async () => {
  stage.approval = 'typed';
  stage.use('actor', { environment: 'production' });
  const body = async () => ({
    action: 'terminate',
    target: { kind: 'backend' as const, ...(await stage.identity(victim)), query_start_us: undefined },
  });
  const victim = await stage.client('app');
  const shown = await stage.runner.preview('test', await body(), admin);
  expect(shown.needsApproval).toBe(true);
  const execute = { previewId: shown.previewId, idempotencyKey: 'one', confirmText: shown.confirmText ?? '' };
  const { run, ended } = await stage.runner.execute('test', execute, admin);
  expect([run.status, ended]).toEqual(['awaiting_approval', false]);
  expect(await stage.alive(victim)).toBe(true);
  expect(await refusal(stage.runner.approve(run.runId, admin))).toBe('403 own_action');
  expect(await refusal(stage.runner.approve(run.runId, { name: 'third', role: 'operator', mode: 'local' }))).toBe(
    '403 forbidden',
  );
  expect(await stage.ended(await stage.runner.approve(run.runId, second))).toMatchObject({
    status: 'done',
    approvedBy: 'second',
  });
  expect(await stage.alive(victim)).toBe(false);
  expect(await refusal(stage.runner.approve(run.runId, second))).toBe('409 nothing_to_approve');
  expect(await stage.events()).toEqual(['awaiting_approval', 'approved', 'intent', 'result done']);
});

it('a run that waits for an approval can be taken back', async () => {
  stage.approval = 'typed';
  stage.use('actor');
  const victim = await stage.client('app');
  const { pid, backend_start_us } = await stage.identity(victim);
  const target = { kind: 'backend' as const, pid, backend_start_us };
  const shown = await stage.runner.preview('test', { action: 'terminate', target }, admin);
  const execute = { previewId: shown.previewId, idempotencyKey: 'two', confirmText: String(pid) };
  const { run } = await stage.runner.execute('test', execute, admin);
  expect(await stage.ended(await stage.runner.cancel(run.runId, admin))).toMatchObject({ status: 'cancelled' });
  expect(await stage.alive(victim)).toBe(true);
  expect(await refusal(stage.runner.approve(run.runId, second))).toBe('409 nothing_to_approve');
});
