import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, readPidFile } from '@/lib/embedded/pidfile';
import { Store } from '@/lib/history/store';
import { HistoryServer } from './history-server';

const root = resolve(import.meta.dirname, '..');
let stateDir: string;
let said: string[];
let running: HistoryServer[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgdeck-history-'));
  said = [];
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(stateDir, { recursive: true, force: true });
});

const history = (...path: string[]) => join(stateDir, 'history', ...path);
const data = (...path: string[]) => history('pgdata-18', ...path);
const aside = () => readdirSync(history()).filter((name) => name.startsWith('pgdata-18.corrupt-'));

function begin(): HistoryServer {
  const server = new HistoryServer({ stateDir, root, say: (line) => said.push(line) });
  running.push(server);
  server.start();
  return server;
}

async function until(what: string, happened: () => unknown, seconds = 80): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`in ${seconds} s not: ${what}; said: ${said.join('\n')}`);
    await sleep(25);
  }
}

const isUp = (server: HistoryServer) => until('it is up', () => server.place.target && !server.place.problem);

async function up(): Promise<HistoryServer> {
  const server = begin();
  await isUp(server);
  return server;
}

async function ask(server: HistoryServer, sql: string): Promise<unknown> {
  const { host, port, database, user, password } = server.place.target ?? {};
  const client = new pg.Client({ host, port, database, user, password });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0];
  } finally {
    await client.end();
  }
}

test('the store has a role of its own that owns its database and is no superuser, and it ends with us', async () => {
  const server = begin();
  // Nobody waits for it: what shows is that it is being started.
  expect(server.place).toMatchObject({ kind: 'embedded', notices: [] });
  expect([server.place.target, server.place.problem]).toEqual([undefined, undefined]);
  await isUp(server);
  expect(await ask(server, 'select rolsuper from pg_roles where rolname = current_user')).toBe(false);
  expect(await ask(server, 'select datdba::regrole::text from pg_database where datname = current_database()')).toBe(
    'pgdeck',
  );
  expect(await ask(server, 'show synchronous_commit')).toBe('on');
  await ask(server, 'create table kept as select 42 as answer');
  expect(statSync(history('passwords.json')).mode & 0o777).toBe(0o600);
  const pid = readPidFile(data())?.pid as number;
  await server.stop();
  expect(isAlive(pid)).toBe(false);
  // The passwords are lost, and the data stays.
  rmSync(history('passwords.json'));
  const second = await up();
  expect(await ask(second, 'select answer from kept')).toBe(42);
  expect(second.place.notices).toEqual([]);
});

test('a store that was killed comes back on its port, and one that is spoiled meanwhile is moved aside', async () => {
  const server = await up();
  await ask(server, 'create table kept as select 42 as answer');
  const port = server.place.target?.port;
  process.kill(readPidFile(data())?.pid as number, 'SIGKILL');
  await until('its end is told', () => server.place.problem);
  expect(server.place.problem).toMatch(/ended by itself/);
  await isUp(server);
  expect([server.place.target?.port, await ask(server, 'select answer from kept')]).toEqual([port, 42]);
  truncateSync(data('global', 'pg_control'), 0);
  process.kill(readPidFile(data())?.pid as number, 'SIGKILL');
  await until('it is moved aside', () => server.place.notices.length > 0);
  await isUp(server);
  expect(aside()).toHaveLength(1);
  expect(await ask(server, `select to_regclass('kept')`)).toBeNull();
});

const spoilings: [string, () => void][] = [
  ['pg_control is cut off', () => truncateSync(data('global', 'pg_control'), 0)],
  ['PG_VERSION cannot be read', () => writeFileSync(data('PG_VERSION'), '\0\0')],
  ['PG_VERSION is missing', () => rmSync(data('PG_VERSION'))],
  // PostgreSQL says that it is ready, and then no session can begin.
  ['a map of the catalog is missing', () => rmSync(data('global', 'pg_filenode.map'))],
];

test.each(spoilings)('a corrupt store (%s) is moved aside whole and told, and a new one is made', async (_, spoil) => {
  await (await up()).stop();
  writeFileSync(data('a-mark'), 'ours');
  spoil();
  const server = await up();
  const [moved] = aside();
  expect(readFileSync(history(moved as string, 'a-mark'), 'utf8')).toBe('ours');
  expect(existsSync(data('a-mark'))).toBe(false);
  const [notice] = server.place.notices;
  expect(said.join('\n')).toContain(`It was moved to ${history(moved as string)}, nothing of it is deleted`);
  // Who looks at a page is not told where that is.
  expect(notice?.text).toContain(`It was moved to PGDECK_STATE_DIR/history/${moved}, nothing of it is deleted`);
  expect(Math.abs(Date.now() / 1000 - (notice?.at ?? 0))).toBeLessThan(600);
});

test('a store whose tables are spoiled while PostgreSQL runs is moved aside when writing meets them again and again', async () => {
  const first = await up();
  await ask(first, 'create schema pgdeck');
  await ask(first, 'create table pgdeck.spoiled as select i from generate_series(1, 5000) as i');
  const file = await ask(first, `select pg_relation_filepath('pgdeck.spoiled')`);
  await first.stop();
  const handle = openSync(data(String(file)), 'r+');
  writeSync(handle, Buffer.alloc(8192, 0x5a), 0, 8192, 8192);
  closeSync(handle);

  const server = await up();
  const store = new Store({ place: () => server.place.target });
  store.onDamage = server.place.damaged;
  store.start();
  try {
    await until('it is moved aside', async () => {
      await store.transaction((run) => run('select count(*) from pgdeck.spoiled')).catch(() => {});
      return aside().length > 0;
    });
    expect(server.place.notices[0]?.text).toContain('invalid page');
    await until('the new store is on', () => store.on);
    expect(await ask(server, `select to_regclass('pgdeck.spoiled')`)).toBeNull();
  } finally {
    await store.close();
  }
});

test('data of another PostgreSQL is left where it is; when that is mended, the store comes up by itself', async () => {
  await (await up()).stop();
  writeFileSync(data('PG_VERSION'), '17\n');
  const server = begin();
  await until('it is told', () => server.place.problem);
  expect(server.place.problem).toMatch(/holds data of PostgreSQL 17.*pgdeck tries again by itself/);
  expect(aside()).toEqual([]);
  writeFileSync(data('PG_VERSION'), '18\n');
  await isUp(server);
  expect(said.at(-1)).toBe('The history is kept again.');
});

test('without programs for this platform it is told what else can be done, and nothing is made', async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'pgdeck-no-programs-'));
  const server = new HistoryServer({ stateDir, root: elsewhere, say: (line) => said.push(line) });
  running.push(server);
  server.start();
  await until('it is told', () => server.place.problem);
  expect(server.place.problem).toMatch(/is not installed here.*PGDECK_HISTORY_URL/);
  expect(existsSync(data())).toBe(false);
  rmSync(elsewhere, { recursive: true });
});

test('a file where the folder should be is told with what to do, and nothing of it is touched', async () => {
  writeFileSync(join(stateDir, 'history'), 'mine');
  const server = begin();
  await until('it is told', () => server.place.problem);
  expect(server.place.problem).toMatch(/cannot be used: a file of that name is there/);
  expect(readFileSync(join(stateDir, 'history'), 'utf8')).toBe('mine');
  rmSync(join(stateDir, 'history'));
  await isUp(server);
});
