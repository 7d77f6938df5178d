import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readStoredPassword, type StoredPassword } from '@/lib/config-people';

/** Cost, block size and parallelization: 32 MB of memory and as strong as OWASP asks for. */
const cost = { N: 2 ** 15, r: 8, p: 3 };
const hashBytes = 32;

/** What is stored of a password: `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** Whether a password is the one of a stored hash; without a hash it takes as long, and is not. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const parts = stored === undefined ? undefined : readStoredPassword(stored);
  const { salt, hash, ...used } = parts ?? { ...cost, salt: Buffer.alloc(16), hash: Buffer.alloc(hashBytes) };
  const derived = await derive(password, salt, used);
  return timingSafeEqual(derived, hash) && parts !== undefined;
}

function derive(password: string, salt: Buffer, { N, r, p }: Omit<StoredPassword, 'salt' | 'hash'>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // The same letters can be typed as different characters.
    const text = password.normalize('NFKC');
    const maxmem = 128 * r * (N + p + 2) + 1024 * 1024;
    scrypt(text, salt, hashBytes, { N, r, p, maxmem }, (error, hash) => (error ? reject(error) : resolve(hash)));
  });
}
