import type { PastRun, Run } from '@/lib/actions/protocol';
import type { Audit } from '@/lib/audit/audit';
import { databasesOf } from '@/lib/audit/databases';

const mostRuns = 10;
/** How many ended runs of an action are looked through: only those that were done tell how long it takes. */
const mostRead = 50;
/** Files of the audit that are looked through, of 8 MB each. */
const mostFiles = 2;

const done = new Set(['done', 'done_with_warnings']);

/** Earlier runs of an action on a server that were done and that `sees` may be told, newest first: how long each took, and of how many bytes. */
export async function pastRuns(
  audit: Audit,
  server: string,
  action: string,
  sees: (run: Pick<Run, 'databases'>) => boolean,
): Promise<PastRun[]> {
  const { entries } = await audit.read({ limit: mostRead, event: 'result', server, action }, mostFiles);
  const runs = entries.flatMap((entry): PastRun[] => {
    const { runId, result, title, ts } = entry;
    if (!runId || !result || !done.has(result.status) || !sees({ databases: databasesOf(entry) })) return [];
    const { name } = (entry.target ?? {}) as { name?: string };
    const work = entry.work as { readBytes?: unknown } | undefined;
    return [
      {
        runId,
        target: name ?? title ?? action,
        startedAt: new Date(Date.parse(ts) - result.ms).toISOString(),
        ms: result.ms,
        bytes: typeof work?.readBytes === 'number' && work.readBytes > 0 ? work.readBytes : null,
      },
    ];
  });
  return runs.slice(0, mostRuns);
}
