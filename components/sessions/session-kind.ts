import type { Limits } from '@/lib/config';
import type { Row } from '@/lib/topics/index';

/** A row of topic `sessions`. */
export type Session = Row<'sessions'>;

/** What a session does, as the page sorts sessions; `other`: background work, or a state that this role may not see. */
export type SessionKind = 'waiting' | 'active' | 'idle-in-transaction' | 'idle' | 'other';

/** The kinds in the order of the page, with their words. */
export const sessionKinds: { kind: SessionKind; title: string }[] = [
  { kind: 'waiting', title: 'Waiting' },
  { kind: 'active', title: 'Active' },
  { kind: 'idle-in-transaction', title: 'Idle in transaction' },
  { kind: 'idle', title: 'Idle' },
  { kind: 'other', title: 'Other' },
];

/** What a session does; one that waits for another session's lock is `waiting`, not `active`. */
export function kindOf(session: Pick<Session, 'state' | 'wait_event_type'>): SessionKind {
  if (session.wait_event_type === 'Lock') return 'waiting';
  if (session.state?.startsWith('idle in transaction')) return 'idle-in-transaction';
  if (session.state === 'active' || session.state === 'fastpath function call') return 'active';
  return session.state === 'idle' ? 'idle' : 'other';
}

/** A session whose state, statement and waits this role may not see. */
export function isHidden(session: Pick<Session, 'backend_start_us'>): boolean {
  return session.backend_start_us === null;
}

/** The state in words for a cell: `Waiting`, `Idle in transaction`, `Hidden`, `walsender`. */
export function stateWords(session: Session): string {
  const kind = kindOf(session);
  if (kind === 'idle-in-transaction' && session.state?.endsWith('(aborted)')) return 'Idle in failed transaction';
  if (kind !== 'other') return sessionKinds.find((each) => each.kind === kind)?.title ?? kind;
  if (isHidden(session)) return 'Hidden';
  if (session.state) return session.state.charAt(0).toUpperCase() + session.state.slice(1);
  return session.backend_type && session.backend_type !== 'client backend' ? session.backend_type : 'Starting';
}

/** How many sessions there are of each kind. */
export function countKinds(sessions: Session[]): Record<SessionKind, number> {
  const counts = { waiting: 0, active: 0, 'idle-in-transaction': 0, idle: 0, other: 0 };
  for (const session of sessions) counts[kindOf(session)]++;
  return counts;
}

/** The age that counts, in seconds: of the open transaction; without one, the time in its state; null where hidden. */
export function ageOf(session: Session): number | null {
  return session.xact_seconds ?? session.state_seconds ?? session.query_seconds;
}

/** How long the session has waited for its lock at most, in seconds: since its statement began. */
export function waitedAtMost(session: Session): number {
  return session.query_seconds ?? session.state_seconds ?? 0;
}

/** The limits that a session is judged by. */
export type SessionLimits = Pick<
  Limits,
  | 'blockedSeconds'
  | 'idleInTransactionWarningSeconds'
  | 'idleInTransactionCriticalSeconds'
  | 'transactionWarningSeconds'
  | 'transactionCriticalSeconds'
>;

type Severity = 'critical' | 'warning' | undefined;

/**
 * How bad it is that a session is as it is: critical where it keeps others waiting for longer than the limit or is idle
 * in a transaction beyond the critical limit, or where its transaction is open for too long whatever it does meanwhile;
 * undefined where there is nothing to say.
 */
export function severityOf(session: Session, limits: SessionLimits): Severity {
  const kind = kindOf(session);
  if (kind !== 'idle-in-transaction' && kind !== 'waiting' && kind !== 'active') return undefined;
  const found = [byTransaction(session, limits), byState(kind, session, limits)];
  return found.includes('critical') ? 'critical' : found.find(Boolean);
}

function byTransaction(session: Session, limits: SessionLimits): Severity {
  const open = session.xact_seconds ?? 0;
  if (open >= limits.transactionCriticalSeconds) return 'critical';
  return open >= limits.transactionWarningSeconds ? 'warning' : undefined;
}

function byState(kind: SessionKind, session: Session, limits: SessionLimits): Severity {
  if (kind === 'idle-in-transaction') {
    const idle = session.state_seconds ?? 0;
    if (idle >= limits.idleInTransactionCriticalSeconds) return 'critical';
    if (session.blocks > 0) return idle >= limits.blockedSeconds ? 'critical' : 'warning';
    return idle >= limits.idleInTransactionWarningSeconds ? 'warning' : undefined;
  }
  if (kind !== 'waiting' || waitedAtMost(session) < limits.blockedSeconds) return undefined;
  return session.blocks > 0 ? 'critical' : 'warning';
}

/** Why a cancel would do nothing; undefined where a statement runs that can be cancelled. */
export function whyNotCancel(session: Pick<Session, 'pid' | 'state' | 'backend_type' | 'query_start_us'>) {
  return (
    whyNotSignal(session) ??
    (session.state === 'active' || session.state === 'fastpath function call'
      ? session.query_start_us === null
        ? 'Its statement is hidden from this role.'
        : undefined
      : session.state === null
        ? 'Its state is hidden from this role.'
        : 'It runs no statement; a cancel would do nothing.')
  );
}

/** Why pgdeck does not signal a process at all; undefined where it does. */
export function whyNotSignal(session: Pick<Session, 'pid' | 'backend_type'> & { backend_start_us?: string | null }) {
  if (session.pid === 0) return 'A prepared transaction has no session. End it with ROLLBACK PREPARED.';
  if (session.backend_start_us === null) return 'Who it is, is hidden from this role.';
  if (session.backend_type !== null && session.backend_type !== 'client backend')
    return `It is a process of the server (${session.backend_type}); pgdeck signals clients' sessions only.`;
  return undefined;
}
