import { covers, type User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import { loadMask, maskStatement } from '@/lib/masking/statement';

/**
 * Runs as a user may see them: who may not run actions sees the statements without their values, and nothing of what only
 * a next action would take.
 */
export async function shownTo(user: User, runs: Run[]): Promise<Run[]> {
  if (covers(user.role, 'operator')) return runs;
  // Without PostgreSQL's scanner a statement is masked down to its first word.
  await loadMask().catch(() => {});
  return runs.map(({ undo: _undo, next: _next, ...run }) => ({ ...run, sql: run.sql.map(maskStatement) }));
}
