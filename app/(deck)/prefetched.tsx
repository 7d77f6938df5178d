import { dehydrate, HydrationBoundary, type QueryKey } from '@tanstack/react-query';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { sessionAnswer } from '@/lib/access/session/answer';
import { sessionBehind } from '@/lib/access/session/session';
import { findingsQuery, seriesQuery, serversQuery, type TopicAsk, topicQuery } from '@/lib/client/queries';
import { makeQueryClient } from '@/lib/client/query-client';
import { parseMoment, parseRange, rangeAround } from '@/lib/client/range';
import { sessionQuery } from '@/lib/client/session-query';
import { listServers, readTopic } from '@/lib/read';
import { readFindings } from '@/lib/read-findings';
import { readSeries } from '@/lib/read-history';
import type { TopicId } from '@/lib/topics/index';
import { visitorOf } from './visitor';

/** What a page reads before it is painted. */
export type Wanted = {
  server: string;
  topics?: { id: TopicId; ask?: TopicAsk }[];
  series?: string[];
  search?: Record<string, string | string[] | undefined>;
};

/** A page's first paint never waits longer than this for the watched server or the history. */
const waitMs = 1000;

const tooLate = () =>
  new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('too late for the first paint')), waitMs).unref();
  });

/** Gives the page below it the answers it starts with, under the same keys as the browser goes on to poll. */
export async function Prefetched({
  server,
  topics = [],
  series = [],
  search = {},
  children,
}: Wanted & { children: ReactNode }) {
  const { user, access } = await visitorOf(server);
  const client = makeQueryClient();
  const keep = (key: QueryKey, value: Promise<unknown> | unknown) =>
    // What cannot be read now is asked by the browser, which also shows why.
    Promise.resolve(value).then(
      (data) => client.setQueryData(key, data),
      () => undefined,
    );
  const at = parseMoment(text(search.at));
  const range = rangeAround(parseRange(text(search.from), text(search.to)), at);
  const now = Math.floor(Date.now() / 1000);
  const ends = 'last' in range ? { from: now - range.last, to: now } : range;
  await Promise.all([
    keep(
      sessionQuery().queryKey,
      sessionBehind(user, await headers()).then((session) => sessionAnswer(user, session)),
    ),
    keep(serversQuery().queryKey, listServers(user)),
    keep(findingsQuery(server).queryKey, readFindings(access, server)),
    // As it was at a moment of the past is asked by the browser.
    ...(at === null ? topics : []).map(({ id, ask = {} }) => {
      const query = { ...(ask.database && { database: ask.database }), ...ask.params };
      return keep(topicQuery(server, id, ask).queryKey, readTopic(access, server, id, query, { waitMs }));
    }),
    ...series.map((id) =>
      keep(
        seriesQuery(server, id, range).queryKey,
        Promise.race([readSeries(access, server, id, ends, {}), tooLate()]),
      ),
    ),
  ]);
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>;
}

/** One value of a page's query; the first where it is given several times. */
export function text(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
