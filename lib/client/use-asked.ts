'use client';

import { type DefaultError, type QueryKey, type UseQueryOptions, useQuery } from '@tanstack/react-query';
import { useInterval } from './live';

/** An answer that is no topic's, asked again as its options say while the page is live. */
export function useAsked<T, Key extends QueryKey>(options: UseQueryOptions<T, DefaultError, T, Key>) {
  const every = typeof options.refetchInterval === 'number' ? options.refetchInterval : undefined;
  const interval = useInterval(every ?? 60_000);
  return useQuery({ ...options, refetchInterval: every !== undefined && interval });
}
