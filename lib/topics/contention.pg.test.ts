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
import { type Row, type TopicId, topics } from './index';
import type { AnyTopic, Ok } from './topic';

const superuserPassword = 'only-for-this-test';

describe.each([14, 18])('PostgreSQL %i', (major) => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-contention-'));
  const sessions: pg.Client[] = [];
  let server: Embedded;
  let looker: pg.Client;
  let connections: ServerConnections;
  let sampler: Sampler;

  const connect = async (applicationName: string) => {
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
  const session = async () => {
    const client = await connect('shop');
    sessions.push(client);
    const { rows } = await client.query('select pg_backend_pid() as pid');
    const pid = rows[0].pid as number;
    const is = (so: string) =>
      until(
        async () =>
          (await looker.query(`select from pg_stat_activity where pid = $1 and (${so})`, [pid])).rowCount === 1,
        () => `the session is not as it should be: ${so}`,
      );
    return {
      client,
      pid,
      /** Sends it and does not wait for it: it is to wait itself. */
      async start(sql: string) {
        client.query(sql).catch(() => {});
        await is("wait_event_type = 'Lock'");
      },
      /** Waits until what it was sent is over. */
      over: () => is("state = 'idle'"),
    };
  };
  const read = async <Id extends TopicId>(id: Id): Promise<Row<Id>[]> => {
    const answer = await sampler.read(topics[id] as AnyTopic, null, { fresh: true, waitMs: 30_000 });
    expect(answer).toMatchObject({ status: 'ok' });
    return (answer as Ok).rows as Row<Id>[];
  };

  beforeAll(async () => {
    server = await startEmbedded({
      major,
      dataDir: join(folder, 'data'),
      temporary: true,
      superuserPassword,
      settings: { fsync: 'off', max_prepared_transactions: 2 },
    });
    looker = await connect('looker');
    await looker.query(`
      create role watcher login password 'watcher' in role pg_monitor;
      create table orders (id int primary key, note text);
      insert into orders select i, 'note' from generate_series(1, 1000) as i;
      create table quiet (id int primary key);
      analyze`);
    const target: Target = {
      host: server.host,
      port: server.port,
      database: 'postgres',
      user: 'watcher',
      password: 'watcher',
      tls: { mode: 'disable' },
    };
    connections = new ServerConnections(
      { id: 'tested', name: 'tested', environment: undefined, tags: [], demo: false, read: target, action: target },
      1,
    );
    sampler = new Sampler('tested', connections, topics, (error) => {
      throw error;
    });
  });
  afterEach(async () => {
    for (const client of sessions.splice(0)) client.end().catch(() => {});
    await until(
      async () => (await looker.query("select from pg_stat_activity where application_name = 'shop'")).rowCount === 0,
    );
  });
  afterAll(async () => {
    connections?.close();
    await looker?.end();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('an ALTER TABLE queued behind a forgotten transaction holds up readers that conflict with nothing held', async () => {
    const root = await session();
    await root.client.query("begin; update orders set note = 'new' where id = 1");
    const ddl = await session();
    await ddl.start('alter table orders add column more int');
    const reader = await session();
    await reader.start('select count(*) from orders');
    const writer = await session();
    await writer.start("update orders set note = 'x' where id = 2");

    const rows = await read('locks');
    expect(rows.map((row) => [row.pid, row.parent_pid, row.depth, row.frees])).toEqual([
      [root.pid, null, 0, 3],
      [ddl.pid, root.pid, 1, 2],
      [reader.pid, ddl.pid, 2, 0],
      [writer.pid, ddl.pid, 2, 0],
    ]);
    expect(rows[0]).toMatchObject({
      root: true,
      state: 'idle in transaction',
      holds: [{ mode: 'RowExclusiveLock', object: 'public.orders' }],
      waits_seconds: null,
    });
    expect(rows[1]).toMatchObject({ wants_mode: 'AccessExclusiveLock', wants_object: 'public.orders', holds: [] });
    expect(rows[2]).toMatchObject({ wants_mode: 'AccessShareLock', usename: 'postgres', application_name: 'shop' });
    for (const row of rows.slice(1)) expect(row.waits_seconds).toBeGreaterThan(0);
    expect((await read('sessions')).find((row) => row.pid === root.pid)?.blocks).toBe(3);
  });

  test('who waits for a row is shown with the table, and its holder with the transaction', async () => {
    const holder = await session();
    await holder.client.query("begin; update orders set note = 'new' where id = 1");
    const first = await session();
    await first.start("update orders set note = 'a' where id = 1");
    const second = await session();
    await second.start("update orders set note = 'b' where id = 1");
    const rows = await read('locks');
    expect(rows.map((row) => [row.pid, row.parent_pid, row.wants_object])).toEqual([
      [holder.pid, null, null],
      [first.pid, holder.pid, 'a row of public.orders'],
      [second.pid, first.pid, 'a row of public.orders'],
    ]);
    expect(rows[0]?.holds).toEqual([{ mode: 'ExclusiveLock', object: expect.stringMatching(/^transaction \d+$/) }]);
  });

  test('a prepared transaction is a root without a session', async () => {
    const preparer = await session();
    await preparer.client.query("begin; lock table orders; prepare transaction 'left behind'");
    const reader = await session();
    await reader.start('select count(*) from orders');
    const rows = await read('locks');
    await preparer.client.query("rollback prepared 'left behind'");
    expect(rows).toEqual([
      expect.objectContaining({ pid: 0, root: true, state: 'prepared transaction', frees: 1 }),
      expect.objectContaining({ pid: reader.pid, parent_pid: 0 }),
    ]);
  });

  test('an advisory lock is one', async () => {
    const holder = await session();
    await holder.client.query('select pg_advisory_lock(7)');
    const waiter = await session();
    await waiter.start('select pg_advisory_lock(7)');
    expect(await read('locks')).toMatchObject([
      { pid: holder.pid, holds: [{ mode: 'ExclusiveLock', object: 'advisory lock 0, 7' }] },
      { pid: waiter.pid, wants_object: 'advisory lock 0, 7' },
    ]);
  });

  test('a concurrent build that waits is under way; what its end leaves behind is not', async () => {
    const old = await session();
    await old.client.query("begin; update quiet set id = id; update orders set note = 'new' where id = 1");
    const builder = await session();
    await builder.start('create index concurrently orders_note on orders (note)');

    const building = (await read('index-usage')).find((row) => row.indexrelname === 'orders_note');
    expect(building).toMatchObject({ is_valid: false, is_building: true, build_pid: builder.pid });
    expect(await read('progress')).toMatchObject([
      {
        pid: builder.pid,
        command: 'CREATE INDEX CONCURRENTLY',
        phase: 'waiting for writers before build',
        relation: 'public.orders',
        index_relation: 'public.orders_note',
        unit: 'sessions',
        done: 0,
        total: 1,
        waits_for_pid: old.pid,
      },
    ]);

    await old.client.query(`select pg_cancel_backend(${builder.pid})`);
    await builder.over();
    const left = (await read('index-usage')).find((row) => row.indexrelname === 'orders_note');
    expect(left).toMatchObject({ is_valid: false, is_building: false, build_pid: null });

    const dropper = await session();
    await dropper.start('drop index concurrently orders_note');
    const dropping = (await read('index-usage')).find((row) => row.indexrelname === 'orders_note');
    expect(dropping).toMatchObject({ is_valid: false, is_building: true, build_pid: dropper.pid });
    await old.client.query('commit');
    await dropper.over();
    expect((await read('index-usage')).some((row) => row.indexrelname === 'orders_note')).toBe(false);
  });

  test('pg_locks is read only when somebody waits', async () => {
    const { client } = await session();
    const { rows } = await client.query(
      `explain (analyze, costs off, timing off, summary off) ${(topics.locks.sql as Record<number, string>)[14]}`,
    );
    const plan = rows.map((row) => row['QUERY PLAN'] as string);
    for (const [at, line] of plan.entries())
      if (/Function Scan on pg_lock_status/.test(line)) expect(plan[at]).toContain('never executed');
    expect(plan.filter((line) => /pg_lock_status/.test(line)).length).toBeGreaterThan(1);
  });
});
