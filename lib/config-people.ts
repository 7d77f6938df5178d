import { ConfigError, readEach } from '@/lib/config-early.mjs';

/** What somebody may do; each role may also do what the ones before it may. */
export type Role = 'viewer' | 'operator' | 'admin';

/** Every role, least first. */
export const roles: readonly Role[] = ['viewer', 'operator', 'admin'];

/** Somebody who signs in with a password; `password` is its hash, `scrypt$N$r$p$salt$hash`. */
export type UserEntry = { name: string; role: Role; password: string };

/** A token for scripts: `sha256` is its hash in hexadecimal, `servers` (missing: all) and `expiresAt` (ISO 8601; missing: never) its bounds. */
export type TokenEntry = { name: string; role: Role; sha256: string; servers?: string[]; expiresAt?: string };

/** A stored password: cost, block size and parallelization of scrypt, salt and hash. */
export type StoredPassword = { N: number; r: number; p: number; salt: Buffer; hash: Buffer };

const passwordPattern = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w-]{16,128})\$([\w-]{43})$/;
/** Above this a sign-in would take more memory than it may. */
const mostBytes = 256 * 1024 * 1024;

/** The parts of `scrypt$N$r$p$salt$hash` (base64url); undefined where it is none, too weak or too costly. */
export function readStoredPassword(text: string): StoredPassword | undefined {
  const [, costs = '', blocks = '', lanes = '', salt = '', hash = ''] = passwordPattern.exec(text) ?? [];
  const [N, r, p] = [Number(costs), Number(blocks), Number(lanes)];
  const fits = N >= 2 ** 14 && Number.isInteger(Math.log2(N)) && r >= 8 && p >= 1 && p <= 16;
  if (!fits || 128 * N * r > mostBytes) return undefined;
  return { N, r, p, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') };
}

const namePattern = /^[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?$/;
/** What the audit calls those who did not sign in. */
const taken = ['local', 'anonymous', 'nobody', 'pgdeck'];

/** What is wrong with a name of a user or token, in words; undefined: nothing. */
export function nameProblem(name: string): string | undefined {
  if (!namePattern.test(name))
    return 'a name is 1 to 64 lower-case letters, digits and . _ @ + -, and begins and ends with a letter or digit';
  return taken.includes(name) ? 'this name is taken by pgdeck itself' : undefined;
}

/** The users of PGDECK_USERS: `name:role:scrypt$…`, with spaces or commas between; throws `ConfigError`. */
export function readUserEntries(text: string): UserEntry[] {
  return entriesOf('PGDECK_USERS', text, 'pgdeck user add NAME --role ROLE --print', (name, role, rest) =>
    rest.length === 1 && readStoredPassword(rest[0] ?? '') ? { name, role, password: rest[0] ?? '' } : undefined,
  );
}

/** The tokens of PGDECK_TOKENS: `name:role:sha256[:servers[:day]]`, with spaces or commas between; throws `ConfigError`. */
export function readTokenEntries(text: string): TokenEntry[] {
  return entriesOf('PGDECK_TOKENS', text, 'pgdeck token create NAME --role ROLE --print', (name, role, rest) => {
    const [sha256 = '', servers = '*', day] = rest;
    const expiresAt = day === undefined ? undefined : `${day}T23:59:59.999Z`;
    if (rest.length > 3 || !/^[0-9a-f]{64}$/.test(sha256) || servers === '') return undefined;
    if (expiresAt !== undefined && !(/^\d{4}-\d\d-\d\d$/.test(day ?? '') && Date.parse(expiresAt) > 0))
      return undefined;
    return {
      name,
      role,
      sha256,
      ...(servers !== '*' && { servers: servers.split('+') }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
  });
}

/** Each `name:role:…` of a list; the messages never repeat what may be a secret. */
function entriesOf<Entry extends { name: string }>(
  setting: string,
  text: string,
  command: string,
  read: (name: string, role: Role, rest: string[]) => Entry | undefined,
): Entry[] {
  const found = text.split(/[\s,]+/).filter((part) => part !== '');
  const one = (part: string, index: number) => () => {
    const [name = '', word, ...rest] = part.split(':');
    const role = roles.find((each) => each === word);
    const problem = nameProblem(name);
    const entry = problem === undefined && role !== undefined ? read(name, role, rest) : undefined;
    const where = `${setting}: entry ${index + 1}${problem === undefined ? ` (${name})` : ''}`;
    if (problem !== undefined) throw new ConfigError(`${where}: ${problem}.`);
    if (role === undefined) throw new ConfigError(`${where}: choose one of the roles ${roles.join(', ')}.`);
    if (!entry) throw new ConfigError(`${where} cannot be read. Make one: npx ${command}`);
    return entry;
  };
  const entries = readEach(found.map(one));
  for (const [index, { name }] of entries.entries())
    if (entries.findIndex((each) => each.name === name) !== index)
      throw new ConfigError(`${setting}: ${name} is there twice.`);
  return entries;
}
