'use client';

import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ChangeEvent, ChangesAnswer } from '@/lib/history/answers';
import { endsOf } from './history-queries';
import { useInterval } from './live';
import type { Range } from './queries';
import { request, withQuery } from './request';

const everySeconds = 15;
/** More than this are no longer told apart on a chart. */
const most = 300;

/** What changed on a server in a range: one question for all charts of a page. */
function eventsQuery(server: string, range: Range) {
  return queryOptions({
    queryKey: ['changes', server, range, 'events'],
    queryFn: ({ signal }) =>
      request<ChangesAnswer>(
        withQuery(`/api/servers/${encodeURIComponent(server)}/changes`, { ...endsOf(range), limit: most }),
        { signal },
      ),
    enabled: server !== '',
    staleTime: everySeconds * 1000,
    // Without a store there is nothing to draw, and asking again at once does not help.
    retry: false,
  });
}

const none: ChangeEvent[] = [];

/** The changes to draw on the charts of a page, oldest first; none while they are not known. */
export function useEvents(server: string, range: Range): ChangeEvent[] {
  const interval = useInterval(everySeconds * 1000);
  const { data } = useQuery({ ...eventsQuery(server, range), refetchInterval: 'last' in range && interval });
  return useMemo(() => data?.events.toSorted((a, b) => a.at - b.at) ?? none, [data]);
}
