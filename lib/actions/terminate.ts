import { z } from 'zod';
import type { SignalAction } from './action';
import { digits, sameQuery, sameSession } from './session';

/** Ends sessions: `pg_terminate_backend()`, guarded by identity. */
export const terminate: SignalAction = {
  id: 'terminate',
  title: 'Terminate session',
  summary: 'Ends a session: its statement stops, its open transaction is rolled back, its locks are released.',
  group: 'sessions',
  kind: 'signal',
  targetKinds: ['backend', 'backends'],
  role: 'admin',
  confirm: 'typed',
  rights: "The session's own role, pg_signal_backend, or superuser; only a superuser ends a superuser's session.",
  options: z.strictObject({}),
  locks: [],
  touches: ['sessions', 'locks', 'connections', 'progress'],
  bulkStates: ['idle', 'idle in transaction', 'active'],
  needsQueryStart: false,
  sql: (session, bulk) =>
    bulk
      ? `select /* pgdeck:terminate */ a.pid, pg_catalog.pg_terminate_backend(a.pid) as signalled
from pg_catalog.pg_stat_get_activity(${digits(session.pid)}) as a
where ${sameSession(session)}
  and a.state in (${bulk.states.map((state) => `'${state.replaceAll("'", "''")}'`).join(', ')}) and ${sameQuery(session)}`
      : `select /* pgdeck:terminate */ a.pid, pg_catalog.pg_terminate_backend(a.pid, 3000) as signalled
from pg_catalog.pg_stat_get_activity(${digits(session.pid)}) as a
where ${sameSession(session)}`,
  refuse: () => undefined,
  remains: (before, now) => now.pid === before.pid && now.backend_start_us === before.backend_start_us,
  words: {
    question: (pid) => `Terminate session ${pid}?`,
    bulkQuestion: (count, which) => `Terminate ${count} ${count === 1 ? 'session' : 'sessions'} ${which}?`,
    effect:
      'The session ends. Its statement stops, its open transaction is rolled back and its locks are released; the application sees a lost connection.',
    guard: 'The statement ends a session only while PID and start, to the microsecond, are the ones shown.',
    done: (pid) => `Session ${pid} is terminated.`,
    still: (pid) =>
      `The signal was sent, but session ${pid} is still there after 3 s. It ends when it next looks for signals.`,
    not: 'Not terminated.',
  },
};
