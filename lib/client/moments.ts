import type { QueryClient } from '@tanstack/react-query';
import { request, withQuery } from './request';

/** Answer of `GET …/moments`: the kept moments next to one, epoch seconds; null: there is none. */
type Neighbours = { before: number | null; after: number | null };

/** Which moments: those of a topic, in a database where it is asked by database. */
export type MomentsOf = { server: string; topic: string; database: string | null };

/** The kept moment before (-1) or after (1) one, in whole epoch seconds; undefined: there is none. */
export async function nextMoment(
  client: QueryClient,
  { server, topic, database }: MomentsOf,
  at: number,
  by: 1 | -1,
): Promise<number | undefined> {
  // Moments are kept by the fraction of a second: the one that is shown is not the next.
  const asked = by < 0 ? at : at + 0.999;
  const { before, after } = await client.fetchQuery({
    queryKey: ['moments', server, topic, database, asked],
    queryFn: ({ signal }) =>
      request<Neighbours>(
        withQuery(`/api/servers/${encodeURIComponent(server)}/moments`, { at: asked, topic, database }),
        { signal },
      ),
    staleTime: 10_000,
    retry: false,
  });
  const next = by < 0 ? before : after;
  return next === null ? undefined : Math.floor(next);
}
