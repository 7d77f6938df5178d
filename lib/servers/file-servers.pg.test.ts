import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessTo } from '@/lib/access/server-access';
import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import { Audit } from '@/lib/audit/audit';
import { AnswerCache } from '@/lib/cache/answer-cache';
import { readConfig } from '@/lib/config';
import { History } from '@/lib/history/history';
import { startWatched, type WatchStage } from '@/lib/history/test-watch';
import { log } from '@/lib/metrics/log';
import { ownMetrics } from '@/lib/metrics/own';
import { Runner } from '@/lib/runner/runner';
import type { Server } from '@/lib/runtime';
import { topics } from '@/lib/topics/index';
import { FileServers } from './file-servers';
import { beginServer, makeServer, restServer } from './server';

const admin: User = { name: 'local', role: 'admin', mode: 'local' };
let watched: WatchStage;
let elsewhere: WatchStage;
let folder: string;
let file: string;
let deck: ReturnType<typeof start>;

beforeAll(async () => {
  [watched, elsewhere] = await Promise.all([startWatched(18), startWatched(14)]);
  // An index on a function that is slow for the runner only makes ANALYZE as slow as we like.
  await watched.run('create database books');
  await watched.run(`alter role watcher superuser;
    create function public.slowly(id int) returns int language plpgsql immutable as $$ begin
      if current_setting('application_name') like 'pgdeck:act:%' then perform pg_sleep(0.02); end if;
      return id;
    end $$;
    create table public.slow as select generate_series(1, 3000) as id;
    create index on public.slow (public.slowly(id))`);
  await watched.run("create role watcher_2 login password 'other' in role pg_monitor");
  await watched.run("create role watcher_3 login superuser password 'other'");
});
afterAll(async () => {
  await Promise.all([watched?.stop(), elsewhere?.stop()]);
});
beforeEach(() => {
  log.level = 'silent';
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-servers-'));
  file = join(folder, 'pgdeck.config.json');
});
afterEach(async () => {
  for (const server of deck.servers.values()) {
    restServer(server);
    server.connections.close();
  }
  await deck.audit.close();
  rmSync(folder, { recursive: true, force: true });
  // The next test counts its own only.
  await expect.poll(async () => [...(await sessions()), ...(await sessions(elsewhere))]).toEqual([]);
});

const urlOf = (
  { config: { read } }: WatchStage,
  { database = 'postgres', user = 'watcher', password = 'watched' } = {},
) => `postgres://${user}:${password}@${read.host}:${read.port}/${database}?sslmode=disable`;
const write = (...servers: object[]) => writeFileSync(file, JSON.stringify({ servers }), { mode: 0o600 });

const start = (...first: object[]) => startWith({}, ...first);

/** The parts of a pgdeck that the instrumentation would start. */
function startWith(settings: Record<string, string>, ...first: object[]) {
  write(...first);
  const env = { PGDECK_CONFIG: file, PGDECK_STATE_DIR: folder, PGDECK_HISTORY: 'off', ...settings };
  const config = readConfig(env);
  const history = new History(config.history, { kind: 'off', notices: [] });
  const cache = new AnswerCache(config.cache);
  const audit = new Audit(folder);
  const servers = new Map<string, Server>();
  for (const server of config.servers) servers.set(server.id, makeServer(server, { config, history, cache }));
  const runner = new Runner(() => ({ config, servers, audit, history }));
  const list = new FileServers(file, env, { config, servers, history, cache, runner, audit });
  for (const server of servers.values()) beginServer(server);
  return { list, config, servers, runner, audit, history, cache };
}

const of = (id: string): Server => {
  const server = deck.servers.get(id);
  if (!server) throw new Error(`no ${id}`);
  return server;
};
const connected = (id: string) => expect.poll(() => of(id).connections.capabilities?.version).toBeDefined();
/** pgdeck's own sessions for questions, as the server has them. */
const sessions = async (stage = watched) => {
  const rows = await stage.run<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'pgdeck' order by backend_start, pid",
  );
  return rows.map(({ pid }) => pid);
};
const events = async () => {
  const { entries } = await deck.audit.read({ limit: 100 });
  return entries.reverse().map(({ event, server, message }) => [event, server, message]);
};

test('read again and again under load, what stays the same keeps its connections, its snapshots and its memory', async () => {
  const shop = { id: 'shop', url: urlOf(watched) };
  deck = start(shop);
  await connected('shop');
  const server = of('shop');
  for (const id of ['sessions', 'databases', 'slow-queries'] as const)
    await expect.poll(async () => (await server.sampler.read(topics[id], null)).status).toBe('ok');
  const before = await sessions();
  expect(before.length).toBeGreaterThan(0);
  const memory = deck.history.of('shop');
  let answers = 0;
  let reading = true;
  const readers = Array.from({ length: 20 }, async () => {
    while (reading) {
      const { sampler } = of('shop');
      for (const id of ['sessions', 'databases'] as const) {
        expect((await sampler.read(topics[id], null)).status).toBe('ok');
        answers++;
      }
      await sleep(1);
    }
  });
  for (let turn = 0; turn < 50; turn++) {
    write(
      { ...shop, name: `Shop ${turn}`, tags: [`t${turn}`] },
      { id: 'books', url: urlOf(watched, { database: 'books' }) },
    );
    if (turn % 5 === 4) write({ ...shop, name: `Shop ${turn}` });
    await deck.list.reload();
    expect(of('shop').config.name).toBe(`Shop ${turn}`);
    await sleep(5);
  }
  reading = false;
  await Promise.all(readers);
  expect(answers).toBeGreaterThan(500);
  expect(of('shop')).toBe(server);
  expect(deck.history.of('shop')).toBe(memory);
  expect([...deck.servers.keys()]).toEqual(['shop']);
  expect(await sessions()).toEqual(expect.arrayContaining(before));
  // What was added and removed on the way left nothing behind.
  await expect.poll(() => watched.run("select 1 from pg_stat_activity where datname = 'books'")).toEqual([]);
});

test('added servers are asked, removed ones are left, and the order is that of the file', async () => {
  const shop = { id: 'shop', url: urlOf(watched) };
  const old = { id: 'old', url: urlOf(elsewhere) };
  deck = start(shop, old);
  await Promise.all([connected('shop'), connected('old')]);
  const kept = { kind: 'lists' as const, database: null, name: 'kept' };
  for (const server of ['shop', 'old']) await deck.cache.read({ ...kept, server }, async () => ({}));
  const counted = async () => {
    const text = await ownMetrics().registry.metrics();
    return ['shop', 'old'].filter((id) => text.includes(`pgdeck_statement_duration_seconds_count{server="${id}"`));
  };
  await expect.poll(counted).toEqual(['shop', 'old']);
  write({ id: 'books', url: urlOf(watched, { database: 'books' }), actionUrl: urlOf(watched) }, shop);
  expect(await deck.list.reload()).toEqual([
    'PGDECK_CONFIG was read again. Added: books. Removed: old.',
    expect.stringContaining('books and shop are at the same address'),
  ]);
  expect([...deck.servers.keys()]).toEqual(['books', 'shop']);
  await connected('books');
  await expect.poll(() => of('books').sampler.latest('sessions')?.status).toBe('ok');
  expect([...deck.history.servers()].map(({ id }) => id).sort()).toEqual(['books', 'shop']);
  expect(deck.cache.figures().map(({ server, entries }) => [server, entries])).toEqual([['shop', 1]]);
  await expect.poll(() => sessions(elsewhere)).toEqual([]);
  expect(await counted()).toEqual(['shop']);
  expect(await events()).toEqual([
    ['config_reloaded', undefined, 'PGDECK_CONFIG was read again. Added: 1, changed: 0, removed: 1.'],
    ['config_reloaded', 'books', 'Added in PGDECK_CONFIG.'],
    ['config_reloaded', 'old', 'Removed from PGDECK_CONFIG.'],
  ]);
});

test('a changed role signs in anew and keeps what is known; another address forgets it', async () => {
  deck = start({ id: 'shop', url: urlOf(watched) });
  await connected('shop');
  const server = of('shop');
  await expect.poll(() => server.sampler.latest('sessions')?.status).toBe('ok');
  const before = await sessions();
  write({ id: 'shop', url: urlOf(watched, { user: 'watcher_2', password: 'other' }) });
  await deck.list.reload();
  expect(of('shop')).toBe(server);
  const users = async () =>
    (
      await watched.run<{ usename: string }>("select usename from pg_stat_activity where application_name = 'pgdeck'")
    ).map(({ usename }) => usename);
  await expect.poll(async () => [...new Set(await users())]).toEqual(['watcher_2']);
  expect((await sessions()).some((pid) => before.includes(pid))).toBe(false);
  expect(server.sampler.latest('sessions')?.status).toBe('ok');

  write({ id: 'shop', url: urlOf(elsewhere) });
  await deck.list.reload();
  expect(of('shop')).not.toBe(server);
  // Nothing of the first server is shown as the second one's.
  expect(of('shop').connections.capabilities).toBeUndefined();
  await connected('shop');
  expect(of('shop').connections.capabilities?.versionNum).toBeLessThan(150_000);
  await expect.poll(() => sessions()).toEqual([]);
  expect(await events()).toContainEqual(['config_reloaded', 'shop', 'Changed in PGDECK_CONFIG: url, actionUrl.']);
});

test('rules of access that were tightened hold at once, also for what was previewed before', async () => {
  const shop = { id: 'shop', url: urlOf(watched) };
  const ann: User = { name: 'ann', role: 'admin', mode: 'password' };
  deck = start({ ...shop, access: [{ who: ['user:ann'], role: 'admin' }] });
  await connected('shop');
  const [table] = await watched.run<{ oid: number }>("select 'public.slow'::regclass::oid::int as oid");
  const target = { kind: 'relation' as const, database: 'postgres', oid: table?.oid ?? 0 };
  const { previewId } = await deck.runner.preview('shop', { action: 'analyze', target }, ann);
  const tried = () => deck.runner.execute('shop', { previewId, idempotencyKey: 'x' }, ann);
  const seen = () => accessTo(ann, of('shop').config, deck.config.access);
  expect(seen()).toMatchObject({ role: 'admin', databases: undefined });
  write({ ...shop, access: [{ who: ['user:ann'], role: 'viewer', databases: ['books'] }] });
  await deck.list.reload();
  expect(seen()).toMatchObject({ role: 'viewer', databases: new Set(['books']) });
  await expect(tried()).rejects.toMatchObject({ status: 403 });
  write({ ...shop, access: [{ who: ['user:bob'], role: 'admin' }] });
  await deck.list.reload();
  expect(seen()).toBeUndefined();
  await expect(tried()).rejects.toMatchObject({ status: 404 });
});

test('a wrong file changes nothing, is told with all that is wrong, and is forgotten when it is mended', async () => {
  const shop = { id: 'shop', url: urlOf(watched) };
  deck = start(shop);
  await connected('shop');
  const before = await sessions();
  write({ ...shop, cpu: 4 }, { id: 'books', url: urlOf(watched), urlEnv: 'X' });
  const [said] = await deck.list.reload();
  expect(said).toContain('has 2 problems:');
  expect(said).toContain('The servers stay as they were.');
  expect(deck.list.refused?.problems).toEqual([
    'servers[0].cpu (line 1): this key is not known here. Did you mean cpus?',
    'servers[1].urlEnv (line 1): give url or urlEnv, not both.',
  ]);
  rmSync(file);
  await deck.list.reload();
  expect(deck.list.refused?.problems).toEqual(['it is not there; give its path.']);
  expect([...deck.servers.keys()]).toEqual(['shop']);
  expect(await sessions()).toEqual(expect.arrayContaining(before));
  write(shop);
  expect(await deck.list.reload()).toEqual(['PGDECK_CONFIG was read again. Nothing is different.']);
  expect(deck.list.refused).toBeUndefined();
  const written = await events();
  expect(written.map(([event]) => event)).toEqual(['config_refused', 'config_refused', 'config_reloaded']);
  expect(JSON.stringify(written)).not.toContain('watched@');
});

test('asked many times at once it is read once more after the first, never beside it', async () => {
  deck = start({ id: 'shop', url: urlOf(watched) });
  const told = await Promise.all(Array.from({ length: 10 }, () => deck.list.reload()));
  expect(new Set(told).size).toBe(1);
  await Promise.all([deck.list.reload(), deck.list.reload()]);
  expect(await events()).toHaveLength(2);
});

test('what runs on a removed server goes on and can be stopped; what waits there is not begun, and then it goes', async () => {
  const shop = { id: 'shop', url: urlOf(watched) };
  const other = { id: 'other', url: urlOf(elsewhere) };
  deck = start(shop, other);
  await connected('shop');
  const [table] = await watched.run<{ oid: number }>("select 'public.slow'::regclass::oid::int as oid");
  const target = { kind: 'relation' as const, database: 'postgres', oid: table?.oid ?? 0 };
  const begin = async () => {
    const { previewId } = await deck.runner.preview('shop', { action: 'analyze', target }, admin);
    return deck.runner.execute('shop', { previewId, idempotencyKey: previewId }, admin);
  };
  const { run } = await begin();
  expect(run.status).toBe('running');
  const { previewId } = await deck.runner.preview('shop', { action: 'analyze', target }, admin);

  write(other);
  expect(await deck.list.reload()).toEqual([
    'PGDECK_CONFIG was read again. Removed: shop.',
    'shop is watched until what runs on it has ended.',
  ]);
  expect([...deck.servers.keys()]).toEqual(['other', 'shop']);
  const refused = { status: 409, code: 'server_leaving' };
  await expect(begin()).rejects.toMatchObject(refused);
  await expect(deck.runner.execute('shop', { previewId, idempotencyKey: 'x' }, admin)).rejects.toMatchObject(refused);
  expect((await of('shop').sampler.read(topics.sessions, null)).status).toBe('ok');

  // It comes back, and is removed again, while that still runs.
  write(other, shop);
  await deck.list.reload();
  expect(of('shop').leaving).toBeUndefined();
  await sleep(700);
  write(other);
  await deck.list.reload();
  await sleep(700);
  expect(deck.servers.has('shop')).toBe(true);
  expect(deck.runner.run(run.runId).endedAt).toBeNull();

  await deck.runner.cancel(run.runId, admin);
  await expect.poll((): Run['status'] => deck.runner.run(run.runId).status).toBe('cancelled');
  await expect.poll(() => [...deck.servers.keys()]).toEqual(['other']);
  await expect.poll(() => sessions()).toEqual([]);
  expect([...deck.history.servers()].map(({ id }) => id)).toEqual(['other']);
});

// Fails without `refuseLeaving()` and `requireSameAddresses()` in `permitNow()`.
describe('what waited for its turn, or for the yes of another admin, is not done', () => {
  const shop = () => ({ id: 'shop', url: urlOf(watched) });
  test.each<[string, () => object, string]>([
    ['at another address', () => ({ id: 'shop', url: urlOf(elsewhere) }), 'Its address was changed in PGDECK_CONFIG.'],
    [
      'by another role',
      () => ({ ...shop(), actionUrl: urlOf(watched, { user: 'watcher_3', password: 'other' }) }),
      'The addresses of this server were changed in PGDECK_CONFIG since it was previewed.',
    ],
  ])('%s', async (_, changed, why) => {
    await watched.run(`drop table if exists public.waits, public.asked;
      create table public.waits as select 1 as id; create table public.asked as select 1 as id`);
    const state = () =>
      watched.run(`select pg_stat_get_analyze_count(oid)::int as analyzed, pg_relation_filenode(oid) as file
        from pg_class where oid in ('public.waits'::regclass, 'public.asked'::regclass) order by relname`);
    const before = await state();
    deck = startWith({ PGDECK_MAINTENANCE_MAX: '1', PGDECK_APPROVAL: 'typed' }, shop());
    await connected('shop');
    const begin = async (action: string, table: string) => {
      const [row] = await watched.run<{ oid: number }>('select $1::regclass::oid::int as oid', [`public.${table}`]);
      const target = { kind: 'relation' as const, database: 'postgres', oid: row?.oid ?? 0 };
      const { previewId, confirmText } = await deck.runner.preview('shop', { action, target }, admin);
      const body = { previewId, idempotencyKey: previewId, ...(confirmText !== undefined && { confirmText }) };
      return (await deck.runner.execute('shop', body, admin)).run;
    };
    const running = await begin('analyze', 'slow');
    const [queued, asked] = await Promise.all([begin('analyze', 'waits'), begin('vacuum-full', 'asked')]);
    expect([running, queued, asked].map(({ status }) => status)).toEqual(['running', 'queued', 'awaiting_approval']);

    write(changed());
    await deck.list.reload();
    await deck.runner.cancel(running.runId, admin);
    const refused = { status: 'nothing_done', message: `${why} Nothing was done.` };
    await expect.poll(() => deck.runner.run(queued.runId)).toMatchObject(refused);
    await deck.runner.approve(asked.runId, { ...admin, name: 'second' });
    await expect.poll(() => deck.runner.run(asked.runId)).toMatchObject(refused);
    expect(await state()).toEqual(before);
  });
});
