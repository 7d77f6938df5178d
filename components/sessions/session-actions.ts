import type { PreviewBody } from '@/lib/actions/protocol';
import type { Act } from '@/lib/client/session';
import { durationInWords } from '@/lib/format';
import { kindOf, type Session } from './session-kind';

/** The preview to ask for, to cancel a session's statement or to terminate it. */
export function actionOn(session: Session, action: 'cancel' | 'terminate'): PreviewBody {
  const target = { kind: 'backend' as const, pid: session.pid, backend_start_us: session.backend_start_us ?? '' };
  return {
    action,
    target:
      action === 'cancel' && session.query_start_us ? { ...target, query_start_us: session.query_start_us } : target,
  };
}

/** What the button of it asks for: the action in the database of the session. */
export function actOn(session: Pick<Session, 'datname'>, action: 'cancel' | 'terminate'): Act {
  return { action, database: session.datname };
}

/** One of the offers to do something to many sessions at once. */
export type BulkOffer = {
  action: 'terminate' | 'cancel';
  state: 'idle in transaction' | 'idle' | 'active';
  olderThanSeconds: number;
};

/** The offers of the page. */
export const bulkOffers: BulkOffer[] = [
  { action: 'terminate', state: 'idle in transaction', olderThanSeconds: 300 },
  { action: 'terminate', state: 'idle', olderThanSeconds: 600 },
  { action: 'cancel', state: 'active', olderThanSeconds: 300 },
];

/** An offer as a button: `Terminate all idle in transaction longer than 5 minutes…`. */
export function offerWords({ action, state, olderThanSeconds }: BulkOffer): string {
  return `${action === 'cancel' ? 'Cancel the statements of all' : 'Terminate all'} ${state} longer than ${olderThanSeconds / 60} minutes…`;
}

/** The preview to ask for; the server freezes who they are. */
export function offerBody({ action, state, olderThanSeconds }: BulkOffer): PreviewBody {
  return {
    action,
    target: { kind: 'backends', filter: { state, older_than_seconds: olderThanSeconds } },
  };
}

/** How many sessions an offer would take now, as the page knows them. */
export function offerCount(sessions: Session[], { state, olderThanSeconds }: BulkOffer): number {
  return sessions.filter(
    (session) =>
      session.backend_type === 'client backend' &&
      matches(session, state) &&
      (session.state_seconds ?? 0) > olderThanSeconds,
  ).length;
}

function matches(session: Session, state: BulkOffer['state']): boolean {
  const kind = kindOf(session);
  // Who waits for a lock is active for PostgreSQL.
  if (state === 'active') return kind === 'active' || (kind === 'waiting' && session.state === 'active');
  return kind === (state === 'idle' ? 'idle' : 'idle-in-transaction');
}

/** Why an offer is off: nobody is in that state for so long. */
export function offerOff(sessions: Session[], offer: BulkOffer): string | undefined {
  return offerCount(sessions, offer) > 0
    ? undefined
    : `No session is ${offer.state} for more than ${durationInWords(offer.olderThanSeconds)} now.`;
}
