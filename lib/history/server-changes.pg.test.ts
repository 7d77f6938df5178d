import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from '@/lib/topics/index';
import { type ChangesStore, ServerChanges } from './server-changes';
import { ServerHistory } from './server-history';
import { type StoreStage, startStore } from './test-stage';

const superuserPassword = 'only-for-this-test';
const looked = ['server', 'databases', 'wal', 'slow-queries', 'configuration', 'schema'] as const;

let stage: StoreStage;
beforeAll(async () => {
  stage = await startStore();
});
afterAll(() => stage?.stop());

test('however many pages are open, the store is asked once a second; what was written from here is there at once', async () => {
  let asked = 0;
  const store: ChangesStore = {
    query: (...statement) => {
      asked++;
      return stage.store.query(...statement);
    },
    transaction: stage.store.transaction,
  };
  const changes = new ServerChanges(() => ({ store, serverId: 99 }));
  const to = Date.now() / 1000 + 60;
  const read = () => changes.read({ from: 0, to, limit: 100 });
  await Promise.all(Array.from({ length: 50 }, read));
  // The second may end in between.
  expect(asked).toBeLessThanOrEqual(2);
  changes.add({ kind: 'failover', title: 'Another one answers' });
  await changes.settled();
  expect(await read()).toMatchObject({ events: [{ title: 'Another one answers' }] });
});

describe.each([14, 18])('PostgreSQL %i', (major) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-changes-'));
  const running: { sampler: Sampler; connections: ServerConnections }[] = [];
  let server: Embedded;
  let on = true;

  /** Runs statements in a session of their own: what a session counted is sure to be told when it ends. */
  const run = (...statements: string[]) => runIn('postgres', ...statements);
  const runIn = async (database: string, ...statements: string[]) => {
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: 'postgres',
      password: superuserPassword,
      database,
    });
    client.on('error', () => {});
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };

  beforeAll(async () => {
    server = await startEmbedded({
      major,
      dataDir: join(folder, 'data'),
      temporary: true,
      superuserPassword,
      settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements', autovacuum: 'off' },
    });
    await run(
      "create role watcher login password 'watcher' in role pg_monitor",
      'create extension pg_stat_statements',
      'create table orders (id bigint primary key)',
      'create table old (id bigint)',
    );
  });
  afterEach(() => {
    on = true;
    for (const { sampler, connections } of running.splice(0)) {
      sampler.stop();
      connections.close();
    }
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A pgdeck that has just started, on the store that is there. */
  const pgdeck = () => {
    const read: Target = {
      host: server.host,
      port: server.port,
      database: 'postgres',
      user: 'watcher',
      password: 'watcher',
      tls: { mode: 'disable' },
    };
    const config: ServerConfig = {
      id: 'tested',
      name: 'tested',
      environment: undefined,
      tags: [],
      demo: false,
      read,
      action: read,
    };
    const connections = new ServerConnections(config, 1);
    const changes = new ServerChanges(() => (on ? { store: stage.store, serverId: major } : undefined));
    const history = new ServerHistory('tested');
    history.take = (...taken) => changes.take(...taken);
    const bugs: unknown[] = [];
    const sampler = new Sampler('tested', connections, topics, (error) => bugs.push(error), history);
    running.push({ sampler, connections });
    const look = async () => {
      for (const id of looked)
        expect(await sampler.read(topics[id], null, { fresh: true, waitMs: 30_000 }), id).toMatchObject({
          status: 'ok',
        });
      await changes.settled();
      expect(bugs).toEqual([]);
    };
    const events = async () => (await changes.read({ from: 0, to: Date.now() / 1000 + 60, limit: 100 })).events;
    const lookInto = async (database: string) => {
      expect(await sampler.read(topics.schema, database, { fresh: true, waitMs: 30_000 })).toMatchObject({
        status: 'ok',
      });
      await changes.settled();
    };
    return { changes, look, lookInto, events };
  };
  const titles = async ({ events }: ReturnType<typeof pgdeck>) =>
    (await events()).map(({ kind, title }) => `${kind}: ${title}`).sort();

  /** Statistics are told a little later, by PostgreSQL 14 up to half a second. */
  const lookUntil = async (one: ReturnType<typeof pgdeck>, events: number) => {
    for (let times = 0; times < 60 && (await one.events()).length < events; times++) {
      await sleep(200);
      await one.look();
    }
  };

  const first = [
    'extension: extension citext 1.6 created',
    'role: role app created',
    'role: role watcher: now connection limit 9',
    'schema: database shop created',
    'schema: index orders_note on orders created',
    'schema: table fresh created',
    'schema: table old dropped',
    'schema: table orders: column note added; constraint positive added',
    'setting: database postgres: work_mem set to 7MB',
    'setting: max_connections is changed in the configuration and waits for a restart',
    'setting: random_page_cost 4 → 1.1',
    'stats_reset: Statistics of database postgres reset',
  ];

  test('what changed is told, each once; the first look is no change', async () => {
    const one = pgdeck();
    await one.look();
    expect(await titles(one)).toEqual([]);
    await one.look();
    expect(await titles(one)).toEqual([]);

    await run(
      'alter system set random_page_cost = 1.1',
      'alter system set max_connections = 155',
      'select pg_reload_conf()',
      'alter database postgres set work_mem = $$7MB$$',
      "create role app login password 'Hunter2'",
      'alter role watcher connection limit 9',
      'create extension citext version $$1.6$$',
      'alter table orders add column note text',
      'alter table orders add constraint positive check (id > 0)',
      'create index orders_note on orders (lower(note))',
      'create table fresh (id bigint generated always as identity primary key)',
      'drop table old',
      'create database shop',
      'select pg_stat_reset()',
    );
    await lookUntil(one, first.length);
    expect(await titles(one)).toEqual(first);
    await one.look();
    expect(await titles(one)).toEqual(first);
    const all = await one.events();
    expect(all.find(({ kind }) => kind === 'setting')?.detail).not.toHaveProperty('since');
    expect(JSON.stringify(all)).not.toContain('Hunter2');
  });

  test('a pgdeck that was away tells what changed meanwhile and since when it may have', async () => {
    await run('alter system reset random_page_cost', 'select pg_reload_conf()', 'drop table fresh');
    const one = pgdeck();
    // As if it had been away for a day.
    await stage.store.query(
      `update pgdeck.remembered_state set taken_at = taken_at - interval '1 day' where server_id = $1`,
      [major],
    );
    await one.look();
    const later = ['schema: table fresh dropped', 'setting: random_page_cost 1.1 → 4'];
    expect(await titles(one)).toEqual([...first, ...later].sort());
    const dropped = (await one.events()).find(({ title }) => title === 'table fresh dropped');
    expect(Date.now() - Date.parse(String(dropped?.detail.since))).toBeGreaterThan(86_000_000);
    expect(dropped?.detail.database).toBe('postgres');
  });

  test('two instances on one store tell a change once; a page goes on where the one before ended', async () => {
    const [one, two] = [pgdeck(), pgdeck()];
    await Promise.all([one.look(), two.look()]);
    const before = (await titles(one)).length;
    await run('create table twice (id int)');
    await lookUntil(one, before + 1);
    await Promise.all([one.look(), two.look()]);
    await Promise.all([one.look(), two.look()]);
    expect(await titles(two)).toHaveLength(before + 1);

    const read: string[] = [];
    let to = Date.now() / 1000 + 60;
    for (let page = 0; page < 20; page++) {
      const { events, next } = await two.changes.read({ from: 0, to, limit: 3 });
      read.push(...events.map(({ id }) => id));
      if (next === null) break;
      to = next;
    }
    expect(read).toHaveLength(before + 1);
    expect(new Set(read).size).toBe(before + 1);
    const roles = await two.changes.read({ from: 0, to: Date.now() / 1000, limit: 10, kind: 'role' });
    expect(roles.events).toHaveLength(2);
  });

  test('a change in another database says where', async () => {
    const one = pgdeck();
    await one.lookInto('shop');
    const before = (await titles(one)).length;
    await runIn('shop', 'create table elsewhere (id int)');
    for (let times = 0; times < 60 && (await titles(one)).length === before; times++) {
      await sleep(200);
      await one.lookInto('shop');
    }
    expect((await one.events())[0]).toMatchObject({
      title: 'table elsewhere created (database shop)',
      detail: { database: 'shop' },
    });
    expect(await titles(one)).toHaveLength(before + 1);
  });

  test('while the store is off changes are told from memory, and written once when it is on', async () => {
    const one = pgdeck();
    await one.look();
    const before = await titles(one);
    on = false;
    one.changes.add({ kind: 'deploy', title: 'deploy 42', actor: 'local' });
    await run('alter system set random_page_cost = 2', 'select pg_reload_conf()');
    await lookUntil(one, 2);
    // What only the store knows is not there.
    expect(await titles(one)).toEqual(['deploy: deploy 42', 'setting: random_page_cost 4 → 2']);
    on = true;
    await one.look();
    const after = [...before, 'deploy: deploy 42', 'setting: random_page_cost 4 → 2'].sort();
    expect(await titles(one)).toEqual(after);
    expect(await titles(pgdeck())).toEqual(after);
  });

  test('a restart, a promotion and the settings that came with it', async () => {
    const one = pgdeck();
    await one.look();
    // Recovery throws statistics away, which is told, too.
    const others = async (of: typeof one) => (await titles(of)).filter((title) => !title.startsWith('stats_reset'));
    const before = await others(one);
    const signal = join(server.dataDir, 'standby.signal');
    writeFileSync(signal, '');
    const { uid, gid } = statSync(server.dataDir);
    chownSync(signal, uid, gid);
    await server.restart();
    const two = pgdeck();
    await two.look();
    await two.look();
    const restarted = [
      'failover: The server is a standby now',
      'restart: Server restarted',
      'setting: max_connections 100 → 155',
    ];
    expect(await others(two)).toEqual([...before, ...restarted].sort());
    const restart = (await two.events()).find(({ kind }) => kind === 'restart');
    expect(new Date((restart?.at ?? 0) * 1000).toISOString()).toBe(restart?.detail.after);

    await run('select pg_promote()');
    await two.look();
    expect(await others(two)).toEqual(
      [...before, ...restarted, 'failover: The standby was promoted: it is the primary now'].sort(),
    );
  });
});
