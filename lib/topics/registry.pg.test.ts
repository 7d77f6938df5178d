import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { until } from '@/lib/history/test-stage';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from './index';
import type { Answer, AnyTopic, Ok } from './topic';

const superuserPassword = 'only-for-this-test';
// What PgBouncer's console tells is asked of a real one in lib/pgbouncer/console.pg.test.ts: there is none before these servers.
const behindPooler = (Object.values(topics) as AnyTopic[]).filter((topic) => topic.console);
const all = (Object.values(topics) as AnyTopic[]).filter((topic) => !topic.console);

/** However busy the machine is. */
const patient = { waitMs: 30_000 };

/** A shop with a bit of everything: partitions, TOAST, strange names, an invalid index, statements, dead rows. */
const schema = `
create extension pg_stat_statements;
create role watcher login password 'watcher' in role pg_monitor;
create role shop_app login password 'shop_app';
create schema shop;
create table shop.orders (id bigint primary key, customer int, note text, at timestamptz default now());
create index orders_customer on shop.orders (customer) include (at);
create index orders_note on shop.orders (lower(note)) where id > 3;
insert into shop.orders select i, i % 100, repeat(md5(i::text), 200) from generate_series(1, 3000) as i;
delete from shop.orders where id % 3 = 0;
create table shop.events (at timestamptz, x int) partition by range (at);
create table shop.events_1 partition of shop.events for values from ('2026-01-01') to ('2026-02-01');
create table shop.events_2 partition of shop.events for values from ('2026-02-01') to ('2026-03-01');
create index on shop.events (at);
create index events_on_only on only shop.events (x);
insert into shop.events select '2026-01-05', i from generate_series(1, 1000) as i;
create table shop."we""ird; drop
é" (a int);
create materialized view shop.totals as select count(*) from shop.orders;
create function shop.slowly(i int) returns int language plpgsql immutable as $$ begin perform pg_sleep(0.02); return i; end $$;
create table shop.large as select i from generate_series(1, 5000) as i;
create table shop.swept as select i from generate_series(1, 60000) as i;
analyze;
`;

describe.each([14, 15, 16, 17, 18])('PostgreSQL %i', (major) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-registry-'));
  const open: { end(): Promise<void> }[] = [];
  let server: Embedded;

  const connect = async (database = 'postgres', application_name = 'test') => {
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: 'postgres',
      password: superuserPassword,
      database,
      application_name,
    });
    client.on('error', () => {});
    await client.connect();
    open.push(client);
    return client;
  };
  /** Waits until there is such a row. */
  const is = async (row: string) => {
    const looker = await connect('postgres', 'looker');
    await until(
      async () => (await looker.query(`select ${row}`)).rows.length > 0,
      () => `there is no row: ${row}`,
    );
    await looker.end();
  };
  /** Runs it in a session of its own, for as long as the tests need it. */
  const inBackground = async (sql: string, application_name: string, settings = 'select') => {
    const client = await connect('postgres', application_name);
    await client.query(settings);
    client.query(sql).catch(() => {});
  };

  beforeAll(async () => {
    server = await startEmbedded({
      major,
      dataDir: join(folder, 'data'),
      temporary: true,
      superuserPassword,
      settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements', max_prepared_transactions: 2 },
    });
    const admin = await connect();
    await admin.query(schema);
    await admin.query("select pg_create_physical_replication_slot('kept', true)");
    await admin.query('begin; select * from shop.orders where id = 4 for update');
    const waits = (name: string) =>
      is(`from pg_stat_activity where application_name = '${name}' and wait_event_type = 'Lock'`);
    await inBackground('alter table shop.orders add column x int', 'migration');
    await waits('migration');
    await inBackground('select count(*) from shop.orders', 'reader');
    await waits('reader');
    const slowly = 'set vacuum_cost_delay = 100; set vacuum_cost_limit = 1; set vacuum_cost_page_hit = 10';
    await inBackground('vacuum shop.swept', 'vacuum', slowly);
    await inBackground('create index slow on shop.large (shop.slowly(i))', 'build');
    await inBackground("copy (select pg_sleep(0.05) from generate_series(1, 10000)) to '/dev/null'", 'copy');
    for (const command of ['vacuum', 'create_index', 'copy']) await is(`from pg_stat_progress_${command}`);
  });
  afterAll(async () => {
    for (const client of open) client.end().catch(() => {});
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const watch = (user: string, password: string, database = 'postgres') => {
    const target: Target = {
      host: server.host,
      port: server.port,
      database,
      user,
      password,
      tls: { mode: 'disable' },
    };
    const config: ServerConfig = {
      id: 'tested',
      name: 'tested',
      environment: undefined,
      tags: [],
      demo: false,
      read: target,
      action: target,
    };
    const connections = new ServerConnections(config, 1);
    const bugs: unknown[] = [];
    const sampler = new Sampler('tested', connections, topics, (error) => bugs.push(error));
    open.push({ end: async () => connections.close() });
    return { sampler, bugs, connections };
  };

  const expectSound = (topic: AnyTopic, answer: Ok) => {
    const columns = new Set(Object.keys(topic.row.shape));
    for (const counter of topic.counters ?? []) columns.add(`${counter}_per_second`);
    for (const row of answer.rows) {
      topic.row.parse(row);
      expect(Object.keys(row).filter((column) => !columns.has(column))).toEqual([]);
    }
    const keys = answer.rows.map((row) => JSON.stringify(topic.key.map((column) => row[column])));
    expect(new Set(keys).size).toBe(keys.length);
    for (const series of topic.series ?? []) expect(series.point(answer.rows)).toHaveLength(series.columns.length);
  };

  describe.each([
    ['superuser', 'postgres', superuserPassword],
    ['pg_monitor', 'watcher', 'watcher'],
  ])('%s', (_, user, password) => {
    let watched: ReturnType<typeof watch>;
    beforeAll(() => {
      watched = watch(user, password);
    });

    test.each(all.map((topic) => [topic.id, topic] as const))('%s', async (id, topic) => {
      const answer = await watched.sampler.read(topic, null, patient);
      expect(watched.bugs).toEqual([]);
      expect(answer).toMatchObject({
        topic: id,
        status: 'ok',
        database: topic.scope === 'database' ? 'postgres' : null,
      });
      expect((answer as Ok).rows.length).toBeGreaterThan(0);
      expect((answer as Ok).partial?.filter((part) => part.reason !== 'locked') ?? []).toEqual([]);
      expectSound(topic, answer as Ok);
    });

    test.each(behindPooler.map((topic) => [topic.id, topic] as const))(
      '%s has no PgBouncer to ask',
      async (_id, topic) => {
        const answer = await watched.sampler.read(topic, null);
        expect(watched.bugs).toEqual([]);
        expect(answer).toMatchObject({ status: 'unavailable', reason: 'setting' });
        expect(watched.sampler.state()).toBe('ok');
      },
    );

    test('a second reading has rates', async () => {
      await sleep(50);
      const answer = (await watched.sampler.read(topics.databases, null, { fresh: true, ...patient })) as Ok;
      expect(answer.rows[0]?.xact_commit_per_second).toBeTypeOf('number');
      expect(answer.windowSeconds).toBeGreaterThan(0);
    });
  });

  // The oldest and the newest stand for those between.
  if (major === 14 || major === 18)
    test('an ordinary role is told what it cannot see', async () => {
      const { sampler, bugs } = watch('shop_app', 'shop_app');
      const answers: Record<string, Answer> = {};
      const hidden: Record<string, (string | undefined)[]> = {};
      for (const topic of all) {
        const answer = await sampler.read(topic, null, patient);
        answers[topic.id] = answer;
        // Where nearly all would be missing there is no answer rather than a small one.
        if (topic.requires.some((requirement) => 'privilege' in requirement)) {
          expect(answer, topic.id).toMatchObject({
            status: 'unavailable',
            reason: 'privilege',
            fixSql: 'grant pg_monitor to shop_app;',
          });
          continue;
        }
        expect(answer, topic.id).toMatchObject({ status: 'ok' });
        expectSound(topic, answer as Ok);
        const parts = (answer as Ok).partial?.filter((part) => part.reason === 'privilege') ?? [];
        if (parts.length > 0) hidden[topic.id] = parts.map((part) => part.fixSql);
      }
      expect(bugs).toEqual([]);
      const grant = ['grant pg_monitor to shop_app;'];
      expect(hidden).toEqual({
        connections: grant,
        sessions: grant,
        locks: grant,
        progress: grant,
        'slow-queries': grant,
        'statement-counters': grant,
      });
      // The catalogs and pg_locks are open to everybody.
      expect((answers.locks as Ok).rows.some((row) => row.wants_mode === 'AccessExclusiveLock')).toBe(true);
      expect((answers.tables as Ok).rows.length).toBeGreaterThan(3);
    });

  test('without pg_stat_statements the answer says how to get it', async () => {
    const admin = await connect();
    await admin.query('create database bare');
    const { sampler } = watch('watcher', 'watcher', 'bare');
    expect(await sampler.read(topics['slow-queries'], null, patient)).toMatchObject({
      status: 'unavailable',
      reason: 'extension',
      fixSql: 'create extension if not exists pg_stat_statements;',
    });
    expect(await sampler.read(topics.tables, null, patient)).toMatchObject({
      status: 'ok',
      database: 'bare',
      rows: [],
    });
  });

  if (major === 18)
    test.each(['1.9', '1.10', '1.11'])(
      'an older pg_stat_statements %s in a schema of its own is asked for what it has',
      async (version) => {
        const database = `older_${version.replace('.', '_')}`;
        await (await connect()).query(`create database ${database}`);
        const there = await connect(database);
        await there.query(
          `create schema "Odd Schema"; create extension pg_stat_statements with schema "Odd Schema" version '${version}'; grant usage on schema "Odd Schema" to watcher`,
        );
        const { sampler, bugs } = watch('watcher', 'watcher', database);
        const answer = await sampler.read(topics['slow-queries'], null, patient);
        expect(bugs).toEqual([]);
        expect(answer).toMatchObject({ status: 'ok' });
        expectSound(topics['slow-queries'], answer as Ok);
      },
    );
});
