import { count, durationInWords } from '@/lib/format';
import { countKinds, kindOf, type Session } from './session-kind';

/**
 * The page in one or two sentences: who waits and behind whom, how many are idle in a transaction and since when.
 * `12 of 163 sessions wait for a lock, 11 of them behind session 4711. 6 are idle in transaction, the oldest for 14 min 9 s.`
 */
export function sessionsSentence(sessions: Session[]): string {
  if (sessions.length === 0) return "No session but pgdeck's own is connected.";
  const counts = countKinds(sessions);
  return `${waitingSentence(sessions, counts.waiting, counts.active)} ${idleSentence(sessions)}`;
}

function waitingSentence(sessions: Session[], waiting: number, active: number): string {
  const all = count(sessions.length);
  if (waiting === 0) {
    const busy = active === 0 ? 'none is' : active === 1 ? '1 is' : `${count(active)} are`;
    return `${sessions.length === 1 ? '1 session is' : `${all} sessions are`} connected; ${busy} active and none waits for a lock.`;
  }
  const first = `${count(waiting)} of ${all} ${sessions.length === 1 ? 'session' : 'sessions'} ${waiting === 1 ? 'waits' : 'wait'} for a lock`;
  const root = largestRoot(sessions);
  if (!root) return `${first}.`;
  if (root.blocks >= waiting) return `${first}, ${waiting === 1 ? '' : 'all '}behind session ${root.pid}.`;
  return `${first}, ${count(root.blocks)} of them behind session ${root.pid}.`;
}

/** The session that keeps most others waiting and waits for nobody itself. */
export function largestRoot(sessions: Session[]): Session | undefined {
  let root: Session | undefined;
  for (const session of sessions)
    if (session.blocked_by.length === 0 && session.blocks > (root?.blocks ?? 0)) root = session;
  return root;
}

function idleSentence(sessions: Session[]): string {
  const idle = sessions.filter((session) => kindOf(session) === 'idle-in-transaction');
  if (idle.length === 0) return 'None is idle in transaction.';
  const oldest = durationInWords(
    Math.max(...idle.map((session) => session.xact_seconds ?? session.state_seconds ?? 0)),
  );
  return idle.length === 1
    ? `1 is idle in transaction, for ${oldest}.`
    : `${count(idle.length)} are idle in transaction, the oldest for ${oldest}.`;
}
