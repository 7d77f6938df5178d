import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { type AccessConfig, type EmbedConfig, roles } from '@/lib/config-access';
import { ApiError } from '../errors';

/** What a portal's token says of a person and of what they may see; presentation apart. */
export type EmbedClaims = z.infer<typeof claims> & { presentation: Record<string, unknown> };

const longestToken = 8 * 1024;
const longestSeconds = 120;
const toleranceSeconds = 30;

const word = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what stands in the audit has none
    .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/);
const claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.tuple([z.string()]).transform(([only]) => only)]),
  sub: word(128),
  name: word(128).optional(),
  role: z.enum(roles).default('viewer'),
  targets: z.array(word(63)).max(100).optional(),
  pages: z.array(word(63)).max(100).optional(),
  origin: word(255),
  iat: z.number(),
  exp: z.number(),
  jti: word(128),
});

const keys = new Map<string, KeyObject>();

/** The key that tokens are checked with. */
function keyOf({ algorithm, key }: EmbedConfig): KeyObject {
  let made = keys.get(key);
  if (!made) {
    made = algorithm === 'HS256' ? createSecretKey(Buffer.from(key)) : createPublicKey(key);
    keys.set(key, made);
  }
  return made;
}

/**
 * Checks signature, kind, sender, audience, age and shape of a portal's token: by the configured algorithm and key alone,
 * whatever its header names. Throws 401 `token_invalid`, `token_expired` or `token_claims`.
 */
export async function readEmbedToken(
  text: string,
  access: AccessConfig & { embed: EmbedConfig },
): Promise<EmbedClaims> {
  const { embed, publicOrigin } = access;
  if (text.length > longestToken || publicOrigin === undefined) throw invalid();
  const payload = await jwtVerify(text, keyOf(embed), {
    algorithms: [embed.algorithm],
    issuer: embed.issuer,
    audience: publicOrigin,
    typ: 'pgdeck-embed+jwt',
    clockTolerance: toleranceSeconds,
    maxTokenAge: longestSeconds,
    requiredClaims: ['iss', 'aud', 'sub', 'origin', 'iat', 'exp', 'jti'],
  }).then(
    (verified) => verified.payload,
    (error: unknown) => {
      throw refusalOf(error);
    },
  );
  const found = claims.safeParse(payload);
  if (!found.success) throw wrongClaim(String(found.error.issues[0]?.path[0] ?? 'payload'));
  const { iat, exp } = found.data;
  if (exp <= iat || exp - iat > longestSeconds)
    throw new ApiError(401, 'token_claims', `A token may live ${longestSeconds} s at most: exp is too far from iat.`);
  return { ...found.data, presentation: payload };
}

function refusalOf(error: unknown): ApiError {
  if (error instanceof errors.JWTExpired)
    return new ApiError(401, 'token_expired', 'This token has expired. Make one at each time that it is asked for.');
  // Only what is signed by the portal is told what is wrong with it: jose looks at claims after the signature.
  if (error instanceof errors.JWTClaimValidationFailed) return wrongClaim(error.claim);
  return invalid();
}

function wrongClaim(claim: string): ApiError {
  return new ApiError(
    401,
    'token_claims',
    `The claim ${claim.slice(0, 40)} of this token is missing or not as expected.`,
  );
}

function invalid(): ApiError {
  return new ApiError(401, 'token_invalid', 'This token cannot be read, or the portal did not sign it.');
}
