import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  calculatePKCECodeChallenge,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { z } from 'zod';
import { runtime } from '@/lib/runtime';
import { safeNext } from '../next-path';
import { seal, unseal } from '../sealed';
import { readCookie, setCookie } from '../session/cookie';
import type { SignedIn } from '../session/session';
import { personOfTokens } from './person';
import { SignInRefused } from './problems';
import { oidcConfig, ProviderUnavailable, provider } from './provider';

const seconds = 600;
/** What stays in the browser, sealed, between leaving for the provider and coming back. */
const begun = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), next: z.string() });

/** Pgdeck's own address as browsers use it, with the base path and no slash at its end. */
export function publicAddress(): string {
  const { publicOrigin, basePath } = runtime().config.access;
  return `${publicOrigin ?? ''}${basePath}`;
}

/** Where to send somebody who wants to sign in, and the cookie that knows them when they come back; `again`: not as who they are there now. */
export async function beginSignIn(
  next: string | undefined,
  again: boolean,
): Promise<{ location: string; cookie: string }> {
  const config = await provider();
  const value = {
    state: randomState(),
    nonce: randomNonce(),
    verifier: randomPKCECodeVerifier(),
    next: safeNext(next),
  };
  const location = buildAuthorizationUrl(config, {
    redirect_uri: callbackAddress(),
    scope: oidcConfig().scopes,
    state: value.state,
    nonce: value.nonce,
    code_challenge: await calculatePKCECodeChallenge(value.verifier),
    code_challenge_method: 'S256',
    ...(again && { prompt: 'login' }),
  });
  const sealed = await seal('sign-in', value, seconds);
  // Lax: the provider's answer comes from another site.
  return { location: location.href, cookie: setCookie('sign-in', sealed, { sameSite: 'Lax', seconds }) };
}

/** The cookie of `beginSignIn`, gone. */
export function forgetSignIn(): string {
  return setCookie('sign-in', '', { sameSite: 'Lax', seconds: 0 });
}

/** Who comes back from the provider, and where they wanted to go; throws `SignInRefused`. */
export async function finishSignIn(request: Request): Promise<{ person: SignedIn; next: string }> {
  const cookie = readCookie(request.headers, 'sign-in');
  const { data } = begun.safeParse(cookie === undefined ? undefined : await unseal('sign-in', cookie));
  if (!data) throw new SignInRefused('expired');
  try {
    const config = await provider();
    const answer = new URL(callbackAddress() + new URL(request.url).search);
    const tokens = await authorizationCodeGrant(config, answer, {
      expectedState: data.state,
      expectedNonce: data.nonce,
      pkceCodeVerifier: data.verifier,
    });
    return { person: await personOfTokens(config, tokens), next: safeNext(data.next) };
  } catch (error) {
    throw Object.assign(refusalOf(error), { next: data.next });
  }
}

function callbackAddress(): string {
  return `${publicAddress()}/api/oidc/callback`;
}

function refusalOf(cause: unknown): SignInRefused {
  if (cause instanceof SignInRefused) return cause;
  if (cause instanceof AuthorizationResponseError) return new SignInRefused('refused', undefined, { cause });
  if (cause instanceof ProviderUnavailable || isUnanswered(cause))
    return new SignInRefused('provider', undefined, { cause });
  return new SignInRefused('failed', undefined, { cause });
}

/** Whether the provider could not be asked, or does not take pgdeck for its client: nothing that the person did. */
function isUnanswered(error: unknown): boolean {
  if (error instanceof ResponseBodyError) return error.error === 'invalid_client';
  if (error instanceof ClientError)
    return error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_RESPONSE_IS_NOT_CONFORM';
  return error instanceof TypeError && error.message === 'fetch failed';
}
