import { EncryptJWT, jwtDecrypt } from 'jose';
import { keyOf, type Purpose } from './keys';

const issuer = 'pgdeck';

/**
 * Seals a value into a text that only this pgdeck can read and nobody can change (JWE, A256GCM); it opens for so many
 * seconds. The value's own `iat` and `exp` are replaced.
 */
export function seal(purpose: Purpose, value: Record<string, unknown>, seconds: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new EncryptJWT({ ...value })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: `pgdeck-${purpose}` })
    .setIssuer(issuer)
    .setAudience(purpose)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .encrypt(keyOf(purpose));
}

/** What was sealed for a purpose, with `iat` and `exp` (epoch seconds); undefined where it was not by us, for this, or has ended. */
export async function unseal(purpose: Purpose, text: string): Promise<Record<string, unknown> | undefined> {
  try {
    const { payload } = await jwtDecrypt(text, keyOf(purpose), {
      issuer,
      audience: purpose,
      typ: `pgdeck-${purpose}`,
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
      requiredClaims: ['iat', 'exp'],
    });
    return payload;
  } catch {
    return undefined;
  }
}
