import type { QueryClient } from '@tanstack/react-query';
import { request, withQuery } from './request';

/** Answer of `GET …/moments`: the kept moments next to one, epoch seconds; null: there is none. */
type Neighbours = { before: number | null; after: number | null };

/** The kept moment before (-1) or after (1) one, in epoch seconds; undefined: there is none. */
export async function nextMoment(
  client: QueryClient,
  server: string,
  at: number,
  by: 1 | -1,
): Promise<number | undefined> {
  const { before, after } = await client.fetchQuery({
    queryKey: ['moments', server, at],
    queryFn: ({ signal }) =>
      request<Neighbours>(withQuery(`/api/servers/${encodeURIComponent(server)}/moments`, { at }), { signal }),
    staleTime: 10_000,
    retry: false,
  });
  return (by < 0 ? before : after) ?? undefined;
}
