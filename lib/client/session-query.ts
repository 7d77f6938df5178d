import { queryOptions } from '@tanstack/react-query';
import { RequestError, request } from './request';
import type { SessionAnswer } from './shapes';

let aheadMs: number | undefined;

/** How far pgdeck's clock is ahead of this browser's, ms; undefined before the first answer that did not come with the page. */
export function clockAhead(): number | undefined {
  return aheadMs;
}

/** Passes an answer on that has just arrived: it tells what pgdeck's clock shows. */
export function arrived(answer: SessionAnswer): SessionAnswer {
  aheadMs = Date.parse(answer.now) - Date.now();
  return answer;
}

/** Who is signed in here, until when, and what they may do. */
export function sessionQuery() {
  return queryOptions({
    queryKey: ['session'],
    queryFn: async ({ signal }): Promise<SessionAnswer> =>
      arrived(await request<SessionAnswer>('/api/session', { signal })),
    staleTime: 5000,
  });
}

/** Signs in with a name and a password; throws `RequestError` also where the browser does not keep the session's cookie. */
export async function signIn(name: string, password: string): Promise<SessionAnswer> {
  const answer = await request<SessionAnswer>('/api/session', { body: { name, password } });
  // No browser tells that it threw a cookie away: the next page would ask to sign in again, and never say why.
  await request('/api/session').catch((error: unknown) => {
    if (!(error instanceof RequestError) || error.status !== 401) return;
    throw new RequestError(
      0,
      'no_cookie',
      'This browser kept no cookie of pgdeck. Allow cookies for this address, and sign in again.',
    );
  });
  return answer;
}

/** Signs out; `next` is where the provider is told of it, null: nowhere. */
export function signOut() {
  return request<{ next: string | null }>('/api/session', { method: 'DELETE', body: {} });
}

/** Moves the end that comes from doing nothing; only what a person does asks for it. */
export function extendSession() {
  return request<SessionAnswer>('/api/session/extend', { body: {} });
}
