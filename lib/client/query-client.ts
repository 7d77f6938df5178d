import { QueryClient } from '@tanstack/react-query';
import { retryDelay, worthRetrying } from './retry';

/** The cache of answers: keeps what it had, asks again with growing pauses, and only while the page is seen. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        retry: worthRetrying,
        retryDelay: (failures) => retryDelay(failures),
        refetchOnWindowFocus: true,
        refetchIntervalInBackground: false,
        // A computer without a network still reaches a pgdeck that runs on it.
        networkMode: isLoopback() ? 'always' : 'online',
        gcTime: 10 * 60_000,
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

function isLoopback(): boolean {
  return typeof location === 'undefined' || /^(localhost|127\.|\[::1\])/.test(location.hostname);
}
