'use client';

import { useQuery } from '@tanstack/react-query';
import type { HistoryStatus } from '@/lib/history/answers';
import { historyQuery } from './history-queries';
import type { Kept } from './local-time';
import { memorySeconds } from './range';

const day = 86_400;

/** How far back pgdeck can show anything as its store is, and why not further. */
export function keptOf({ state, reason, hourDays }: Pick<HistoryStatus, 'state' | 'reason' | 'hourDays'>): Kept {
  if (state === 'on') return { seconds: hourDays * day, because: `History is kept for ${hourDays} days.` };
  const why = state === 'starting' ? 'The history store is starting.' : (reason ?? 'The history store is off.');
  return { seconds: memorySeconds, because: `Only the last hour is known. ${why}` };
}

/** How the history store is; asked slowly, undefined before the first answer. */
export function useHistory(): HistoryStatus | undefined {
  return useQuery({ ...historyQuery(), refetchInterval: 20_000 }).data;
}

/** How far back pgdeck can show anything; undefined while that is not known. */
export function useKept(): Kept | undefined {
  const status = useHistory();
  return status && keptOf(status);
}
