import type { RunStatus } from '@/lib/actions/protocol';
import { isConnectionError, PostgresProblem } from '@/lib/postgres/errors';
import type { Notice } from '@/lib/postgres/session';

// Codes of the network look alike: EPIPE.
const likeSqlstate = /^(?!E[A-Z]{4}$)[0-9A-Z]{5}$/;

/** What became of a statement that ended with an error. */
export type Failure = { status: RunStatus; message: string; sqlstate?: string };

// Only these texts are PostgreSQL's own words; others may quote a row that the statement met.
const tellable = /^(42|25|57|55|54|53|0A|3F|28|3D)/;
const onlyNames =
  /^(updated partition constraint for default partition|partition constraint of relation|check constraint) .{1,300} (is|would be) violated by some row$/s;

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
  const said =
    typeof message === 'string' && (tellable.test(sqlstate) || (sqlstate === '23514' && onlyNames.test(message)))
      ? ` PostgreSQL says: ${message}.`
      : ' Its text is hidden, for it can hold data.';
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

/** The warnings among what the server said beside an answer, with their SQLSTATE. */
export function warningsOf(notices: Notice[]): string[] {
  return notices
    .filter(({ severity }) => severity === 'WARNING')
    .map(({ sqlstate, message }) => `${message} (${sqlstate})`);
}
