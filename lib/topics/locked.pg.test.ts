import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { until } from '@/lib/history/test-stage';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from './index';
import type { Answer, AnyTopic, Ok, Unavailable } from './topic';

const superuserPassword = 'only-for-this-test';
const all = (Object.values(topics) as AnyTopic[]).filter((topic) => !topic.console);
/** A question may take its own 4 s, a page waits no longer than this for it. */
const promisedMs = 4500;

describe.each([14, 18])('PostgreSQL %i never makes a page wait', (major) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-locked-'));
  const holders: pg.Client[] = [];
  let server: Embedded;
  let looker: pg.Client;
  let connections: ServerConnections;
  let sampler: Sampler;
  let bugs: unknown[];

  const open = async (applicationName: string) => {
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: 'postgres',
      password: superuserPassword,
      database: 'postgres',
      application_name: applicationName,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const connect = async () => {
    const client = await open('holder');
    holders.push(client);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    return { client, pid: rows[0].pid as number };
  };
  // Of the functions beneath the view, which no lock on a catalog holds up.
  const sessions = (so: string) =>
    looker.query(`select from pg_stat_get_activity(null) where application_name = 'holder' and ${so}`);
  const waits = (pid: number) =>
    until(async () => (await sessions(`pid = ${pid} and wait_event_type = 'Lock'`)).rowCount === 1);
  const release = async () => {
    await Promise.all(holders.splice(0).map((client) => client.end().catch(() => {})));
    await until(async () => (await sessions('true')).rowCount === 0);
  };

  beforeAll(async () => {
    server = await startEmbedded({
      major,
      dataDir: join(folder, 'data'),
      temporary: true,
      superuserPassword,
      settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements' },
    });
    looker = await open('looker');
    // What it asks needs no name of a catalog looked up any more.
    await sessions('true');
    const { client } = await connect();
    await client.query(`
      create extension pg_stat_statements;
      create role watcher login password 'watcher' in role pg_monitor;
      create table orders (id int primary key, note text);
      create table other (id int primary key);
      create table parted (id int) partition by range (id);
      create table parted_1 partition of parted for values from (0) to (10);
      insert into orders select i, 'note' from generate_series(1, 1000) as i;
      insert into other select i from generate_series(1, 1000) as i;
      analyze`);
    await release();
    const read: Target = {
      host: server.host,
      port: server.port,
      database: 'postgres',
      user: 'watcher',
      password: 'watcher',
      tls: { mode: 'disable' },
    };
    connections = new ServerConnections(
      { id: 'tested', name: 'tested', environment: undefined, tags: [], demo: false, read, action: read },
      1,
    );
    bugs = [];
    sampler = new Sampler('tested', connections, topics, (error) => bugs.push(error));
    // Somebody has looked at everything before the trouble begins.
    for (const topic of all)
      expect(await sampler.read(topic, null, { waitMs: 30_000 })).toMatchObject({ status: 'ok' });
  });
  afterEach(async () => {
    await release();
    expect(bugs).toEqual([]);
  });
  afterAll(async () => {
    connections?.close();
    await looker?.end();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Asks every topic anew, as its page would; each must answer in time. */
  const readAll = async (): Promise<Record<string, Answer>> => {
    const answers: Record<string, Answer> = {};
    for (const topic of all) {
      const started = performance.now();
      answers[topic.id] = await sampler.read(topic, null, { fresh: true, waitMs: promisedMs });
      expect(performance.now() - started, topic.id).toBeLessThan(promisedMs + 10_000);
    }
    return answers;
  };
  const expectAllOk = (answers: Record<string, Answer>) => {
    for (const [id, answer] of Object.entries(answers)) expect(answer.status, `${id}: ${hintOf(answer)}`).toBe('ok');
  };
  const partialOf = (answer: Answer | undefined) => (answer as Ok).partial ?? [];

  const expectTableNamed = (answers: Record<string, Answer>, pid: number) => {
    expectAllOk(answers);
    for (const id of ['tables', 'index-usage'])
      expect(partialOf(answers[id]), id).toContainEqual(
        expect.objectContaining({ reason: 'locked', object: 'public.orders', blockedBy: [pid] }),
      );
    const tables = (answers.tables as Ok).rows;
    expect(tables.find((row) => row.relname === 'orders')).toMatchObject({ size_exact: false, locked_by: [pid] });
    expect(tables.find((row) => row.relname === 'orders')?.total_bytes).toBeGreaterThan(0);
    expect(tables.find((row) => row.relname === 'other')).toMatchObject({ size_exact: true, locked_by: [] });
  };

  test('while ACCESS EXCLUSIVE is held on a table', async () => {
    const { client, pid } = await connect();
    await client.query('begin; lock table orders in access exclusive mode');
    expectTableNamed(await readAll(), pid);
  });

  test('while ACCESS EXCLUSIVE is only queued behind a reader', async () => {
    const reader = await connect();
    await reader.client.query('begin; select count(*) from orders');
    const { client, pid } = await connect();
    client.query('alter table orders add column more int').catch(() => {});
    await waits(pid);
    const answers = await readAll();
    expectTableNamed(answers, pid);
    expect((answers.locks as Ok).rows).toEqual([
      expect.objectContaining({ pid: reader.pid, root: true, frees: 1 }),
      expect.objectContaining({
        pid,
        parent_pid: reader.pid,
        wants_mode: 'AccessExclusiveLock',
        wants_object: 'public.orders',
      }),
    ]);
  });

  test('while a table is dropped in an open transaction', async () => {
    const { client, pid } = await connect();
    await client.query('begin; drop table orders');
    expectTableNamed(await readAll(), pid);
  });

  test.each([
    ['pg_class', ['tables', 'table-sizes', 'partitions', 'index-usage', 'cache-hit-ratio']],
    ['pg_database', ['databases', 'database-sizes', 'configuration']],
    ['pg_authid', ['configuration']],
  ])('while %s is locked', async (catalog, mayBeUnavailable) => {
    const waiter = await connect();
    const { client, pid } = await connect();
    await client.query(`begin; lock table pg_catalog.${catalog} in access exclusive mode`);
    waiter.client.query(`select count(*) from pg_catalog.${catalog}`).catch(() => {});
    await waits(waiter.pid);
    const answers = await readAll();
    for (const [id, answer] of Object.entries(answers)) {
      if (answer.status === 'ok') continue;
      expect(mayBeUnavailable, `${id}: ${hintOf(answer)}`).toContain(id);
      expect(answer).toMatchObject({ reason: 'locked', hint: expect.stringContaining(String(pid)) });
      expect(answer.hint).toContain(`pg_catalog.${catalog}`);
      expect((answer as Unavailable).last?.rows.length).toBeGreaterThan(0);
    }
    expect((answers.sessions as Ok).rows).toContainEqual(
      expect.objectContaining({ pid, usename: 'postgres', datname: 'postgres', state: 'idle in transaction' }),
    );
    // The lock tree names the catalog, though nobody can look the name up.
    expect((answers.locks as Ok).rows).toContainEqual(
      expect.objectContaining({ pid: waiter.pid, parent_pid: pid, wants_object: `pg_catalog.${catalog}` }),
    );
  });
});

const hintOf = (answer: Answer) => (answer.status === 'ok' ? '' : answer.hint);
