import { errors, jwtVerify } from 'jose';
import type { ProxyConfig } from '@/lib/config-access';
import { log, safeError } from '@/lib/metrics/log';
import { ApiError } from '../errors';
import { groupsOfClaims, type Identity, nameOfClaims } from '../identity';
import { once } from '../once';
import { notSignedIn } from '../user';
import { keysAt } from './keys';

type JwtConfig = NonNullable<ProxyConfig['jwt']>;

/** What makes keys of another kind, or none at all, worthless: only these are looked at, whatever the token says. */
const algorithms = ['RS256', 'ES256', 'EdDSA'];
const toleranceSeconds = 30;

/** Who the signed header of the proxy speaks of; 401 where it does not hold, 503 where its keys cannot be had. */
export async function identityOfJwt(token: string | null, config: JwtConfig): Promise<Identity> {
  const { header, jwks, issuer, audience, nameClaim, groupsClaim } = config;
  if (token === null || token === '') throw notSignedIn(`The proxy did not say who you are: it sent no ${header}.`);
  const keys = once('proxy-keys', () => keysAt(jwks));
  const claims = await jwtVerify(token, keys, {
    algorithms,
    issuer,
    audience,
    requiredClaims: ['exp', 'iat'],
    maxTokenAge: '24h',
    clockTolerance: toleranceSeconds,
  }).then(
    ({ payload }) => payload,
    (error: unknown) => {
      if (error instanceof ApiError) throw error;
      log.info({ err: safeError(error) }, 'the signed header of the proxy does not hold');
      throw notSignedIn(
        error instanceof errors.JWTExpired
          ? `${header} has expired. Sign in at the proxy again.`
          : `${header} does not hold: its signature, issuer, audience or time is not as the settings say.`,
      );
    },
  );
  const name = nameOfClaims(claims, nameClaim);
  if (name === undefined) throw notSignedIn(`${header} names nobody in its claim ${nameClaim}.`);
  const groups = groupsOfClaims(claims, groupsClaim);
  if (groups === undefined) throw notSignedIn(`The claim ${groupsClaim} of ${header} is not a list of groups.`);
  return { name, groups: groups === 'missing' ? undefined : groups };
}
