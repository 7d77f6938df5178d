import { ApiError } from '@/lib/access/errors';
import type { RunStatus } from '@/lib/actions/protocol';
import { AuditUnwritable } from '@/lib/audit/audit';
import { likeSqlstate, toldMessage } from '@/lib/masking/message';
import { describeError, isConnectionError, PostgresProblem } from '@/lib/postgres/errors';
import type { Notice } from '@/lib/postgres/session';

/** What became of a statement that ended with an error. */
export type Failure = { status: RunStatus; message: string; sqlstate?: string };

/**
 * Puts an error of a statement that was sent in words: `failed`, `cancelled`, or `unknown` where the connection was lost
 * and nobody knows whether the server went on. `not` is the action's "Not analyzed."
 */
export function failureOf(error: unknown, not: string, cancelledHere = false): Failure {
  if (error instanceof PostgresProblem)
    return {
      status: 'failed',
      message: `${not} ${error.problem.sentence} ${error.problem.hint}`,
      ...sqlstateOf(error.problem),
    };
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const sqlstate = typeof code === 'string' && likeSqlstate.test(code) ? code : undefined;
  if (isConnectionError(error))
    return {
      status: 'unknown',
      message: 'The connection was lost while the statement ran, so it is not known whether the server finished it.',
      ...sqlstateOf({ sqlstate }),
    };
  if (!sqlstate) throw error;
  const told = toldMessage(sqlstate, message);
  const said = told === undefined ? ' Its text is hidden, for it can hold data.' : ` PostgreSQL says: ${told}.`;
  if (sqlstate === '57014')
    return cancelledHere
      ? { status: 'cancelled', message: `${not} It was cancelled from here.`, sqlstate }
      : { status: 'cancelled', message: `${not}${said} Somebody else cancelled it.`, sqlstate };
  if (sqlstate === '55P03') return { status: 'failed', message: `${not} The lock was not granted in time.`, sqlstate };
  if (sqlstate === '42501')
    return { status: 'failed', message: `${not} The role lacks the right to do this.${said}`, sqlstate };
  return { status: 'failed', message: `${not} PostgreSQL refused it with SQLSTATE ${sqlstate}.${said}`, sqlstate };
}

function sqlstateOf({ sqlstate }: { sqlstate?: string | undefined }): { sqlstate?: string } {
  return sqlstate === undefined ? {} : { sqlstate };
}

/** Why nothing was sent, for a run that somebody polls already. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiError || error instanceof AuditUnwritable) return `${error.message}`;
  try {
    const { sentence, hint } = describeError(error);
    return `Nothing was done. ${sentence} ${hint}`;
  } catch {
    return 'Nothing was done: pgdeck failed before it began.';
  }
}

/** The warnings among what the server said beside an answer, with their SQLSTATE. */
export function warningsOf(notices: Notice[]): string[] {
  return notices
    .filter(({ severity }) => severity === 'WARNING')
    .map(({ sqlstate, message }) => `${message} (${sqlstate})`);
}
