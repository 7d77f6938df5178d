import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { targetFromUrl } from '@/lib/postgres/target';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from '@/lib/topics/index';
import type { Answer, AnyTopic, Ok, Unavailable } from '@/lib/topics/topic';
import { hasPgBouncer, TestPgBouncer } from './test-pgbouncer';

const superuserPassword = 'only-for-this-test';
const consoleTopics = (Object.values(topics) as AnyTopic[]).filter((topic) => topic.console);

// Without PgBouncer there is nothing to ask.
describe.skipIf(!hasPgBouncer)("PgBouncer's console", () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-console-'));
  let server: Embedded;
  let pooler: TestPgBouncer;
  const open: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await startEmbedded({
      major: 15,
      dataDir: join(folder, 'data'),
      temporary: true,
      superuserPassword,
      settings: { fsync: 'off' },
    });
    const admin = new pg.Client({ ...direct(), password: superuserPassword });
    await admin.connect();
    await admin.query("create role shop_app login password 'shop'");
    await admin.query('create database shop owner shop_app');
    await admin.end();
    const { host, port } = server;
    pooler = await TestPgBouncer.start({
      databases: {
        store: { host, port, dbname: 'shop', user: 'shop_app', more: 'password=shop pool_size=2' },
        elsewhere: { host: 'db.example', port, dbname: 'shop', user: 'shop_app' },
      },
      users: { looker: "looker's", boss: 'boss', ann: 'ann', stranger: 'stranger' },
      settings: { admin_users: 'boss', stats_users: 'looker', pool_mode: 'transaction' },
    });
  });
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });
  afterAll(async () => {
    await pooler?.remove();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const direct = (): Omit<Target, 'tls' | 'password'> => ({
    host: server.host,
    port: server.port,
    database: 'postgres',
    user: 'postgres',
  });
  const watch = (pgbouncer: Target | undefined, own: Partial<ServerConfig> = {}) => {
    const read: Target = { ...direct(), password: superuserPassword, tls: { mode: 'disable' } };
    const config: ServerConfig = {
      ...{ id: 'tested', name: 'tested', environment: undefined, tags: [], demo: false },
      ...{ read, action: read, pgbouncer },
      ...own,
    };
    const connections = new ServerConnections(config, 1);
    const bugs: unknown[] = [];
    const sampler = new Sampler('tested', connections, topics, (error) => bugs.push(error));
    open.push(
      () => sampler.stop(),
      () => connections.close(),
    );
    return { sampler, bugs, config, connections };
  };
  const at = (user: string, password = pooler.setup.users[user]) => ({
    ...targetFromUrl('pgbouncerUrl', pooler.url(user)),
    password,
  });
  const client = async (statement = 'select 1') => {
    const one = new pg.Client({
      connectionString: pooler.url('ann', 'store'),
      application_name: 'shop-api',
      connectionTimeoutMillis: 30_000,
    });
    one.on('error', () => {});
    await one.connect();
    open.push(() => one.end().catch(() => {}));
    // A client that waits is answered when another lets go.
    const answered = one.query(statement).then(
      () => true,
      () => false,
    );
    return { one, answered };
  };
  const ok = (answer: Answer): Ok => {
    expect(answer).toMatchObject({ status: 'ok' });
    return answer as Ok;
  };
  const expectSound = (topic: AnyTopic, { rows }: Ok) => {
    const columns = new Set(Object.keys(topic.row.shape));
    for (const counter of topic.counters ?? []) columns.add(`${counter}_per_second`);
    for (const row of rows) {
      topic.row.parse(row);
      expect(Object.keys(row).filter((column) => !columns.has(column))).toEqual([]);
    }
    const keys = rows.map((row) => JSON.stringify(topic.key.map((column) => row[column])));
    expect(new Set(keys).size).toBe(keys.length);
    for (const series of topic.series ?? []) expect(series.point(rows)).toHaveLength(series.columns.length);
  };

  describe.each(['looker', 'boss'])('as %s', (user) => {
    test.each(consoleTopics.map((topic) => [topic.id, topic] as const))('%s', async (id, topic) => {
      const { answered } = await client();
      await answered;
      const { sampler, bugs } = watch(at(user));
      const answer = ok(await sampler.read(topic, null));
      expect(bugs).toEqual([]);
      expect(answer).toMatchObject({ topic: id, database: null });
      expect(answer.rows.length).toBeGreaterThan(0);
      expectSound(topic, answer);
      expect(JSON.stringify(answer.rows)).not.toMatch(/"pgbouncer","user"|password=shop/);
    });
  });

  test('a full pool: who works, who waits, and since when', async () => {
    const holders = [await client('begin'), await client('begin')];
    await Promise.all(holders.map(({ answered }) => answered));
    const waiting = [await client(), await client(), await client()];
    const { sampler } = watch(at('looker'));
    await until(async () => {
      const told = ok(await sampler.read(topics['pgbouncer-clients'], null, { fresh: true, waitMs: 30_000 })).rows;
      return told.filter(({ wait_seconds }) => Number(wait_seconds ?? 0) > 1).length === 3;
    });
    const [pool] = ok(await sampler.read(topics['pgbouncer-pools'], null)).rows;
    expect(pool).toMatchObject({
      ...{ database: 'store', user: 'shop_app', datname: 'shop', pool_mode: 'transaction', paused: false },
      ...{ cl_active: 2, cl_waiting: 3, sv_active: 2, sv_idle: 0, pool_size: 2 },
    });
    expect(pool?.maxwait_seconds).toBeGreaterThan(1);
    const clients = ok(await sampler.read(topics['pgbouncer-clients'], null)).rows;
    expect(clients.map(({ state }) => state).sort()).toEqual(['active', 'active', 'waiting', 'waiting', 'waiting']);
    expect(clients.every(({ application_name }) => application_name === 'shop-api')).toBe(true);
    for (const { waits, wait_seconds, connected_seconds } of clients) {
      if (waits) expect(wait_seconds).toBeGreaterThan(1);
      else expect(wait_seconds).toBeNull();
      expect(connected_seconds).toBeGreaterThanOrEqual(1);
      expect(connected_seconds).toBeLessThan(60);
    }
    // The backends are those that the server knows.
    const { rows } = ok(await sampler.read(topics['pgbouncer-servers'], null));
    const sessions = ok(await sampler.read(topics.sessions, null)).rows;
    expect(rows).toHaveLength(2);
    for (const { remote_pid, link } of rows) {
      expect(sessions.find(({ pid }) => pid === remote_pid)).toMatchObject({ datname: 'shop' });
      expect(clients.find(({ ptr }) => ptr === link)).toMatchObject({ waits: false });
    }
    for (const { one } of holders) await one.query('commit');
    expect(await Promise.all(waiting.map(({ answered }) => answered))).toEqual([true, true, true]);
  });

  test('only what leads to the watched server has a name there', async () => {
    const { sampler } = watch(at('looker'));
    const { rows } = ok(await sampler.read(topics['pgbouncer-databases'], null));
    expect(rows.map(({ name, datname, database }) => [name, datname, database])).toEqual([
      ['elsewhere', null, 'shop'],
      ['store', 'shop', 'shop'],
    ]);
  });

  test('a second reading has rates, and a PgBouncer that was started again begins anew', async () => {
    await (await client()).answered;
    const { sampler } = watch(at('looker'));
    const read = async () =>
      ok(await sampler.read(topics['pgbouncer-stats'], null, { fresh: true, waitMs: 30_000 })).rows[0];
    expect((await read())?.total_xact_count_per_second).toBeNull();
    await (await client()).answered;
    await sleep(50);
    const second = await read();
    expect(second?.total_xact_count_per_second).toBeGreaterThan(0);
    expect(second?.total_wait_time_seconds).toBeTypeOf('number');
    await pooler.stop();
    expect(await sampler.read(topics['pgbouncer-stats'], null, { fresh: true, waitMs: 30_000 })).toMatchObject({
      status: 'unavailable',
      reason: 'unreachable',
    });
    await pooler.start();
    // More than before is counted by the time that it is asked again.
    for (let i = 0; i < 5; i++) await (await client()).answered;
    await until(async () => (await sampler.read(topics['pgbouncer-stats'], null)).status === 'ok');
    const first = ok(await sampler.read(topics['pgbouncer-stats'], null)).rows[0];
    expect(first?.total_xact_count).toBeGreaterThanOrEqual(5);
    expect(first?.total_xact_count_per_second).toBeNull();
  });

  test('one that stands still is out of reach and keeps nobody waiting, with the last rows; the server is none the worse', async () => {
    const { sampler, connections } = watch(at('looker'));
    await connections.probe();
    const pools = topics['pgbouncer-pools'];
    ok(await sampler.read(pools, null));
    pooler.freeze();
    try {
      await sampler.read(pools, null, { fresh: true });
      await until(async () => sampler.latest(pools.id)?.status === 'unavailable');
      const answer = sampler.latest(pools.id) as Unavailable;
      expect(answer).toMatchObject({ reason: 'unreachable', last: { rows: [{ database: 'store' }] } });
      expect(answer.hint).toMatch(/^PgBouncer did not answer in time\./);
      expect((await sampler.read(topics['pgbouncer-clients'], null)).status).toBe('unavailable');
      expect(sampler.state()).toBe('ok');
      expect(sampler.problem).toBeUndefined();
    } finally {
      pooler.thaw();
    }
    await until(async () => (await sampler.read(pools, null)).status === 'ok');
  });

  test('what is missing is said with the line that mends it', async () => {
    const answer = async (target: Target | undefined, id: keyof typeof topics = 'pgbouncer-pools') =>
      (await watch(target).sampler.read(topics[id] as AnyTopic, null)) as Unavailable;
    expect(await answer(undefined)).toMatchObject({
      reason: 'setting',
      hint: expect.stringContaining('"pgbouncerUrl": "postgresql://USER:PASSWORD@HOST:6432/pgbouncer"'),
    });
    expect(await answer(at('stranger'))).toMatchObject({
      reason: 'privilege',
      hint: expect.stringContaining('stats_users = stranger'),
    });
    expect(await answer(at('looker', 'wrong'))).toMatchObject({
      reason: 'unreachable',
      hint: expect.stringContaining('refused the password of user looker'),
    });
    expect(await answer({ ...at('looker'), tls: { mode: 'require' } })).toMatchObject({
      reason: 'unreachable',
      hint: expect.stringContaining('does not offer encryption'),
    });
    expect(
      await answer({ ...at('looker'), port: server.port, user: 'postgres', password: superuserPassword }),
    ).toMatchObject({
      reason: 'unreachable',
      hint: expect.stringContaining('no PgBouncer'),
    });
  });

  test('it is asked where the configuration says now, and not at all when that says nothing', async () => {
    const { sampler, config } = watch(undefined);
    const read = () => sampler.read(topics['pgbouncer-pools'], null, { fresh: true, waitMs: 30_000 });
    expect(await read()).toMatchObject({ reason: 'setting' });
    config.pgbouncer = at('looker');
    ok(await read());
    config.pgbouncer = undefined;
    expect(await read()).toMatchObject({ reason: 'setting' });
  });

  test('a pgdeck that goes through the same PgBouncer knows its server by what that says', async () => {
    const through: Target = { ...targetFromUrl('url', pooler.url('ann', 'store')), tls: { mode: 'disable' } };
    const { sampler } = watch(at('looker'), { read: through, action: through });
    const { rows } = ok(await sampler.read(topics['pgbouncer-databases'], null));
    expect(rows.map(({ name, datname }) => [name, datname])).toEqual([
      ['elsewhere', null],
      ['store', 'shop'],
    ]);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 300) throw new Error('it never came to be so');
    await sleep(100);
  }
}
