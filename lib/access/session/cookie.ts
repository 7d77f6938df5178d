import { runtime } from '@/lib/runtime';

/** What a cookie of pgdeck's is for. */
export type CookieUse = 'session' | 'sign-in' | 'browser';

const letters: Record<CookieUse, string> = { session: 's', 'sign-in': 'o', browser: 'b' };

/** The name of a cookie: `__Host-` binds it to this host and to TLS, where cookies are marked `Secure`. */
export function cookieName(use: CookieUse): string {
  return `${runtime().config.access.secureCookies ? '__Host-' : ''}pgdeck_${letters[use]}`;
}

/** The value of a cookie in a request; undefined where there is none, or where somebody put a second one beside it. */
export function readCookie(headers: Headers, use: CookieUse): string | undefined {
  const prefix = `${cookieName(use)}=`;
  const found = (headers.get('cookie') ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix));
  return found.length === 1 ? found[0]?.slice(prefix.length) : undefined;
}

/** A `Set-Cookie` value; without `seconds` the cookie goes when the browser ends, with 0 at once. */
export function setCookie(
  use: CookieUse,
  value: string,
  { sameSite, seconds }: { sameSite: 'Strict' | 'Lax'; seconds?: number },
): string {
  const { secureCookies } = runtime().config.access;
  return [
    `${cookieName(use)}=${value}`,
    'Path=/',
    ...(seconds === undefined ? [] : [`Max-Age=${seconds}`]),
    'HttpOnly',
    ...(secureCookies ? ['Secure'] : []),
    `SameSite=${sameSite}`,
  ].join('; ');
}
