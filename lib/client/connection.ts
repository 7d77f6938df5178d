'use client';

import { type Query, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { RequestError } from './request';

/** Since when pgdeck itself has not answered this browser, and whether the browser has no network. */
export type Lost = { offline: boolean; failures: number };

const unanswered = (query: Query) =>
  query.getObserversCount() > 0 &&
  query.state.fetchFailureReason instanceof RequestError &&
  query.state.fetchFailureReason.status === 0;

/** Undefined while pgdeck answers; else how often it did not. */
export function useLost(): Lost | undefined {
  const cache = useQueryClient().getQueryCache();
  const failures = useSyncExternalStore(
    (listener) => cache.subscribe(() => queueMicrotask(listener)),
    () => Math.max(0, ...cache.findAll({ predicate: unanswered }).map((query) => query.state.fetchFailureCount)),
    () => 0,
  );
  return failures > 0 ? { offline: !navigator.onLine, failures } : undefined;
}
