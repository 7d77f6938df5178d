import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import { log, safeError } from '@/lib/metrics/log';
import { ApiError } from '../errors';

const timeoutMs = 3_000;
/** Keys are asked for again after this time, … */
const freshMs = 10 * 60_000;
/** … for a key that is not known not more often than this, … */
const cooldownMs = 30_000;
/** … and where they could not be had, not before this. */
const restMs = 10_000;
/** How long keys count that cannot be asked for again. */
const keptMs = 24 * 3600_000;

/**
 * The keys at an address, for `jwtVerify`: never those that a token names itself. Keys that were had once go on counting
 * for a day while the address does not answer; 503 where there are none.
 */
export function keysAt(url: URL): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: cooldownMs,
    cacheMaxAge: freshMs,
  });
  let known: { find: JWTVerifyGetKey; at: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  const rests = () => Date.now() - failedAt < restMs;

  const load = async () => {
    try {
      await remote.reload();
      const keys = remote.jwks();
      if (keys) known = { find: createLocalJWKSet(keys), at: Date.now() };
    } catch (error) {
      failedAt = Date.now();
      log.warn({ err: safeError(error) }, 'the keys of the proxy’s signed header cannot be had');
    }
  };
  const find: JWTVerifyGetKey = (header, token) => {
    if (known && Date.now() - known.at < keptMs) return known.find(header, token);
    throw new ApiError(
      503,
      'keys_unavailable',
      'The keys of the proxy that signs people in cannot be had (PGDECK_PROXY_JWKS_URL). Try again in a moment.',
      undefined,
      { 'retry-after': String(restMs / 1000) },
    );
  };
  return async (header, token) => {
    if (!remote.fresh && !rests()) await load();
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || remote.coolingDown || rests()) throw error;
      await load();
      return find(header, token);
    }
  };
}
