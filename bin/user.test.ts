import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { identify } from '@/lib/access/identify';
import { isPassword } from '@/lib/access/password/hash';
import { newFolder, startDeck, stopDeck, writeUsers } from '@/lib/access/session/test-session';
import { readTokenEntries, readUserEntries, type UserEntry } from '@/lib/config-people';
import { passwordProblem } from './ask-password';
import { run as token } from './token';
import { run as user } from './user';

// Passwords are made to take long, and longer where other tests run beside these.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let printed: string[];
let aside: string[];
const stdin = Object.getOwnPropertyDescriptor(process, 'stdin') ?? {};
beforeEach(() => {
  folder = newFolder();
  printed = [];
  aside = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text).trimEnd()) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => aside.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  Object.defineProperty(process, 'stdin', stdin);
  rmSync(folder, { recursive: true, force: true });
});

const type = (text: string) =>
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from([Buffer.from(text)]) });
const users = (): UserEntry[] => JSON.parse(readFileSync(join(folder, 'users.json'), 'utf8')).users;
const said = (words: string[], more: object = {}) => user({ words, stateDir: folder, ...more });
async function add(
  name: string,
  role = 'viewer',
  more: object = {},
  password = 'correct horse battery',
): Promise<void> {
  type(`${password}\r\nanother line\n`);
  await said(['add', name], { role, passwordStdin: true, ...more });
}

describe('pgdeck user', () => {
  it('adds, changes and removes users, in a file that nobody else reads', async () => {
    await add('ann', 'admin');
    await add('bob');
    expect(statSync(join(folder, 'users.json')).mode & 0o777).toBe(0o600);
    expect(await isPassword('correct horse battery', users()[0]?.password)).toBe(true);
    await said(['role', 'bob', 'operator']);
    type('another password than before');
    await said(['password', 'bob'], { passwordStdin: true });
    expect(await isPassword('another password than before', users()[1]?.password)).toBe(true);
    printed = [];
    await said(['list']);
    expect(printed).toEqual(['ann  admin', 'bob  operator']);
    await said(['remove', 'ann']);
    expect(users().map(({ name }) => name)).toEqual(['bob']);
    expect(readdirSync(folder)).toEqual(['users.json']);
  });

  it('says what is wrong and changes nothing', async () => {
    await add('ann', 'admin');
    const before = readFileSync(join(folder, 'users.json'), 'utf8');
    await expect(add('ann')).rejects.toThrow('There is a user ann already.');
    await expect(add('Bob')).rejects.toThrow('a name is 1 to 64 lower-case letters');
    await expect(add('bob', 'root')).rejects.toThrow('Choose one of the roles viewer, operator, admin.');
    await expect(add('bob', 'viewer', {}, 'too short')).rejects.toThrow('has 9 characters; choose one of at least 12');
    await expect(said(['role', 'bob', 'viewer'])).rejects.toThrow('There is no user bob in');
    await expect(said(['password', 'bob'])).rejects.toThrow('There is no user bob in');
    await expect(said(['remove', 'bob'])).rejects.toThrow('There is no user bob in');
    for (const name of ['nobody', 'Not a name'])
      for (const words of [
        ['remove', name],
        ['password', name],
        ['role', name, 'viewer'],
      ])
        await expect(said(words)).rejects.toThrow(`There is no user ${name} in`);
    await expect(said(['password', 'ann'])).rejects.toThrow('There is no terminal to ask for the password on.');
    expect(readFileSync(join(folder, 'users.json'), 'utf8')).toBe(before);
  });

  it('changes one thing at a time, whoever else does', async () => {
    writeUsers(
      folder,
      Array.from({ length: 8 }, (_, n) => ({ name: `user-${n}`, role: 'viewer' as const })),
    );
    await Promise.all(users().map(({ name }) => said(['role', name, 'admin'])));
    expect(users().map(({ role }) => role)).toEqual(Array(8).fill('admin'));
  });

  it('does not wait for a command that was killed, and says what to do', async () => {
    writeFileSync(join(folder, 'users.json.lock'), '999999999');
    await expect(add('ann')).rejects.toThrow(/did not come to its end\. Delete .*users\.json\.lock/);
  });

  it('touches no file that others could have changed', async () => {
    writeFileSync(join(folder, 'users.json'), '{"users":[]}', { mode: 0o644 });
    await expect(add('ann')).rejects.toThrow('others may read or change it');
    await expect(said(['list'])).rejects.toThrow('chmod 600');
  });

  it('prints an entry for PGDECK_USERS instead', async () => {
    await add('ann', 'admin', { print: true });
    expect(readdirSync(folder)).toEqual([]);
    const [entry] = readUserEntries(printed[0] ?? '');
    expect(entry).toMatchObject({ name: 'ann', role: 'admin' });
    expect(await isPassword('correct horse battery', entry?.password)).toBe(true);
  });
});

it('takes no password that is short or holds the name', () => {
  expect(passwordProblem('ann', 'a'.repeat(11))).toContain('11 characters');
  expect(passwordProblem('ann', '🐘'.repeat(11))).toContain('11 characters');
  expect(passwordProblem('ann', 'x'.repeat(1025))).toContain('at most 1024');
  expect(passwordProblem('ann', 'my name is ANN, really')).toContain('contains the name');
  expect(passwordProblem('ann@example.net', 'ann and some more words')).toContain('contains the name');
  expect(passwordProblem('al', 'also a fine password')).toBeUndefined();
});

describe('pgdeck token', () => {
  const command = (words: string[], more: object = {}) => token({ words, stateDir: folder, ...more });
  const whoIs = async (text: string) => {
    startDeck(folder);
    return identify(new Headers({ authorization: `Bearer ${text}` })).finally(() => stopDeck(folder).catch(() => {}));
  };

  it('prints a token alone, keeps its hash, and revokes it', async () => {
    await command(['create', 'prometheus'], { role: 'viewer', servers: 'shop, billing', days: '30' });
    const [made = ''] = printed;
    expect(printed).toHaveLength(1);
    const kept = readFileSync(join(folder, 'tokens.json'), 'utf8');
    expect(kept).not.toContain(made);
    expect(statSync(join(folder, 'tokens.json')).mode & 0o777).toBe(0o600);
    await command(['list']);
    expect(printed[1]).toMatch(/^prometheus {2}viewer, shop, billing, until \d{4}-\d\d-\d\d$/);
    await expect(command(['create', 'prometheus'], { role: 'viewer' })).rejects.toThrow(
      'There is a token prometheus already.',
    );
    await expect(command(['revoke', 'other'])).rejects.toThrow('There is no token other in');
    await expect(command(['revoke', 'nobody'])).rejects.toThrow('There is no token nobody in');
    expect(await whoIs(made)).toEqual({
      name: 'token:prometheus',
      role: 'viewer',
      mode: 'token',
      only: { servers: ['shop', 'billing'] },
    });
  });

  it('makes none for a server that the settings do not name, and says where nobody could look', async () => {
    const create = (name: string, more: object = {}) =>
      command(['create', name], { role: 'viewer', servers: 'default,shop', ...more });
    for (const name of ['DATABASE_URL', 'PGHOST', 'PGDECK_CONFIG']) vi.stubEnv(name, '');
    vi.stubEnv('DATABASE_URL', 'postgres://r@db/shop');
    await expect(create('a')).rejects.toThrow(
      'pgdeck watches no server shop; these settings name default. No token was made.',
    );
    expect([printed, readdirSync(folder)]).toEqual([[], []]);
    await create('a', { servers: 'default' });
    // An entry of PGDECK_TOKENS is for settings elsewhere.
    await create('b', { print: true });
    expect(aside.join('')).not.toContain('nobody looked');
    vi.stubEnv('DATABASE_URL', 'mysql://x');
    await create('c');
    vi.stubEnv('DATABASE_URL', '');
    await create('d');
    expect(aside.filter((line) => line.includes('nobody looked whether it watches default, shop.'))).toHaveLength(2);
  });

  it('is gone when it is revoked', async () => {
    await command(['create', 'ci'], { role: 'admin' });
    await command(['revoke', 'ci']);
    await expect(whoIs(printed[0] ?? '')).rejects.toMatchObject({ status: 401 });
  });

  it('prints an entry for PGDECK_TOKENS instead', async () => {
    await command(['create', 'ci'], { role: 'operator', print: true, days: '1' });
    expect(readdirSync(folder)).toEqual([]);
    expect(readTokenEntries(printed[1] ?? '')).toMatchObject([{ name: 'ci', role: 'operator' }]);
    expect(printed[1]).not.toContain(printed[0]);
  });

  it('says what is wrong', async () => {
    await expect(command(['create', 'ci'])).rejects.toThrow('Choose one of the roles');
    await expect(command(['create', 'ci'], { role: 'viewer', servers: 'a,,b' })).rejects.toThrow('--servers takes');
    await expect(command(['create', 'ci'], { role: 'viewer', days: '0' })).rejects.toThrow('--days takes');
  });
});
