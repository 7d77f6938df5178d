import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type {
  ChangeEvent,
  ChangesAnswer,
  CompareAnswer,
  CostAnswer,
  HistoryStatus,
  LoadBy,
  SeriesAnswer,
  TopAnswer,
} from '@/lib/history/answers';
import type { Range } from './queries';
import { paceSeconds } from './range';
import { request, withQuery } from './request';

/** What a series is drawn of, where it is not of the whole server: load by something, one statement, one relation. */
export type SeriesOf = {
  by?: LoadBy | undefined;
  filter?: string | undefined;
  sid?: string | undefined;
  database?: string | null | undefined;
  oid?: number | undefined;
};

/** Both ends of a window, epoch seconds. */
export type Ends = { from: number; to: number };

/** What two windows are compared by. */
export const comparedTopics = ['slow-queries', 'tables', 'load'] as const;

/** A topic that windows can be compared by. */
export type ComparedTopic = (typeof comparedTopics)[number];

/** A mark that a person or a deployment sets. */
export type Annotation = { server?: string; title: string; at?: number; detail?: Record<string, unknown> };

const path = (server: string, rest: string) => `/api/servers/${encodeURIComponent(server)}/${rest}`;

/** The ends that a range means now. */
export function endsOf(range: Range): Ends {
  if ('to' in range) return range;
  const to = Math.floor(Date.now() / 1000);
  return { from: to - range.last, to };
}

/** How an answer over a range is kept and asked again: a range that moves with the time every so many seconds. */
const over = (range: Range, everySeconds = paceSeconds(range)) => ({
  staleTime: 'last' in range ? everySeconds * 1000 : 60_000,
  refetchInterval: 'last' in range ? everySeconds * 1000 : (false as const),
  placeholderData: keepPreviousData,
});

/** The points of a series that is not of the whole server. */
export function seriesOfQuery(server: string, series: string, range: Range, of: SeriesOf) {
  return queryOptions({
    queryKey: ['series', server, series, range, of],
    queryFn: ({ signal }) =>
      request<SeriesAnswer>(
        withQuery(path(server, `series/${encodeURIComponent(series)}`), {
          from: endsOf(range).from,
          to: 'last' in range ? undefined : range.to,
          ...of,
        }),
        { signal },
      ),
    ...over(range),
  });
}

/** What caused load in a range, by statement, wait event, user …; `filter` narrows all of it. */
export function topQuery(server: string, by: LoadBy, range: Range, filter: string) {
  return queryOptions({
    queryKey: ['top', server, by, range, filter],
    queryFn: ({ signal }) =>
      request<TopAnswer>(withQuery(path(server, 'top'), { by, ...endsOf(range), filter }), { signal }),
    ...over(range),
  });
}

/** Two windows against each other. */
export function compareQuery(server: string, topic: ComparedTopic, a: Ends, b: Ends) {
  return queryOptions({
    queryKey: ['compare', server, topic, a, b],
    queryFn: ({ signal }) =>
      request<CompareAnswer>(
        withQuery(path(server, 'compare'), { topic, a: `${a.from},${a.to}`, b: `${b.from},${b.to}` }),
        { signal },
      ),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
}

/** What changed on a server in a range, newest first, a page at a time. */
export function changesQuery(server: string, range: Range, kind: ChangeEvent['kind'] | null) {
  return infiniteQueryOptions({
    queryKey: ['changes', server, range, kind, 'pages'],
    queryFn: ({ pageParam, signal }) => {
      // Without an end: what happened in this second is there, too.
      const to = pageParam ?? ('to' in range ? range.to : undefined);
      const query = { from: endsOf(range).from, to, kind, limit: 100 };
      return request<ChangesAnswer>(withQuery(path(server, 'changes'), query), { signal });
    },
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next,
    ...over(range),
  });
}

/** What pgdeck itself cost a server in a range. */
export function costQuery(server: string, range: Range) {
  return queryOptions({
    queryKey: ['cost', server, range],
    queryFn: ({ signal }) => request<CostAnswer>(withQuery(path(server, 'cost'), endsOf(range)), { signal }),
    ...over(range, 30),
  });
}

/** How the history store is. */
export function historyQuery() {
  return queryOptions({
    queryKey: ['history'],
    queryFn: ({ signal }) => request<HistoryStatus>('/api/history', { signal }),
    staleTime: 5000,
    refetchInterval: 10_000,
  });
}

/** Sets a mark: it stands in the list of changes and on every chart. `stored` false: in memory only, the store is off. */
export function addAnnotation(annotation: Annotation) {
  return request<{ stored: boolean }>('/api/annotations', { body: annotation });
}
