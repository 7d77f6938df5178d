import { runtime } from '@/lib/runtime';
import { userOfEmbed } from './embed/bearer';
import { ApiError } from './errors';
import { userOfProxy } from './proxy/proxy';
import { userOfSession } from './session/session';
import { isServiceToken, userOfToken } from './tokens/tokens';
import { notSignedIn, type User } from './user';

/** The bearer token of a request; undefined where it carries none. */
export function bearerOf(headers: Headers): string | undefined {
  return /^bearer +([^\s,]+)$/i.exec(headers.get('authorization')?.trim() ?? '')?.[1];
}

/** Throws 400 for a token in an address: there logs, histories and other sites get to see it. */
export function refuseTokenInAddress(url: string): void {
  for (const [name, value] of new URL(url).searchParams)
    if (/^(access_?)?token$/i.test(name) || isServiceToken(value))
      throw new ApiError(
        400,
        'bad_input',
        'A token does not belong into an address, which logs keep. Revoke this one, and send the next as Authorization: Bearer.',
      );
}

/**
 * Who sent a request, by its headers alone; 401 where nobody is recognised. A bearer token that is not taken is never
 * replaced by a cookie.
 */
export async function identify(headers: Headers): Promise<User> {
  const { access } = runtime().config;
  const bearer = bearerOf(headers);
  if (bearer === undefined && /^bearer\b/i.test(headers.get('authorization')?.trim() ?? ''))
    throw notSignedIn('The Authorization header holds no token that can be read.');
  if (bearer !== undefined) return isServiceToken(bearer) ? userOfToken(bearer) : userOfEmbed(bearer);
  switch (access.mode) {
    case 'local':
      return { name: 'local', role: access.localRole, mode: 'local' };
    case 'anonymous':
      return { name: 'anonymous', role: 'viewer', mode: 'anonymous' };
    case 'proxy':
      return userOfProxy(headers);
    case 'password':
    case 'oidc':
      return userOfSession(headers);
    case 'embed':
      throw notSignedIn('This pgdeck is shown inside a portal only. Open it there, or send a bearer token.');
  }
}
