import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { nameProblem, roles, type TokenEntry } from '@/lib/config-people';
import { runtime } from '@/lib/runtime';
import { KeptFile } from '../kept-file';
import { once } from '../once';
import { notSignedIn, type User } from '../user';

const beginning = 'pgd_';
const form = /^pgd_[\w-]{43}$/;

const shape = z.strictObject({
  tokens: z.array(
    z.strictObject({
      name: z.string().refine((name) => nameProblem(name) === undefined),
      role: z.enum(roles),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      servers: z.array(z.string().min(1)).min(1).optional(),
      createdAt: z.iso.datetime(),
      expiresAt: z.iso.datetime().optional(),
    }),
  ),
});

/** A token as the state folder keeps it. */
export type StoredToken = z.infer<typeof shape>['tokens'][number];

/** The tokens of a state folder, `tokens.json`. */
export function tokensFile(stateDir: string): KeptFile<StoredToken[]> {
  return new KeptFile(join(stateDir, 'tokens.json'), (text) => shape.parse(JSON.parse(text)).tokens, []);
}

/** A new token, and what is stored of it. */
export function makeToken(): { token: string; sha256: string } {
  const token = beginning + randomBytes(32).toString('base64url');
  return { token, sha256: hashOf(token).toString('hex') };
}

/** Whether a bearer token is one for scripts. */
export function isServiceToken(token: string): boolean {
  return token.startsWith(beginning);
}

/** Who a service token was made for; 401 where it is not known, was revoked or has expired. */
export async function userOfToken(token: string): Promise<User> {
  const entry = form.test(token) ? (await validTokens()).find(isOf(token)) : undefined;
  if (!entry) throw notSignedIn('This token is not known, was revoked, or has expired.');
  const { name, role, servers } = entry;
  return { name: `token:${name}`, role, mode: 'token', ...(servers && { only: { servers } }) };
}

/** A token by its name, for what was asked with it before; undefined where it was revoked or has expired. */
export async function findToken(name: string): Promise<TokenEntry | undefined> {
  return (await validTokens()).find((each) => each.name === name);
}

async function validTokens(): Promise<TokenEntry[]> {
  const { config } = runtime();
  const file = once('tokens', () => tokensFile(config.stateDir));
  const kept = await file.readNow('tokens_unusable', 'The list of tokens cannot be used; the log of pgdeck says why.');
  return [...config.access.tokens, ...kept].filter(
    ({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > Date.now(),
  );
}

function isOf(token: string): (entry: TokenEntry) => boolean {
  const hash = hashOf(token);
  return ({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), hash);
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
