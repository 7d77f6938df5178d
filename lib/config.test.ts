import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig, settings } from './config';
import { fillFromDotEnv, namesServer } from './config-early.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const url = 'postgres://reader:s3cret@db.example:6432/shop';
const none = { PGPASSFILE: '/nonexistent' };
const first = (env: Record<string, string>) => readConfig({ ...none, ...env }).servers[0];

function failure(env: Record<string, string>): string {
  try {
    readConfig({ ...none, ...env });
  } catch (error) {
    expect((error as Error).name).toBe('ConfigError');
    return (error as Error).message;
  }
  throw new Error('it was taken');
}

describe('one server', () => {
  test('a URL becomes discrete values', () => {
    expect(first({ DATABASE_URL: url })).toMatchObject({
      id: 'default',
      demo: false,
      read: {
        host: 'db.example',
        port: 6432,
        database: 'shop',
        user: 'reader',
        password: 's3cret',
        tls: { mode: 'prefer' },
      },
    });
  });

  test('encoded characters, an IPv6 host and a socket folder are understood', () => {
    expect(first({ DATABASE_URL: 'postgresql://us%40er:p%2Fs%23s%3F@[::1]/d%20b' })?.read).toMatchObject({
      user: 'us@er',
      password: 'p/s#s?',
      host: '::1',
      port: 5432,
      database: 'd b',
    });
    const socket = { host: '/run/pg', database: 'shop', user: 'me', tls: { mode: 'disable' } };
    expect(first({ DATABASE_URL: 'postgres://me@%2Frun%2Fpg/shop?sslmode=require' })?.read).toMatchObject(socket);
    expect(first({ DATABASE_URL: 'postgres://me@/shop?host=/run/pg' })?.read).toMatchObject(socket);
  });

  test('what a URL leaves out comes from PG* variables, then from the defaults', () => {
    const variables = { PGUSER: 'u', PGDATABASE: 'd', PGPORT: '6000', PGPASSWORD: 'p', PGSSLMODE: 'require' };
    const expected = { host: 'h', port: 6000, user: 'u', database: 'd', password: 'p', tls: { mode: 'require' } };
    expect(first({ DATABASE_URL: 'postgres://h', ...variables })?.read).toEqual(expected);
    expect(first({ PGHOST: 'h', ...variables })?.read).toEqual(expected);
    const { username } = userInfo();
    expect(first({ PGHOST: 'h' })?.read).toMatchObject({
      port: 5432,
      user: username,
      database: username,
      password: undefined,
    });
  });

  test('another role for actions, an environment and a name', () => {
    const server = first({
      DATABASE_URL: url,
      PGDECK_ACTION_URL: 'postgres://actor@db.example:6432/shop',
      PGDECK_ENVIRONMENT: 'staging',
      PGDECK_NAME: 'Shop',
    });
    expect(server).toMatchObject({
      read: { user: 'reader' },
      action: { user: 'actor' },
      environment: 'staging',
      name: 'Shop',
    });
    expect(first({ DATABASE_URL: url })?.action.user).toBe('reader');
  });

  test('the password file is read as libpq does: first fitting line, only when nobody else may read it', () => {
    const file = join(folder, 'pgpass');
    writeFileSync(file, '# a comment\nother:*:*:*:no\ndb.example:6432:shop:reader:a\\:b\\\\c:d\n*:*:*:*:late\n', {
      mode: 0o600,
    });
    const DATABASE_URL = 'postgres://reader@db.example:6432/shop';
    expect(first({ DATABASE_URL, PGPASSFILE: file })?.read.password).toBe('a:b\\c:d');
    expect(first({ DATABASE_URL: 'postgres://x@y/z', PGPASSFILE: file })?.read.password).toBe('late');
    const open = join(folder, 'open');
    writeFileSync(open, '*:*:*:*:late\n', { mode: 0o644 });
    expect(first({ DATABASE_URL, PGPASSFILE: open })?.read.password).toBeUndefined();
  });

  test.each([
    ['disable', 'disable'],
    ['allow', 'prefer'],
    ['prefer', 'prefer'],
    ['require', 'require'],
    ['verify-ca', 'verify-ca'],
    ['verify-full', 'verify-full'],
  ])('sslmode=%s is %s', (given, mode) => {
    expect(first({ DATABASE_URL: `${url}?sslmode=${given}` })?.read.tls.mode).toBe(mode);
  });

  test('with a root certificate require checks the chain; files that cannot be read are named by their setting', () => {
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, 'x');
    expect(first({ DATABASE_URL: `${url}?sslmode=require&sslrootcert=${ca}` })?.read.tls).toEqual({
      mode: 'verify-ca',
      rootCertFile: ca,
    });
    expect(first({ DATABASE_URL: `${url}?sslmode=verify-full&sslrootcert=system` })?.read.tls).toEqual({
      mode: 'verify-full',
    });
    expect(failure({ DATABASE_URL: `${url}?sslrootcert=/no/such` })).toMatch(/sslrootcert names cannot be read/);
    expect(failure({ DATABASE_URL: `${url}?sslmode=require&sslrootcert=system` })).toMatch(/verify-full/);
    expect(failure({ DATABASE_URL: `${url}?sslcert=${ca}` })).toMatch(/belong together/);
  });

  test('parameters that frameworks add mean nothing here', () => {
    const DATABASE_URL = `${url}?application_name=x&connect_timeout=10&pgbouncer=true&schema=public&channel_binding=require`;
    expect(first({ DATABASE_URL })?.read.host).toBe('db.example');
  });
});

describe('what is refused names the setting and never repeats a secret', () => {
  test.each([
    ['host=db password=s3cret dbname=shop', /keyword string/],
    ['s3cret', /not a URL/],
    ['mysql://u:s3cret@h/d', /must begin with postgres/],
    ['postgres://u:s3cret@h:99999/d', /port in this URL has to be a whole number from 1 to 65535/],
    ['postgres://u:s3cret@[::1]:x/d', /1 to 65535/],
    ['postgres://h:70000', /1 to 65535/],
    ['postgres://u:s3cret@h:0/d', /1 to 65535/],
    ['postgres://u:s3#cret@h/d', /percent-encoded/],
    ['postgres://u:12#s3cret@h/d', /percent-encoded/],
    ['postgres://u:12/s3cret@h/d', /percent-encoded/],
    ['postgres://u:12?s3cret@h/d', /percent-encoded/],
    ['postgres://u:s3cret%zz@h/d', /percent-encoded/],
    ['postgres://u:s3cret%00@h/d', /percent-encoded/],
    ['postgres://u:s3cret@h1,h2/d', /several hosts/],
    ['postgres://u:s3cret@h1:5432,h2:5432/d', /several hosts/],
    ['postgres://u:s3cret@h/d?sslmode=on', /sslmode must be one of/],
    ['postgres://u:s3cret@h/d?ssl=true', /use sslmode=require/],
    ['postgres://u:s3cret@h/d?options=-c%20x%3D1', /parameter options/],
    ['postgres://u:s3cret@h/d?whatever=1', /parameter whatever is not known/],
    ['postgres://u:s3cret@h/d?port=abc', /1 to 65535/],
  ])('%s', (DATABASE_URL, words) => {
    const message = failure({ DATABASE_URL });
    expect(message).toMatch(words);
    expect(message).toMatch(/^DATABASE_URL/);
    expect(message).not.toContain('s3');
  });

  test.each([
    [{ PGDECK_PORT: '0' }, /^PGDECK_PORT: a port/],
    [{ PORT: 'http' }, /^PORT: a port/],
    [{ PGDECK_HOST: '0.0.0.0' }, /^Refusing to listen on 0\.0\.0\.0 without authentication/],
    [{ PGDECK_HOST: '::' }, /^Refusing to listen/],
    [{ PGDECK_AUTH: 'basic' }, /^PGDECK_AUTH/],
    [{ PGDECK_LOG_LEVEL: 'loud' }, /^PGDECK_LOG_LEVEL: choose one of/],
    [{ PGDECK_MAINTENANCE_MAX: '1.5' }, /whole number from 1 to 10/],
    [{ PGDECK_LIMIT_CONNECTIONS_WARNING: '80' }, /number from 0 to 1/],
    [{ PGDECK_LIMIT_TRANSACTION_WARNING_SECONDS: '7200' }, /a warning comes first/],
    [{ PGDECK_CPUS: '0' }, /^PGDECK_CPUS: a whole number from 1 to 4096; leave it out where it is not known\.$/],
    [{ PGDECK_POOL_MIN: '5' }, /^PGDECK_POOL_MIN \(5\) is above PGDECK_POOL_MAX \(3\)/],
    [{ PGDECK_CONFIG: 'x.json' }, /both set/],
  ])('%o', (env, words) => expect(failure({ DATABASE_URL: url, ...(env as Record<string, string>) })).toMatch(words));
});

test('every setting that is wrong is told at once, each with its name, and none twice', () => {
  const env = {
    ...{ DATABASE_URL: 'postgres://u:s3cret@h:99999/d', PGDECK_ACTION_URL: 's3cret', PGDECK_CPUS: 'eight' },
    ...{ PGDECK_PORT: '0', PGDECK_LOG_LEVEL: 'loud', PGDECK_AUTH: 'basic', PGDECK_ACTIONS: 'some' },
    ...{ PGDECK_HISTORY: 'maybe', PGDECK_HISTORY_RAW_DAYS: '15', PGDECK_AUDIT_COPY: 'x', PGDECK_PUBLIC_URL: 'x' },
    ...{ PGDECK_POOL_MAX: '0', PGDECK_POOL_TIMEOUT: 'x', PGDECK_CACHE_LISTS_SECONDS: '0', PGDECK_CACHE_MAX_MB: '0' },
    ...{ PGDECK_LOG_STATEMENT_WARN_MS: '900', PGDECK_LIMIT_BLOCKED_SECONDS: 'x', PGDECK_LIMIT_DEAD_ROWS_WARNING: '9' },
    ...{ PGDECK_USERS: 'ann:root ,bob:admin:plain', PGDECK_SECRET: 'short', PGDECK_EMBED_ORIGINS: '*' },
    ...{ PGDECK_ALLOWED_HOSTS: 'https://x', PGDECK_ADMIN_GROUPS: 'user:', PGDECK_SESSION_EPOCH: '-1' },
  };
  const told = failure(env).split('\n');
  expect(new Set(told).size).toBe(told.length);
  expect(told.map((line) => line.split(/[: ]/)[0]).sort()).toEqual(
    [...Object.keys(env), 'PGDECK_EMBED_ORIGINS', 'PGDECK_EMBED_ORIGINS', 'PGDECK_USERS'].sort(),
  );
});

test('of one address all that is wrong is told, and a name that is no setting with it', () => {
  const DATABASE_URL = 'postgres://u:s3cret@h:99999/d?sslmode=foo&bar=1&sslrootcert=/no/such';
  const told = failure({ DATABASE_URL, PGDECK_POOLMAX: '5' }).split('\n');
  expect(told.map((line) => line.match(/99999|port|bar|sslmode must|sslrootcert names|POOLMAX is not/)?.[0])).toEqual([
    ...['port', 'bar', 'sslmode must', 'sslrootcert names', 'POOLMAX is not'],
  ]);
  // What follows a port that is no number may be the rest of a password.
  expect(failure({ DATABASE_URL: 'postgres://u:se?cret' })).not.toContain('cret');
});

describe("PgBouncer's console", () => {
  const named = (address: string) => first({ DATABASE_URL: url, PGDECK_PGBOUNCER_URL: address })?.pgbouncer;
  const refused = (address: string) => failure({ DATABASE_URL: url, PGDECK_PGBOUNCER_URL: address });

  test("has PgBouncer's port and its own database where the address leaves them out", () => {
    const there = { host: 'foo', port: 6432, database: 'pgbouncer', user: 'looker' };
    expect(named('postgres://looker@foo')).toMatchObject(there);
    expect(named('postgres://looker@foo:6433/pgbouncer')).toMatchObject({ ...there, port: 6433 });
  });

  test('is no other database, and asks for a user', () => {
    expect(refused('postgres://looker@foo:6432/shop')).toBe(
      'PGDECK_PGBOUNCER_URL: the console of PgBouncer is the database pgbouncer; leave the name of another database out.',
    );
    expect(refused('postgres://foo')).toBe(
      "PGDECK_PGBOUNCER_URL: name the user, one of PgBouncer's stats_users or admin_users: postgres://user:password@host:6432",
    );
  });
});

test('of a sign-in all that is missing is told', () => {
  const told = (env: Record<string, string>) =>
    failure({ DATABASE_URL: url, ...env })
      .split('\n')
      .map((line) => line.match(/(PGDECK_\w+) is missing|nobody could sign in|PGDECK_PUBLIC_URL: say/)?.[0]);
  expect(told({ PGDECK_AUTH: 'oidc' })).toEqual([
    'PGDECK_PUBLIC_URL: say',
    'nobody could sign in',
    ...['PGDECK_OIDC_ISSUER is missing', 'PGDECK_OIDC_CLIENT_ID is missing', 'PGDECK_OIDC_CLIENT_SECRET is missing'],
  ]);
});

test('the address: PGDECK_PORT wins over PORT, empty is unset, loopback names are allowed', () => {
  const env = { ...none, DATABASE_URL: url };
  expect(readConfig({ ...env, PORT: '9000' }).port).toBe(9000);
  expect(readConfig({ ...env, PORT: '9000', PGDECK_PORT: '9001' }).port).toBe(9001);
  expect(readConfig({ ...env, PORT: '9000', PGDECK_PORT: ' ' }).port).toBe(9000);
  const { host, port, allowedHosts } = readConfig({ ...env, PGDECK_HOST: 'localhost' });
  expect([host, port]).toEqual(['127.0.0.1', 8432]);
  expect(allowedHosts).toEqual(['127.0.0.1:8432', 'localhost:8432', '[::1]:8432']);
  expect(readConfig({ ...env, PGDECK_HOST: '::1' }).host).toBe('::1');
});

test('the demo is one server; its addresses win over DATABASE_URL', () => {
  const read = {
    host: '127.0.0.1',
    port: 1,
    database: 'shop',
    user: 'r',
    password: 'p',
    tls: { mode: 'disable' as const },
  };
  const { servers } = readConfig({ DATABASE_URL: url }, { read, action: { ...read, user: 'a' } });
  expect(servers).toMatchObject([{ id: 'demo', demo: true, read: { user: 'r' }, action: { user: 'a' } }]);
});

test('a variable that looks like ours and is not is told', () => {
  expect(readConfig({ ...none, DATABASE_URL: url, PGDECK_PROT: '1' }).warnings).toEqual([
    expect.stringContaining('PGDECK_PROT'),
  ]);
});

test('each setting has a meaning and no name twice', () => {
  expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
  for (const { meaning } of settings) expect(meaning.length).toBeGreaterThan(10);
});

test('lines of the audit are copied where a store of several may be, unless somebody says otherwise', () => {
  const copied = (env: Record<string, string>) => readConfig({ ...none, DATABASE_URL: url, ...env }).auditCopy;
  const store = { PGDECK_HISTORY_URL: url };
  expect([copied({}), copied(store), copied({ ...store, PGDECK_AUDIT_COPY: 'off' })]).toEqual([false, true, false]);
  expect(copied({ PGDECK_AUDIT_COPY: 'on' })).toBe(true);
  const nowhere = { DATABASE_URL: url, PGDECK_AUDIT_COPY: 'on', PGDECK_HISTORY: 'off' };
  expect(failure(nowhere)).toBe('PGDECK_AUDIT_COPY is on and PGDECK_HISTORY is off: there is no store to copy to.');
  expect(readConfig({ ...none, DATABASE_URL: url, PGDECK_SCHEDULES: 'off' }).schedules).toBe(false);
  expect(failure({ DATABASE_URL: url, PGDECK_SCHEDULES: 'no' })).toBe('PGDECK_SCHEDULES: choose on or off.');
});

test('docs/settings.md lists each setting with its default, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'settings.md'), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)].map(([, name, value]) => `${name}: ${value}`);
  expect(rows.sort()).toEqual(settings.map(({ name, default: value }) => `${name}: ${value || 'none'}`).sort());
});

test('.env fills what is unset or empty, and the environment wins', () => {
  writeFileSync(join(folder, '.env'), 'DATABASE_URL="postgres://from-file"\nPGDECK_PORT=1\n# no\nPGHOST=h\n');
  const env: Record<string, string | undefined> = { PGDECK_PORT: '2', PGHOST: '' };
  expect(namesServer(env)).toBe(false);
  fillFromDotEnv(env, folder);
  expect(env).toEqual({ DATABASE_URL: 'postgres://from-file', PGDECK_PORT: '2', PGHOST: 'h' });
  expect(namesServer(env)).toBe(true);
  fillFromDotEnv(env, join(folder, 'nowhere'));
});
