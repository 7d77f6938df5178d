import type { Preview, PreviewBody, Run } from '@/lib/actions/protocol';
import { admin, refusal, type Stage } from './test-stage';

/** How tests preview and execute on a stage. */
export function acting(stage: () => Stage) {
  let keys = 0;
  const preview = (body: PreviewBody): Promise<Preview> => stage().runner.preview('test', body, admin);
  const execute = async ({ previewId, confirmText }: Preview): Promise<Run> => {
    const body = { previewId, idempotencyKey: `key-${keys++}`, ...(confirmText !== undefined && { confirmText }) };
    const { run } = await stage().runner.execute('test', body, admin);
    for (let now = run; ; now = stage().runner.run(run.runId)) {
      if (now.endedAt) return now;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return {
    preview,
    execute,
    /** Previews and executes. */
    run: async (body: PreviewBody): Promise<Run> => execute(await preview(body)),
    /** The status and code that a preview is refused with. */
    refused: (body: PreviewBody): Promise<string> => refusal(preview(body)),
    /** What an execution is refused with when something happened since the preview. */
    changed: async (body: PreviewBody, meanwhile: () => Promise<unknown>): Promise<string> => {
      const shown = await preview(body);
      await meanwhile();
      return refusal(execute(shown));
    },
  };
}
