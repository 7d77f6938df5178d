import { type ServerAccess, serversFor } from '@/lib/access/server-access';
import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';

/** Whether somebody may know of a run on a server that they may know of: one about other databases is not told. */
export function seesRun({ databases }: ServerAccess, run: Pick<Run, 'databases'>): boolean {
  if (databases === undefined) return true;
  return run.databases?.length ? run.databases.every((database) => databases.has(database)) : false;
}

/** The runs that somebody may know of. */
export function visibleRuns(user: User, runs: Run[]): Run[] {
  const seen = new Map(serversFor(user).map(({ server, access }) => [server.config.id, access]));
  return runs.flatMap((run) => {
    const access = seen.get(run.server);
    if (access === undefined || !seesRun(access, run)) return [];
    // Earlier runs of the same kind can have been elsewhere.
    const { past, ...rest } = run;
    return [past && access.databases === undefined ? { ...rest, past } : rest];
  });
}
