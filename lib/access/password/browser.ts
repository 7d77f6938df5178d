import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { runtime } from '@/lib/runtime';
import { seal, unseal } from '../sealed';
import { readCookie, setCookie } from '../session/cookie';

const seconds = 90 * 24 * 3600;
const shape = z.strictObject({ name: z.string(), browser: z.string(), epoch: z.number() });

/** The id of a browser that somebody has signed in with as `name` before; undefined where it has not. */
export async function knownBrowser(headers: Headers, name: string): Promise<string | undefined> {
  const text = readCookie(headers, 'browser');
  if (text === undefined) return undefined;
  const { iss, aud, iat, exp, ...sealed } = (await unseal('browser', text)) ?? {};
  const known = shape.safeParse(sealed).data;
  return known?.name === name && known.epoch === runtime().config.access.sessionEpoch ? known.browser : undefined;
}

/** The cookie by which a browser is known later. It opens nothing: failures of strangers do not count against it. */
export async function rememberBrowser(name: string, browser: string | undefined): Promise<string> {
  const epoch = runtime().config.access.sessionEpoch;
  const value = { name, browser: browser ?? randomBytes(12).toString('base64url'), epoch };
  return setCookie('browser', await seal('browser', value, seconds), { sameSite: 'Strict', seconds });
}
