import { QueryClient } from '@tanstack/react-query';
import { retryDelay, worthRetrying } from './retry';
import { shareAnswers } from './shared-answers';

/** The cache of answers: keeps what it had, asks again with growing pauses, only while the page is seen, and once for all tabs. */
export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
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
  // Pages are drawn first where there are no tabs.
  if (typeof window !== 'undefined') shareAnswers(client);
  return client;
}

function isLoopback(): boolean {
  return typeof location === 'undefined' || /^(localhost|127\.|\[::1\])/.test(location.hostname);
}
