import { coversAll, serversFor } from '@/lib/access/server-access';
import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import { loadMask, maskStatement } from '@/lib/masking/statement';

/**
 * Runs as a user may see them: who may not run actions on a server sees the statements without their values (without sign-in
 * none), of the server's warnings the code alone, and nothing of what only a next action would take.
 */
export async function shownTo(user: User, runs: Run[]): Promise<Run[]> {
  const seen = new Map(serversFor(user).map(({ server, access }) => [server.config.id, access]));
  // Without PostgreSQL's scanner a statement is masked down to its first word.
  await loadMask().catch(() => {});
  return runs.map((run) => {
    const access = seen.get(run.server);
    if (access && coversAll(access, 'operator', run.databases ?? null)) return run;
    const { undo: _undo, next: _next, ...shown } = run;
    const sql = access?.queryText === 'hidden' ? [] : run.sql.map(maskStatement);
    return { ...shown, sql, warnings: run.warnings.map(withoutServersWords) };
  });
}

/** A warning of the server, as `warningsOf` writes it, can hold what a function of the application said. */
function withoutServersWords(warning: string): string {
  const sqlstate = /\(([0-9A-Z]{5})\)$/.exec(warning)?.[1];
  return sqlstate === undefined ? warning : `The server warned with SQLSTATE ${sqlstate}.`;
}
