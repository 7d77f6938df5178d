import { focusManager, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Run } from '@/lib/actions/protocol';
import type { Row, TopicId } from '@/lib/topics/index';
import type { Answer } from '@/lib/topics/topic';
import { paceSeconds } from './range';
import { RequestError, request, withQuery } from './request';
import type { AuditAnswer, Description, FindingsAnswer, SeriesAnswer, ServersAnswer } from './shapes';

/** Which database and with which of the topic's own parameters a topic is asked; `at`: as it was then (epoch seconds). */
export type TopicAsk = { database?: string | null; params?: Record<string, string>; at?: number | null };

/** A span of time for charts: the last so many seconds up to now, or fixed ends in epoch seconds. */
export type Range = { last: number } | { from: number; to: number };

const path = (server: string, rest: string) => `/api/servers/${encodeURIComponent(server)}/${rest}`;

const asked = ({ database, params, at }: TopicAsk): Record<string, string> => ({
  ...(database && { database }),
  ...params,
  ...(at && { at: String(at) }),
});

/** A topic's answer; `useTopic` asks it again at the topic's cadence. A topic of the whole server takes no `database`. */
export function topicQuery<Id extends TopicId>(server: string, topic: Id, ask: TopicAsk = {}) {
  const query = asked(ask);
  return queryOptions({
    queryKey: ['topic', server, topic, query],
    queryFn: ({ signal }) => request<Answer<Row<Id>>>(withQuery(path(server, topic), query), { signal }),
    // What was at a moment of the past does not change.
    staleTime: ask.at ? 5 * 60_000 : 2000,
  });
}

/** Asks the server now and probes its capabilities again: "Try now", "Check again". */
export function askTopicNow<Id extends TopicId>(server: string, topic: Id, ask: TopicAsk = {}) {
  return request<Answer<Row<Id>>>(withQuery(path(server, topic), { ...asked(ask), ...(!ask.at && { fresh: '1' }) }));
}

/** A topic's words, SQL and columns; they do not change while pgdeck runs. */
export function describeQuery(server: string, topic: TopicId, database?: string | null) {
  return queryOptions({
    queryKey: ['describe', server, topic, database ?? null],
    queryFn: ({ signal }) =>
      request<Description>(withQuery(path(server, topic), { database, describe: '1' }), { signal }),
    staleTime: 5 * 60_000,
  });
}

/** One chart's points; a moving range is asked again every ten seconds (a long one every minute), a fixed one once. */
export function seriesQuery(server: string, series: string, range: Range) {
  const moving = 'last' in range;
  return queryOptions({
    queryKey: ['series', server, series, range],
    queryFn: ({ signal }) => {
      const from = moving ? Math.floor(Date.now() / 1000) - range.last : range.from;
      return request<SeriesAnswer>(
        withQuery(path(server, `series/${encodeURIComponent(series)}`), { from, to: moving ? undefined : range.to }),
        { signal },
      );
    },
    staleTime: moving ? paceSeconds(range) * 1000 : 60_000,
    refetchInterval: moving ? paceSeconds(range) * 1000 : false,
    placeholderData: keepPreviousData,
  });
}

/** The verdict of a server, its findings and what was not judged: now, or as of a moment (epoch seconds). */
export function findingsQuery(server: string, at: number | null = null) {
  return queryOptions({
    queryKey: at === null ? ['findings', server] : ['findings', server, at],
    queryFn: ({ signal }) => request<FindingsAnswer>(withQuery(path(server, 'findings'), { at }), { signal }),
    staleTime: at === null ? 5000 : 5 * 60_000,
    refetchInterval: at === null && 5000,
  });
}

/** The watched servers with their states. */
export function serversQuery() {
  return queryOptions({
    queryKey: ['servers'],
    queryFn: ({ signal }) => request<ServersAnswer>('/api/servers', { signal }),
    staleTime: 5000,
    refetchInterval: 5000,
  });
}

/** Whether a run may still change; one that is looked for after a restart of pgdeck is `unknown` until the server answers. */
export function isMoving(run: Run | undefined): boolean {
  return run !== undefined && run.endedAt === null;
}

/** Nothing new is to be expected of a run: it has ended, or who asks is signed out. */
function isOver(run: Run | undefined, error: Error | null): boolean {
  return (run !== undefined && !isMoving(run)) || (error instanceof RequestError && error.status === 401);
}

/** One run, asked every second until it has ended; every ten while nobody sees the page, for its end is told. */
export function runQuery(runId: string) {
  return queryOptions({
    queryKey: ['run', runId],
    queryFn: ({ signal }) => request<Run>(`/api/runs/${encodeURIComponent(runId)}`, { signal }),
    refetchInterval: ({ state: { data, error } }) =>
      isOver(data, error) ? false : focusManager.isFocused() ? 1000 : 10_000,
    refetchIntervalInBackground: true,
  });
}

/** Which entries of the audit are asked for; times ISO 8601, `fleet` those of every instance that copies its own. */
export type AuditAsk = {
  server?: string;
  before?: number;
  limit?: number;
  user?: string;
  action?: string;
  status?: string;
  from?: string;
  to?: string;
  search?: string;
  fleet?: '1';
};

/** The audit trail, newest first, one page before `before`. */
export function auditQuery(filter: AuditAsk = {}) {
  return queryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ signal }) => request<AuditAnswer>(withQuery('/api/audit', filter), { signal }),
    staleTime: 5000,
    refetchInterval: filter.before === undefined ? 10_000 : false,
    placeholderData: keepPreviousData,
  });
}
