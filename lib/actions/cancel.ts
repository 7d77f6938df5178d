import { z } from 'zod';
import type { SignalAction } from './action';
import { digits, sameQuery, sameSession } from './session';

/** Cancels a session's running statement: `pg_cancel_backend()`, guarded by identity and start of the statement. */
export const cancel: SignalAction = {
  id: 'cancel',
  title: 'Cancel statement',
  summary: 'Stops the statement a session is running; the session itself stays.',
  group: 'sessions',
  kind: 'signal',
  targetKinds: ['backend', 'backends'],
  role: 'operator',
  confirm: 'step',
  rights: "The session's own role, pg_signal_backend, or superuser; only a superuser cancels a superuser's statement.",
  options: z.strictObject({}),
  locks: [],
  touches: ['sessions', 'locks', 'connections', 'progress'],
  bulkStates: ['active'],
  needsQueryStart: true,
  sql: (session) => `select /* pgdeck:cancel */ a.pid, pg_catalog.pg_cancel_backend(a.pid) as signalled
from pg_catalog.pg_stat_get_activity(${digits(session.pid)}) as a
where ${sameSession(session)}
  and a.state in ('active', 'fastpath function call') and ${sameQuery(session)}`,
  // PostgreSQL answers true for an idle session and does nothing.
  refuse: ({ pid, state }) => {
    if (state === 'active' || state === 'fastpath function call') return undefined;
    const why = state === null ? 'its state is not visible to this role' : `it is ${state}`;
    const instead = state?.startsWith('idle in transaction') ? ' Only terminating it ends its transaction.' : '';
    return {
      code: 'nothing_to_cancel',
      message: `Session ${pid} runs no statement: ${why}.${instead}`,
    };
  },
  remains: (before, now) =>
    now.pid === before.pid &&
    now.backend_start_us === before.backend_start_us &&
    now.query_start_us === before.query_start_us &&
    now.state === 'active',
  words: {
    question: (pid) => `Cancel the statement of session ${pid}?`,
    bulkQuestion: (count, which) => `Cancel the statements of ${count} sessions ${which}?`,
    effect:
      'The running statement ends with an error, and the transaction around it fails: what it did is undone and its locks are released, back to its last savepoint. The session stays.',
    guard:
      'The statement cancels only while PID, start of the session and start of its statement, to the microsecond, are the ones shown.',
    done: (pid) => `The statement of session ${pid} is cancelled.`,
    still: (pid) => `The signal was sent, but session ${pid} still runs the same statement after 3 s.`,
    not: 'Not cancelled.',
  },
};
