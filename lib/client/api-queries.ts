import { queryOptions } from '@tanstack/react-query';
import { withBasePath } from './base-path';
import { senderOf } from './bearer';
import { request } from './request';

/** The description of every route; it changes with pgdeck's version only. */
export function openApiQuery<Document>() {
  return queryOptions({
    queryKey: ['openapi'],
    queryFn: ({ signal }) => request<Document>('/api/openapi.json', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What pgdeck answered to a question that somebody tried: its status, some headers and the text. */
export type Tried = { status: number; headers: [name: string, value: string][]; type: string; text: string };

const shownHeaders = ['x-request-id', 'x-process-time', 'x-query-count', 'x-query-time', 'etag', 'retry-after'];

/** Asks a path of the API as it is, by whoever is signed in here. */
export async function tryPath(path: string, signal: AbortSignal): Promise<Tried> {
  const sender = senderOf();
  if (sender === 'ended') throw new Error('The session of this frame has ended.');
  const response = await fetch(withBasePath(path), {
    headers: sender.headers,
    credentials: sender.credentials,
    cache: 'no-store',
    // To a provider of sign-in nobody is led by this.
    redirect: 'manual',
    signal,
  });
  return {
    status: response.status,
    headers: shownHeaders.flatMap((name): [string, string][] => {
      const value = response.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}
