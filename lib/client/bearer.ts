import { basePath } from './base-path';
import { makeStore } from './store';

/** What a frame of a portal is signed in by, until a moment of this browser's clock (ms). */
export type Bearer = { token: string; endsAt: number };

/** The bearer of this frame, in memory only: neither a cookie nor the browser's storage ever holds it. */
export const bearer = makeStore<Bearer | undefined>(undefined);

/** Whether a path (without the base path) is one of a portal's frame. */
export function isFramePath(path: string): boolean {
  return path === '/embed' || path.startsWith('/embed/');
}

/** Once for as long as the document lives: a frame that led anywhere else would still be no page of pgdeck's own. */
export const inFrame: boolean =
  typeof location !== 'undefined' && isFramePath(location.pathname.slice(basePath.length));

/** How a request says who asks. `ended`: it must not be sent, for the bearer of the frame has ended. */
export type Sender = { headers: Record<string, string>; credentials: RequestCredentials } | 'ended';

/**
 * A page of pgdeck's own is known by what the browser sends along; a frame by its bearer and nothing else: what else the
 * browser would send (a cookie, or in local mode nothing at all) is not of the person that the portal named.
 */
export function senderOf(framed: boolean = inFrame, now: number = Date.now()): Sender {
  if (!framed) return { headers: {}, credentials: 'same-origin' };
  const held = bearer.get();
  if (!held || held.endsAt <= now) return 'ended';
  return { headers: { authorization: `Bearer ${held.token}` }, credentials: 'omit' };
}
