import { createHash, timingSafeEqual } from 'node:crypto';
import type { ProxyConfig } from '@/lib/config-access';
import { runtime } from '@/lib/runtime';
import { ApiError } from '../errors';
import { proxySecretHeader } from '../guard';
import { type Identity, readGroups, readName } from '../identity';
import { notSignedIn, roleFor, type User } from '../user';
import { identityOfJwt } from './jwt';

const mostBytes = 256;

/**
 * Who the reverse proxy says that a request comes from; 401 without its proof or without a name that can be used, 403
 * `no_role` for somebody whom the settings give no role.
 */
export async function userOfProxy(headers: Headers): Promise<User> {
  const { roleOf, proxy } = runtime().config.access;
  if (!proxy) throw new Error('the settings of the proxy were not read');
  refuseLookalikes(headers, proxy);
  const { name, groups = [] } = proxy.jwt
    ? await identityOfJwt(headers.get(proxy.jwt.header), proxy.jwt)
    : identityOfHeaders(headers, proxy);
  const role = roleFor(roleOf, name, groups);
  if (!role)
    throw new ApiError(
      403,
      'no_role',
      `You are signed in as ${name}, but this pgdeck gives you no role. Ask whoever runs it for one.`,
    );
  return { name, role, mode: 'proxy', groups };
}

/** `X_Forwarded_User` is `X-Forwarded-User` to some proxies and another header to others, which let it pass. */
function refuseLookalikes(headers: Headers, { userHeader, groupsHeader, jwt }: ProxyConfig): void {
  const believed = [proxySecretHeader, userHeader, groupsHeader, jwt?.header];
  for (const name of headers.keys())
    if (name.includes('_') && believed.includes(name.toLowerCase().replaceAll('_', '-')))
      throw notSignedIn(`The header ${name} is not taken: its name with underscores could stand for the proxy’s own.`);
}

function identityOfHeaders(headers: Headers, { secret, userHeader, groupsHeader }: ProxyConfig): Identity {
  if (secret === undefined || !isSame(headers.get(proxySecretHeader) ?? '', secret))
    throw notSignedIn(
      'This request does not come through the proxy that signs people in (X-Pgdeck-Proxy-Secret is missing or wrong). Open pgdeck by the proxy’s address.',
    );
  const said = headers.get(userHeader);
  if (said === null || said === '')
    throw notSignedIn(`The proxy did not say who you are: it sent no ${userHeader}. Sign in there first.`);
  const name = said.includes(',') ? undefined : readName(textOf(said), mostBytes);
  if (name === undefined)
    throw notSignedIn(
      `${userHeader} cannot be used: it has to come once, with a name of at most ${mostBytes} bytes, without commas and control characters.`,
    );
  const groups = groupsHeader === undefined ? [] : groupsOf(headers.get(groupsHeader) ?? '');
  if (groups === undefined)
    throw notSignedIn(
      `${groupsHeader} cannot be used: it has to come once, with groups of at most ${mostBytes} bytes, a comma and no space between them, without control characters.`,
    );
  return { name, groups };
}

/** Node joins headers that come twice with a comma and a space: what a client sent would be read as the proxy's own. */
function groupsOf(said: string): string[] | undefined {
  if (said === '') return [];
  const groups = said.split(',').map(textOf);
  return groups.includes(undefined) ? undefined : readGroups(groups);
}

/** The text of a header: HTTP hands on bytes, proxies write UTF-8; undefined where it is none, or too long. */
function textOf(value: string): string | undefined {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length > mostBytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Compares in a time that tells nothing about the secret, its length among it. */
function isSame(given: string, secret: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}
