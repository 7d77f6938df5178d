import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from './config-check';

let folder: string;
let printed: string;
let aside: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-config-check-'));
  printed = '';
  aside = '';
  vi.stubEnv('PGPASSFILE', '/nonexistent');
  for (const name of ['DATABASE_URL', 'PGHOST', 'PGDECK_CONFIG']) vi.stubEnv(name, '');
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    aside += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, content: string, mode = 0o600): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

const shop = {
  ...{ id: 'shop', name: 'Shop, primary', urlEnv: 'SHOP_URL', environment: 'production', tags: ['eu'] },
  actionUrl: 'postgres://actor:hidden-word@db.example/shop?sslmode=require',
  pgbouncerUrl: 'postgres://console:hidden-word@db.example:6432/pgbouncer',
  ...{ cpus: 8, spindles: 2 },
  applications: [
    { name: 'web', match: { application_name: 'shop-web' }, poolMax: 20, instances: 4 },
    { name: 'jobs', match: { usename: 'jobs', datname: 'shop' }, poolMax: 5 },
  ],
  access: [
    { who: ['dba', 'user:ann'], role: 'admin' },
    { who: ['support'], role: 'viewer', databases: ['orders'] },
  ],
};

test('a good file is told server by server, with each part and no password', async () => {
  vi.stubEnv('SHOP_URL', 'postgres://reader:hidden-word@db.example:5433/shop');
  const books = { id: 'books', url: 'postgres://reader@%2Frun%2Fpg/books' };
  const file = write('good.json', JSON.stringify({ servers: [shop, books] }));
  expect(await run({ root: folder, file })).toBe(0);
  expect(aside).toBe('');
  expect(printed).toBe(`${file}: 2 servers, nothing wrong.

shop (Shop, primary): production #eu
  questions     reader at db.example:5433, database shop, with a password, sslmode prefer
  actions       actor at db.example:5432, database shop, with a password, sslmode require
  PgBouncer     console at db.example:6432, database pgbouncer, with a password, sslmode prefer
  machine       8 processors, 2 spindles
  applications  web (application_name shop-web): at most 20 each, 4 instances: 80 connections
                jobs (usename jobs, datname shop): at most 5 each, as many instances as are seen
  access        dba, user:ann: admin
                support: viewer in orders

books
  questions     reader at socket /run/pg, port 5432, database books, no password, sslmode disable
  actions       the same
  access        everybody who may come in, by their role

`);
});

test('all that is wrong is told at once, the settings beside the file, and nothing else', async () => {
  vi.stubEnv('PGDECK_LOG_LEVEL', 'loud');
  vi.stubEnv('PGDECK_POOL_MAX', 'many');
  const file = write('wrong.json', JSON.stringify({ servers: [{ ...shop, cpu: 8 }, { id: 'shop' }] }));
  expect(await run({ root: folder, file })).toBe(1);
  expect(printed).toBe('');
  expect(aside).toBe(`The file ${file} has 4 problems:
  servers[0].cpu (line 1): this key is not known here. Did you mean cpus?
  servers[0].urlEnv (line 1): the variable SHOP_URL is not set; set it in the environment or in .env and start pgdeck again, or give url.
  servers[1] (line 1): this server needs url, or urlEnv with the name of a variable that holds it.
  servers[1].id (line 1): servers[0] has this id already; give each server its own.
PGDECK_LOG_LEVEL: choose one of silent, fatal, error, warn, info, debug, trace.
PGDECK_POOL_MAX: a whole number from 1 to 10; it is 3 when not set.
`);
});

test('without a file it is what the environment says', async () => {
  expect(await run({ root: folder })).toBe(0);
  expect(printed).toContain('npm start shows the demo');
  printed = '';
  vi.stubEnv('DATABASE_URL', 'postgres://reader:hidden-word@db.example/shop');
  expect(await run({ root: folder })).toBe(0);
  expect(printed).toMatch(/^The environment: 1 server, nothing wrong\.\n\ndefault \(PostgreSQL\)\n/);
  vi.stubEnv('PGDECK_CONFIG', write('other.json', '{}'));
  expect(await run({ root: folder })).toBe(1);
  expect(aside).toContain('PGDECK_CONFIG and DATABASE_URL are both set; keep one');
  expect(printed).not.toContain('hidden-word');
  expect(aside).not.toContain('hidden-word');
});

test('a candidate file is looked at without the server of today', async () => {
  vi.stubEnv('DATABASE_URL', 'postgres://reader@db.example/shop');
  const file = write('next.json', JSON.stringify({ servers: [{ id: 'a', url: 'postgres://reader@db.example/shop' }] }));
  expect(await run({ root: folder, file })).toBe(0);
  expect(printed).toContain('next.json: 1 server, nothing wrong.');
});

test('secrets that others may read are warned of', async () => {
  const url = 'postgres://reader:hidden-word@db.example/shop';
  const file = write('open.json', JSON.stringify({ servers: [{ id: 'a', url }] }), 0o644);
  write('.env', `PGDECK_SECRET=${'x'.repeat(40)}\n`, 0o640);
  expect(await run({ root: folder, file })).toBe(0);
  expect(printed).toMatch(/Warning: PGDECK_CONFIG: the file .*open\.json holds a password.*\(mode 0644\)/);
  expect(printed).toMatch(/Warning: The file .*\.env holds secrets, and others may read it \(mode 0640\)/);
});
