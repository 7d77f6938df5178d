import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from './config';
import { type ConfigFileError, readFile } from './config-file';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-config-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const url = 'postgres://reader:s3cret@db.example:6432/shop';
const none = { PGPASSFILE: '/nonexistent' };

function file(content: unknown, mode = 0o600): string {
  const path = join(folder, 'pgdeck.config.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  chmodSync(path, mode);
  return path;
}

/** Everything that is told of a wrong file, without its name. */
function problems(content: unknown, env: Record<string, string> = {}): string[] {
  const path = file(content);
  try {
    readFile(path, { ...none, ...env });
  } catch (error) {
    const { name, message, problems: told } = error as ConfigFileError;
    expect(name).toBe('ConfigError');
    expect(message).toMatch(/^PGDECK_CONFIG: the file \//);
    expect(message).toContain(path);
    expect(message).not.toContain('s3cret');
    for (const problem of told) expect(message).toContain(`\n  ${problem}`);
    return told;
  }
  throw new Error('it was taken');
}

const withServer = (server: object) => ({ servers: [{ id: 'a', url, ...server }] });
const application = { name: 'web', match: { usename: 'shop' }, poolMax: 5 };

test('a file lists servers, with addresses in it or in variables; PG* variables do not leak in', () => {
  const PGDECK_CONFIG = file({
    $schema: './public/pgdeck.config.schema.json',
    servers: [
      {
        ...{ id: 'shop', name: 'Shop', url, tags: ['eu'], environment: 'production', cpus: 8, spindles: 2 },
        ...{ pgbouncerUrlEnv: 'SHOP_PGBOUNCER', applications: [application] },
        access: [{ who: ['dba'], role: 'admin' }],
      },
      { id: 'bank', urlEnv: 'BANK_URL', actionUrlEnv: 'BANK_ACTION' },
    ],
  });
  const { servers } = readConfig({
    ...none,
    PGDECK_CONFIG,
    BANK_URL: 'postgres://r@bank/ledger',
    BANK_ACTION: 'postgres://a@bank/ledger',
    SHOP_PGBOUNCER: 'postgres://admin@db.example:6433/pgbouncer',
    PGPORT: '7',
  });
  expect(servers).toMatchObject([
    {
      ...{ id: 'shop', name: 'Shop', environment: 'production', tags: ['eu'], cpus: 8, spindles: 2, demo: false },
      read: { host: 'db.example', user: 'reader' },
      action: { host: 'db.example', user: 'reader' },
      pgbouncer: { port: 6433, database: 'pgbouncer' },
      applications: [application],
      access: [{ who: ['dba'], role: 'admin' }],
    },
    {
      id: 'bank',
      name: 'bank',
      environment: undefined,
      tags: [],
      read: { user: 'r', port: 5432 },
      action: { user: 'a' },
    },
  ]);
});

const wrong: [title: string, content: unknown, told: string][] = [
  ['no servers', { servers: [] }, 'servers (line 1): name at least one server.'],
  ['nothing', {}, 'servers (line 1): this key is missing; give a list, such as [{"id":"shop","urlEnv":"SHOP_URL"}].'],
  ['a bare list', [{ id: 'a', url }], '(line 1): this is a list; write { "servers": [ … ] } around it.'],
  ['text', '"servers"', '(line 1): this is text; give an object.'],
  [
    'a number as text',
    withServer({ applications: [{ ...application, poolMax: '20' }] }),
    'servers[0].applications[0].poolMax (line 1): this is text; give a whole number from 1 to 100000, such as 20.',
  ],
  [
    'a part of a number',
    withServer({ cpus: 1.5 }),
    'servers[0].cpus (line 1): this is no whole number; give a whole number from 1 to 4096, such as 8.',
  ],
  [
    'too small a number',
    withServer({ applications: [{ ...application, instances: 0 }] }),
    'servers[0].applications[0].instances (line 1): this is too small; give a whole number from 1 to 100000, such as 4.',
  ],
  [
    'too large a number',
    withServer({ spindles: 4097 }),
    'servers[0].spindles (line 1): this is too large; give a whole number from 1 to 4096, such as 2.',
  ],
  [
    'a missing key',
    withServer({ applications: [{ name: 'web', match: { usename: 'shop' } }] }),
    'servers[0].applications[0].poolMax (line 1): this key is missing; give a whole number from 1 to 100000, such as 20.',
  ],
  [
    'null',
    withServer({ name: null }),
    'servers[0].name (line 1): this is null; give text of 1 to 100 characters, such as "Shop, primary".',
  ],
  [
    'empty text',
    withServer({ environment: '' }),
    'servers[0].environment (line 1): this is empty; give text of 1 to 50 characters, such as "production".',
  ],
  [
    'long text',
    withServer({ tags: ['eu', 'x'.repeat(51)] }),
    'servers[0].tags[1] (line 1): this is too long; give text of 1 to 50 characters, such as "eu".',
  ],
  [
    'too many',
    withServer({ tags: Array(21).fill('x') }),
    'servers[0].tags (line 1): this is too long a list; give a list, such as ["eu","shop"].',
  ],
  [
    'one in place of a list',
    withServer({ tags: 'eu' }),
    'servers[0].tags (line 1): this is text; give a list, such as ["eu","shop"].',
  ],
  [
    'a list in place of one',
    withServer({ name: ['x'] }),
    'servers[0].name (line 1): this is a list; give text of 1 to 100 characters, such as "Shop, primary".',
  ],
  [
    'a key that is nearly one',
    withServer({ applications: [{ ...application, max_pool: 3, pool_max: 4 }] }),
    'servers[0].applications[0].pool_max (line 1): this key is not known here. Did you mean poolMax?',
  ],
  [
    'a key that is none',
    withServer({ access: [{ who: ['*'], role: 'viewer', colour: 'red' }] }),
    'servers[0].access[0].colour (line 1): this key is not known here. Known are who, role, databases.',
  ],
  [
    'a key of its own at the top',
    { server: [], ...withServer({}) },
    'server (line 1): this key is not known here. Did you mean servers?',
  ],
  [
    'an address as a key',
    withServer({ [url]: true }),
    'servers[0] (line 1): a key in here is not known. Known are id, name, url, urlEnv, actionUrl, actionUrlEnv, environment, tags, pgbouncerUrl, pgbouncerUrlEnv, cpus, spindles, applications, access.',
  ],
  [
    'capitals in an id',
    { servers: [{ id: 'Shop', url }] },
    'servers[0].id (line 1): an id is 1 to 63 lower-case letters, digits, - or _, and begins with a letter or digit.',
  ],
  [
    "an id of pgdeck's own",
    { servers: [{ id: 'api', url }] },
    'servers[0].id (line 1): this id is taken by pgdeck itself; choose another.',
  ],
  [
    'an id twice',
    {
      servers: [
        { id: 'a', url },
        { id: 'b', url },
        { id: 'a', url },
      ],
    },
    'servers[2].id (line 1): servers[0] has this id already; give each server its own.',
  ],
  [
    'an application twice',
    withServer({ applications: [application, { ...application, poolMax: 6 }] }),
    'servers[0].applications[1].name (line 1): servers[0].applications[0] has this name already; give each application its own.',
  ],
  [
    'an application that nothing tells apart',
    withServer({ applications: [{ ...application, match: {} }] }),
    'servers[0].applications[0].match (line 1): say application_name, usename or datname of its sessions.',
  ],
  [
    'no address',
    { servers: [{ id: 'a' }] },
    'servers[0] (line 1): this server needs url, or urlEnv with the name of a variable that holds it.',
  ],
  ['two addresses', withServer({ urlEnv: 'X' }), 'servers[0].urlEnv (line 1): give url or urlEnv, not both.'],
  [
    'a variable that is not set',
    withServer({ actionUrlEnv: 'UNSET_ONE' }),
    'servers[0].actionUrlEnv (line 1): the variable UNSET_ONE is not set; set it in the environment or in .env and start pgdeck again, or give actionUrl.',
  ],
  [
    'an address in place of a variable',
    { servers: [{ id: 'a', urlEnv: url }] },
    'servers[0].urlEnv (line 1): this is no name of a variable; give one such as SHOP_URL.',
  ],
  [
    'an address with a wrong port',
    withServer({ pgbouncerUrl: 'postgres://u:s3cret@h:99999/d' }),
    'servers[0].pgbouncerUrl (line 1): the port in this URL has to be a whole number from 1 to 65535.',
  ],
  [
    'an address with a part of a password where the port would be',
    withServer({ url: 'postgres://u:12/s3cret@h/d' }),
    'servers[0].url (line 1): this URL cannot be read. Special characters in user or password are percent-encoded: @ is %40, # is %23, / is %2F, ? is %3F, % is %25. Example: postgres://user:password@host:5432/database',
  ],
  [
    'an address of something else',
    withServer({ pgbouncerUrl: 'mysql://u:s3cret@h/d' }),
    'servers[0].pgbouncerUrl (line 1): the URL must begin with postgres:// or postgresql://, as in postgres://user:password@host:5432/database',
  ],
  [
    'a role that is nearly one',
    withServer({ access: [{ who: ['dba'], role: 'admn' }] }),
    'servers[0].access[0].role (line 1): this is none of them; did you mean admin? Otherwise give one of viewer, operator, admin.',
  ],
  [
    'a role that is none',
    withServer({ access: [{ who: ['dba'], role: 'superuser' }] }),
    'servers[0].access[0].role (line 1): this is none of them; give one of viewer, operator, admin.',
  ],
  [
    'who is no list',
    withServer({ access: [{ who: 'dba', role: 'admin' }] }),
    'servers[0].access[0].who (line 1): a list of groups, user:NAME or *, such as ["dba", "user:ann"].',
  ],
  [
    'a user without a name',
    withServer({ access: [{ who: ['user:'], role: 'admin' }] }),
    'servers[0].access[0].who[0] (line 1): a list of groups, user:NAME or *, such as ["dba", "user:ann"].',
  ],
  [
    'databases that are no list',
    withServer({ access: [{ who: ['dba'], role: 'admin', databases: 'shop' }] }),
    'servers[0].access[0].databases (line 1): a list of databases, such as ["shop"]; leave it out for all.',
  ],
  [
    'rules that are no list',
    withServer({ access: { who: ['dba'] } }),
    'servers[0].access (line 1): this is an object; give a list, such as [{"who":["dba"],"role":"admin"}].',
  ],
  [
    'a key twice',
    '{\n  "servers": [\n    { "id": "a",\n      "url": "postgres://u:s3cret@h/d",\n      "url": "postgres://h/d" }\n  ]\n}',
    'servers[0].url (line 5): this key stands here and in line 4, and only one of them would count; take one out.',
  ],
];

test.each(wrong)('%s is told with its place and what to do', (_, content, told) => {
  expect(problems(content)).toContain(told);
});

test('an address in a variable is told by the name of the variable', () => {
  expect(problems({ servers: [{ id: 'a', urlEnv: 'SHOP_URL' }] }, { SHOP_URL: 'postgres:/x:s3cret@h' })).toEqual([
    'servers[0].urlEnv (line 1): SHOP_URL: this is not a URL: postgres://user:password@host:5432/database',
  ]);
});

test('a slip is told once, without what is missing for it', () => {
  const slip = (path: string, near: string) => [`${path} (line 1): this key is not known here. Did you mean ${near}?`];
  expect(problems({ server: [{ id: 'a', url }] })).toEqual(slip('server', 'servers'));
  expect(problems({ servers: [{ id: 'a', urll: url }] })).toEqual(slip('servers[0].urll', 'url'));
  const matched = (match: object) => withServer({ applications: [{ ...application, match }] });
  expect(problems(matched({ aplication_name: 'web' }))).toEqual(
    slip('servers[0].applications[0].match.aplication_name', 'application_name'),
  );
  // Beside another slip, what is missing or wrong is told as ever.
  expect(problems(matched({ colour: 'red' }))).toHaveLength(2);
  expect(problems({ server: [], servers: 5 })).toHaveLength(2);
});

test('of one address all that is wrong is told', () => {
  const told = problems(withServer({ url: 'postgres://u:s3cret@127.0.0.1:99999/x?sslmode=foo&bar=1&ssl=1' }));
  expect(told.map((problem) => problem.slice(0, 52))).toEqual([
    'servers[0].url (line 1): the port in this URL has to',
    'servers[0].url (line 1): the parameter bar is not kn',
    'servers[0].url (line 1): the parameter ssl is not ta',
    'servers[0].url (line 1): sslmode must be one of disa',
  ]);
  const console = problems(withServer({ pgbouncerUrl: 'postgres://foo:99999/shop?sslmode=foo' })).join();
  expect(console).toMatch(/: the port in .*: name the user, .*: the console of PgBouncer .*: sslmode must/);
});

test('everything is told at once, in the order of the file and with the lines', () => {
  const content = `{
  "servers": [
    {
      "id": "shop",
      "url": "postgres://reader:s3cret@h:x/d",
      "aplications": [],
      "cpus": "8"
    },
    {
      "id": "books",
      "urlEnv": "UNSET_ONE",
      "pgbouncerUrl": 5,
      "applications": [
        { "name": "web", "match": { "usename": "web" }, "poolMax": "many" },
        { "name": "web", "match": { "usename": "jobs" }, "poolMax": 4 }
      ]
    },
    {
      "id": "shop",
      "url": 5,
      "urlEnv": "X"
    }
  ]
}`;
  expect(problems(content).map((problem) => problem.split(/[:;.] /)[0])).toEqual([
    'servers[0].url (line 5)',
    'servers[0].aplications (line 6)',
    'servers[0].cpus (line 7)',
    'servers[1].urlEnv (line 11)',
    'servers[1].pgbouncerUrl (line 12)',
    'servers[1].applications[0].poolMax (line 14)',
    'servers[1].applications[1].name (line 15)',
    'servers[2].id (line 19)',
    'servers[2].url (line 20)',
    'servers[2].urlEnv (line 21)',
  ]);
});

describe('what is no JSON is told with line and column, and never repeated', () => {
  test.each([
    ['', 'line 1, column 1: The file is empty.'],
    ['{', 'line 1, column 2: The file ends here, and the { of line 1 is not closed.'],
    ['{\n  "servers": [\n', 'line 3, column 1: The file ends here, and the [ of line 2 is not closed.'],
    ['{ "servers": [], }', 'line 1, column 16: A comma too many: nothing follows it.'],
    ['{\n "a": 1\n "b": 2 }', 'line 3, column 2: A comma is missing before this.'],
    ['{ "a" 1 }', 'line 1, column 7: A colon is missing between a key and its value.'],
    ['{ a: 1 }', 'line 1, column 3: A key should be here, between double quotes.'],
    ['{ "a": \'x\' }', 'line 1, column 8: Text stands between double quotes, not single ones.'],
    ['{ // servers\n "a": 1 }', 'line 1, column 3: JSON has no comments: take this out.'],
    ['{ "a": 1 # one\n }', 'line 1, column 10: JSON has no comments: take this out.'],
    ['{ "a": "s3cret\n" }', 'line 1, column 8: The text that begins here does not end on its line: a " is missing.'],
    [
      '{ "a": "s3cret\\x" }',
      'line 1, column 15: A backslash is followed by one of " \\ / b f n r t, or by u and four digits.',
    ],
    ['{ "a": "s3cret\t" }', 'line 1, column 15: A text cannot hold a tab or another control character as it is.'],
    [
      '{ "a": s3cret }',
      'line 1, column 8: A value should be here: text between double quotes, a number, true, false, null, a list or an object.',
    ],
    ['{ "a": 01 }', 'line 1, column 9: A comma is missing before this.'],
    ['{ "a": ', 'line 1, column 8: The file ends where a value should be.'],
    ['{} s3cret', 'line 1, column 4: Nothing may follow where the first value has ended.'],
    ['['.repeat(200), 'line 1, column 102: Lists and objects stand in one another more than 100 times.'],
  ])('%j', (content, told) => expect(problems(content)).toEqual([told]));
});

test('a file that cannot be read is named with why', () => {
  const told = (path: string) => {
    try {
      readFile(path, none);
    } catch (error) {
      return (error as Error).message;
    }
    return 'it was taken';
  };
  expect(told('/no/such')).toBe('PGDECK_CONFIG: the file /no/such has a problem:\n  it is not there; give its path.');
  const inner = join(folder, 'inner');
  mkdirSync(inner);
  expect(told(inner)).toContain('this is a folder; give the path of a file in it.');
});

test('a password that others may read, and one server under two ids, are warned of', () => {
  const warnings = (content: unknown, mode: number) => readFile(file(content, mode), none).warnings;
  expect(warnings(withServer({}), 0o640)).toEqual([
    expect.stringMatching(
      /pgdeck\.config\.json holds a password, and others may read it \(mode 0640\)\. Run chmod 600/,
    ),
  ]);
  expect(warnings(withServer({}), 0o600)).toEqual([]);
  expect(warnings(withServer({ url: 'postgres://reader@db.example/shop' }), 0o644)).toEqual([]);
  const twice = {
    servers: [
      { id: 'a', url },
      { id: 'b', url: 'postgres://reader@db.example:6432/books' },
    ],
  };
  expect(warnings(twice, 0o600)).toEqual([
    'PGDECK_CONFIG: a and b are at the same address (db.example:6432). pgdeck shows all databases of a server under one id, and asks each id by itself.',
  ]);
});
