import { momentOf } from '@/components/charts/summary';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { clockMinutes, count, durationInWords, ofTotal, percent, plural } from '@/lib/format';
import { countKinds, isHidden, kindOf, type Session } from './session-kind';

/**
 * The page in one or two sentences: who waits and behind whom, how many are idle in a transaction and since when.
 * `12 of 163 sessions wait for a lock, 11 of them behind session 4711. 6 are idle in transaction, the oldest for 14 min 9 s.`
 */
export function sessionsSentence(sessions: Session[]): string {
  if (sessions.length === 0) return "No session but pgdeck's own is connected.";
  const counts = countKinds(sessions);
  const hidden = sessions.filter(isHidden).length;
  if (hidden > 0 && counts.waiting === 0) {
    const seen = sessions.filter((session) => !isHidden(session));
    const all = sessions.length === 1 ? '1 session is' : `${count(sessions.length)} sessions are`;
    if (seen.length === 0) return `${all} connected; what ${sessions.length === 1 ? 'it does' : 'they do'} is hidden.`;
    return `${all} connected; what ${count(hidden)} of them ${hidden === 1 ? 'does' : 'do'} is hidden. Of the others, ${lowerFirst(idleSentence(seen))}`;
  }
  return `${waitingSentence(sessions, counts.waiting, counts.active)} ${idleSentence(sessions)}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
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

/**
 * The chart of connections in a sentence: `24 of 97 connections for applications are taken (25 %); at most 31 (32 %), at 02:40.`
 * They include pgdeck's own. `zone` is for tests; missing, the reader's own.
 */
export function connectionsSentence(series: SeriesAnswer, zone?: string): string {
  const index = (column: string) => series.columns.indexOf(column) + 1;
  const states = ['waiting', 'idle_in_transaction', 'active', 'idle', 'other'].map(index).filter((at) => at > 0);
  const known = series.points
    .filter((point) => states.some((at) => typeof point[at] === 'number'))
    .map((point) => ({
      at: point[0] ?? 0,
      all: Math.round(states.reduce((sum, at) => sum + (point[at] ?? 0), 0)),
      ceiling: point[index('ceiling')] ?? null,
    }));
  const now = known.at(-1);
  if (!now) return 'Nothing is known yet; the first figures come within 10 s.';
  const most = known.reduce((top, point) => (point.all >= top.all ? point : top), now);
  const time = zone ? clockMinutes(new Date(most.at * 1000), zone) : momentOf(series, most.at);
  const peak = most.all > now.all ? `at most ${count(most.all)}` : 'never more in this time';
  if (now.ceiling === null) return `${plural(now.all, 'connection')} now; ${peak}.`;
  const share = most.all > now.all ? ` (${percent(most.all / now.ceiling)}), at ${time}` : '';
  const [part = '', rest = ''] = ofTotal(now.all, Math.round(now.ceiling)).split(' (');
  return `${part} connections for applications are taken (${rest}; ${peak}${share}.`;
}
