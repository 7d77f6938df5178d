'use client';

import { useNow } from '@/lib/client/clock';
import { clockAhead } from '@/lib/client/session-query';
import type { SessionAnswer } from '@/lib/client/shapes';

/** How long a session still lasts, ms; `idle` where it ends before that unless something is done. */
export type TimeLeft = { idle: number; whole: number };

/** How long before the end for idleness it is warned of, and before the end that cannot be moved, ms. */
export const warnIdleMs = 2 * 60_000;
export const warnWholeMs = 5 * 60_000;

/** The ends of a session, ISO 8601; null: it has none. */
type Ends = Pick<SessionAnswer, 'expiresAt' | 'idleExpiresAt'>;

/** How much of a session is left at a time of pgdeck's clock (ms); undefined: it has no end, or the time is not known. */
export function timeLeft(session: Ends | undefined, now: number | undefined): TimeLeft | undefined {
  if (!session?.expiresAt || !session.idleExpiresAt || now === undefined) return undefined;
  return { idle: Date.parse(session.idleExpiresAt) - now, whole: Date.parse(session.expiresAt) - now };
}

/** Which end is near: the one that something done moves, or the one that nothing moves. */
export function nearEnd(left: TimeLeft | undefined): 'idle' | 'whole' | undefined {
  if (!left || left.idle <= 0) return undefined;
  // An end for idleness that is the end of all cannot be moved.
  if (left.whole <= warnWholeMs) return 'whole';
  return left.idle <= warnIdleMs ? 'idle' : undefined;
}

/** How much of a session is left, each second anew. */
export function useTimeLeft(session: Ends | undefined): TimeLeft | undefined {
  const now = useNow();
  const ahead = clockAhead();
  return timeLeft(session, now === undefined || ahead === undefined ? undefined : now + ahead);
}
