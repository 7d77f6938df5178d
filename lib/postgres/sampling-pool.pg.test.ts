import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { defaultPool, type PoolSettings } from '@/lib/config-resources';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { PostgresProblem } from './errors';
import { ServerConnections, type StatementSent } from './server-connections';

const folder = mkdtempSync(join(tmpdir(), 'pgdeck-test-'));
const superuserPassword = 'only-for-this-test';
const databases = ['one', 'two', 'three'];
let server: Embedded;
let admin: pg.Client;
const opened: ServerConnections[] = [];

const target = (changes: Partial<Target> = {}): Target => ({
  host: '127.0.0.1',
  port: server.port,
  database: 'postgres',
  user: 'watcher',
  password: 'watcher-password',
  tls: { mode: 'disable' },
  ...changes,
});
const configOf = (changes: Partial<Target> = {}): ServerConfig => ({
  id: 'test',
  name: 'test',
  environment: undefined,
  tags: [],
  demo: false,
  read: target(changes),
  action: target(),
});

function connect(settings: Partial<PoolSettings> = {}, changes: Partial<Target> = {}): ServerConnections {
  const connections = new ServerConnections(configOf(changes), 2, { ...defaultPool, ...settings });
  opened.push(connections);
  return connections;
}

async function connectAdmin(): Promise<void> {
  admin = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    password: superuserPassword,
    database: 'postgres',
  });
  admin.on('error', () => {});
  await admin.connect();
}

async function start(): Promise<void> {
  server = await startEmbedded({
    major: 18,
    dataDir: join(folder, 'data'),
    settings: { max_connections: 20, superuser_reserved_connections: 3, fsync: 'off' },
    superuserPassword,
  });
  await connectAdmin();
}

/** The sessions of pgdeck that the server has, by database. */
const sessions = async () =>
  (
    await admin.query<{ pid: number; datname: string; state: string }>(
      "select pid, datname, state from pg_stat_activity where application_name = 'pgdeck' and datname is not null order by backend_start",
    )
  ).rows;
const databasesOf = async () => (await sessions()).map(({ datname }) => datname);
const pid = 'select pg_backend_pid() as pid';
const pidOver = async (connections: ServerConnections, lane: 'pinned' | 'slow') =>
  (await connections.ask<{ pid: number }>(lane, undefined, pid))[0]?.pid;
const sampling = (connections: ServerConnections) => {
  const [figures] = connections.pools();
  if (!figures) throw new Error('no pool');
  return figures;
};
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => (error instanceof PostgresProblem ? error.problem : error),
  );
/** The clock by which connections are idle and old goes on at once. */
const later = (ms: number) => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
};

/** Takes every slot that is free. */
async function fillSlots(): Promise<pg.Client[]> {
  const fillers: pg.Client[] = [];
  for (;;) {
    const filler = new pg.Client({ ...target(), application_name: 'filler' } as pg.ClientConfig);
    filler.on('error', () => {});
    try {
      await filler.connect();
    } catch {
      return fillers;
    }
    fillers.push(filler);
  }
}

beforeAll(async () => {
  await start();
  await admin.query("create role watcher login password 'watcher-password'; grant pg_monitor to watcher");
  for (const name of databases) await admin.query(`create database ${name}`);
});
afterEach(async () => {
  vi.useRealTimers();
  for (const connections of opened.splice(0)) connections.close();
  await expect.poll(async () => (await sessions()).length, { timeout: 10_000 }).toBe(0);
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('how many connections there are', () => {
  test('one at most: all questions share it, other databases get one for a moment, and it stays open meanwhile', async () => {
    const connections = connect({ max: 1 });
    const pinned = await pidOver(connections, 'pinned');
    expect(await pidOver(connections, 'slow')).toBe(pinned);
    let most = 0;
    const answers = Promise.all(
      [...databases, ...databases].map((name) =>
        connections.ask('walking', name, 'select current_database()::text as name, pg_sleep(0.2)::text as slept'),
      ),
    );
    let over = false;
    void answers.finally(() => {
      over = true;
    });
    while (!over) {
      const open = await sessions();
      most = Math.max(most, open.length);
      expect(open[0]?.pid).toBe(pinned);
    }
    expect((await answers).map(([row]) => row?.name)).toEqual([...databases, ...databases]);
    expect(most).toBe(2);
    await expect.poll(sessions, { timeout: 10_000 }).toHaveLength(1);
    expect(await pidOver(connections, 'pinned')).toBe(pinned);
    expect(sampling(connections)).toMatchObject({ minimum: 1, size: 1, errors_total: 0, wait_timeouts_total: 0 });
  });

  test('two at most: slow questions and other databases share the second one', async () => {
    const connections = connect({ max: 2 });
    const pinned = await pidOver(connections, 'pinned');
    expect(await pidOver(connections, 'slow')).not.toBe(pinned);
    expect(await databasesOf()).toEqual(['postgres', 'postgres']);
    await connections.ask('walking', 'one', 'select 1');
    expect(await databasesOf()).toEqual(['postgres', 'one']);
    expect(await pidOver(connections, 'slow')).not.toBe(pinned);
    expect(await databasesOf()).toEqual(['postgres', 'postgres']);
    expect(await pidOver(connections, 'pinned')).toBe(pinned);
    expect(sampling(connections)).toMatchObject({ size: 2, idle: 2, overflow: 1, opened_total: 4 });
  });

  test('three at most: one for each kind', async () => {
    const connections = connect();
    const [pinned, slow] = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    for (const name of databases) await connections.ask('walking', name, 'select 1');
    expect(await databasesOf()).toEqual(['postgres', 'postgres', 'three']);
    expect([await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')]).toEqual([pinned, slow]);
    expect(sampling(connections)).toMatchObject({ size: 3, idle: 3, overflow: 2 });
  });

  test('six at most: several databases are asked at once, and a crowd opens no seventh', async () => {
    const connections = connect({ max: 6 });
    await pidOver(connections, 'pinned');
    const slowly = databases.slice(0, 2).map((name) => connections.ask('walking', name, 'select pg_sleep(2)::text'));
    const active = async () => (await sessions()).filter(({ state }) => state === 'active').map((one) => one.datname);
    await expect.poll(active, { timeout: 10_000 }).toEqual(['one', 'two']);
    await Promise.all(slowly);
    const lanes = ['pinned', 'slow', 'walking'] as const;
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const lane = lanes[index % 3] ?? 'pinned';
        return connections.ask(lane, lane === 'walking' ? databases[index % 2] : undefined, 'select 1');
      }),
    );
    expect((await sessions()).length).toBeLessThanOrEqual(6);
    expect(sampling(connections)).toMatchObject({ size: 6, errors_total: 0, wait_timeouts_total: 0, waiting: 0 });
  });

  test('the least are kept warm, also after all were killed', async () => {
    const connections = connect({ min: 3, max: 4 });
    await connections.heartbeat();
    await expect.poll(databasesOf, { timeout: 10_000 }).toEqual(['postgres', 'postgres', 'postgres']);
    await expect.poll(() => sampling(connections), { timeout: 10_000 }).toMatchObject({ idle: 3, overflow: 0 });
    later(10 * 60_000);
    await connections.heartbeat();
    expect(await sessions()).toHaveLength(3);
    for (const { pid } of await sessions()) await admin.query('select pg_terminate_backend($1, 2000)', [pid]);
    await connections.heartbeat();
    await expect.poll(sessions, { timeout: 10_000 }).toHaveLength(3);
  });

  test('what is above the least ends when it was idle for two minutes', async () => {
    const connections = connect();
    const pinned = await pidOver(connections, 'pinned');
    await pidOver(connections, 'slow');
    await connections.ask('walking', 'one', 'select 1');
    later(119_000);
    await connections.heartbeat();
    expect(await sessions()).toHaveLength(3);
    later(2000);
    await connections.heartbeat();
    await expect.poll(sessions, { timeout: 10_000 }).toMatchObject([{ pid: pinned }]);
    expect(sampling(connections)).toMatchObject({ idle: 1, overflow: 0 });
  });
});

describe('waiting for a connection', () => {
  test('while all are in use a question waits, then fails with words, and the next is answered', async () => {
    const connections = connect({ max: 2, timeoutMs: 600 });
    const [pinned, slow] = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    const held = (['pinned', 'slow'] as const).map((lane) =>
      connections.ask(lane, undefined, 'select pg_sleep(3)::text'),
    );
    await expect.poll(async () => (await sessions()).map(({ state }) => state)).toEqual(['active', 'active']);
    const waiting = problemOf(connections.ask('pinned', undefined, 'select 1'));
    expect(sampling(connections)).toMatchObject({ in_use: 2, idle: 0, waiting: 1 });
    expect(await waiting).toEqual({
      reason: 'timeout',
      sentence:
        'No connection became free within 0.6 s: the pool is exhausted, 2 of 2 are in use and 1 question waits.',
      hint: 'The server answers slowly, or something is locked: see Locks. PGDECK_POOL_MAX allows more connections, PGDECK_POOL_TIMEOUT a longer wait.',
      notAsked: true,
    });
    expect(await problemOf(connections.ask('walking', 'one', 'select 1'))).toMatchObject({ reason: 'timeout' });
    expect(sampling(connections)).toMatchObject({
      waiting: 0,
      wait_timeouts_total: 2,
      timeouts_total: 0,
      errors_total: 0,
    });
    expect(connections.trouble('sampling').waitTimeouts).toBe(2);
    expect(connections.problem).toBeUndefined();
    await Promise.all(held);
    expect([await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')]).toEqual([pinned, slow]);
  });

  test('where slots have run out too, that is said', async () => {
    const connections = connect({ timeoutMs: 600 });
    await pidOver(connections, 'pinned');
    const fillers = await fillSlots();
    try {
      const held = connections.ask('pinned', undefined, 'select pg_sleep(2)::text');
      const problem = await problemOf(connections.ask('pinned', undefined, 'select 1'));
      expect(problem?.sentence).toMatch(
        /^No connection became free within 0.6 s: 1 of 3 are in use and 1 question waits/,
      );
      expect(problem?.sentence).toMatch(/, and no other could be opened\. The server has no free connection slot\.$/);
      await held;
    } finally {
      await Promise.all(fillers.map((filler) => filler.end()));
    }
  });

  test('a quick question does not wait for its own connection while another is idle', async () => {
    const connections = connect({ timeoutMs: 900 });
    await pidOver(connections, 'pinned');
    const slow = await pidOver(connections, 'slow');
    const held = connections.ask('pinned', undefined, 'select pg_sleep(2)::text');
    expect(await pidOver(connections, 'pinned')).toBe(slow);
    expect(sampling(connections).in_use).toBe(1);
    await held;
  });

  test('how long is waited is told for the last five minutes', async () => {
    const connections = connect({ max: 1 });
    expect(sampling(connections)).toMatchObject({ wait_ms_p50: null, wait_ms_p99: null, waits_total: 0 });
    await pidOver(connections, 'pinned');
    for (let times = 0; times < 97; times++) await connections.ask('pinned', undefined, 'select 1');
    const held = connections.ask('pinned', undefined, 'select pg_sleep(0.5)::text');
    await connections.ask('pinned', undefined, 'select 1');
    await held;
    const { wait_ms_p50, wait_ms_p95, wait_ms_p99, waits_total } = sampling(connections);
    // The first had to connect, the last to wait for the one before.
    expect(waits_total).toBe(2);
    expect(wait_ms_p99).toBeGreaterThan(1);
    expect(wait_ms_p50).toBeLessThan(wait_ms_p99 as number);
    expect(wait_ms_p95).toBeLessThan(wait_ms_p99 as number);
  });

  test('one attempt to connect is in flight, however many wait; none of them hangs', async () => {
    const connections = connect({ min: 6, max: 6 });
    const pinned = await pidOver(connections, 'pinned');
    await admin.query('begin; lock table pg_catalog.pg_authid in access exclusive mode');
    try {
      const asked = [
        ...Array.from({ length: 4 }, () => connections.ask('slow', undefined, pid)),
        connections.heartbeat().then(() => []),
      ];
      const elsewhere = databases.map((name) => problemOf(connections.ask('walking', name, 'select 1')));
      let most = 0;
      let over = false;
      void Promise.allSettled([...asked, ...elsewhere]).then(() => {
        over = true;
      });
      while (!over) {
        const { rows } = await admin.query(
          'select 1 from pg_lock_status() as l where l.relation = 1260 and not l.granted',
        );
        most = Math.max(most, rows.length);
      }
      expect(most).toBe(1);
      for (const [row] of await Promise.all(asked)) expect([undefined, pinned]).toContain(row?.pid);
      for (const problem of await Promise.all(elsewhere)) expect(['timeout', 'unreachable']).toContain(problem?.reason);
    } finally {
      await admin.query('rollback');
    }
    expect(await pidOver(connections, 'pinned')).toBe(pinned);
  });
});

describe('connections that die or grow old', () => {
  test('one that was killed while it was idle is replaced and nobody notices', async () => {
    const connections = connect();
    const before = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    for (const { pid } of await sessions()) await admin.query('select pg_terminate_backend($1, 2000)', [pid]);
    later(31_000);
    const after = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    expect(after.every((one) => one !== undefined && !before.includes(one))).toBe(true);
    expect(connections.problem).toBeUndefined();
  });

  test('one that is dead without a word is found out before it is used; one that was just used is not asked', async () => {
    const connections = connect();
    const pings: StatementSent[] = [];
    connections.onStatement = (sent) => sent.tag === 'alive' && pings.push(sent);
    const slow = await pidOver(connections, 'slow');
    for (let times = 0; times < 50; times++) await pidOver(connections, 'slow');
    later(31_000);
    expect(await pidOver(connections, 'slow')).toBe(slow);
    expect(pings).toMatchObject([{ failed: false, rows: 1 }]);
    await pidOver(connections, 'slow');
    expect(pings).toHaveLength(1);
    process.kill(slow as number, 'SIGSTOP');
    try {
      later(31_000);
      const other = await pidOver(connections, 'slow');
      expect(other).not.toBe(slow);
      expect(pings).toMatchObject([{ failed: false }, { failed: true }]);
      expect(sampling(connections)).toMatchObject({ pings_failed_total: 1, errors_total: 0, timeouts_total: 0 });
      expect(connections.trouble('sampling').pingsFailed).toBe(1);
    } finally {
      process.kill(slow as number, 'SIGCONT');
    }
  });

  test('old ones are renewed while questions go on: none is lost, and the pinned one is open all the time', async () => {
    const connections = connect({ recycleMs: 100 });
    const first = await pidOver(connections, 'pinned');
    await pidOver(connections, 'slow');
    let most = 0;
    const until = async () => {
      for (let times = 0; times < 400 && sampling(connections).recycled_total < 6; times++) {
        await Promise.all([
          connections.heartbeat(),
          pidOver(connections, 'pinned'),
          pidOver(connections, 'slow'),
          connections.ask('walking', databases[times % 2], 'select 1'),
        ]);
        expect(connections.lost).toBe(false);
        const { in_use, idle } = sampling(connections);
        most = Math.max(most, in_use + idle);
      }
    };
    await Promise.all([until(), until()]);
    expect(sampling(connections).recycled_total).toBeGreaterThanOrEqual(6);
    expect(sampling(connections).errors_total).toBe(0);
    expect(await pidOver(connections, 'pinned')).not.toBe(first);
    // One more than the most while one takes the place of another.
    expect(most).toBeLessThanOrEqual(4);
  });

  test('an old one stays while no other can be opened', async () => {
    const connections = connect({ recycleMs: 1000 });
    const pinned = await pidOver(connections, 'pinned');
    const fillers = await fillSlots();
    try {
      later(2000);
      await connections.heartbeat();
      await expect.poll(() => sampling(connections).failed_connections_total, { timeout: 10_000 }).toBe(1);
      expect(await pidOver(connections, 'pinned')).toBe(pinned);
      later(120_000);
      expect(connections.trouble('sampling').overdue).toBe(1);
      expect(await pidOver(connections, 'pinned')).toBe(pinned);
    } finally {
      await Promise.all(fillers.map((filler) => filler.end()));
    }
    await connections.heartbeat();
    await expect.poll(() => sampling(connections).recycled_total, { timeout: 10_000 }).toBe(1);
    expect(await pidOver(connections, 'pinned')).not.toBe(pinned);
  });
});

describe('a server that is not there', () => {
  test('a refused connection is counted', async () => {
    const connections = connect({}, { port: 1 });
    expect(await problemOf(connections.ask('pinned', undefined, 'select 1'))).toMatchObject({ reason: 'unreachable' });
    expect(sampling(connections)).toMatchObject({
      in_use: 0,
      idle: 0,
      failed_connections_total: 1,
      errors_total: 1,
      wait_timeouts_total: 0,
    });
    expect(connections.trouble('sampling').failedConnections).toBe(1);
  });

  test('a server that stops is unreachable, not a pool that is exhausted; when it is back, questions are answered', async () => {
    const connections = connect({ timeoutMs: 200 });
    await pidOver(connections, 'pinned');
    await admin.end();
    await server.stop();
    for (const lane of ['pinned', 'slow'] as const)
      expect(await problemOf(connections.ask(lane, undefined, 'select 1'))).toMatchObject({ reason: 'unreachable' });
    expect(await problemOf(connections.ask('walking', 'one', 'select 1'))).toMatchObject({ reason: 'unreachable' });
    expect(connections.lost).toBe(true);
    expect(sampling(connections)).toMatchObject({ in_use: 0, idle: 0, waiting: 0, wait_timeouts_total: 0 });
    await start();
    connections.reconfigure(configOf());
    await expect
      .poll(() => pidOver(connections, 'pinned').catch(() => undefined), { timeout: 20_000 })
      .toBeGreaterThan(0);
    expect(connections.problem).toBeUndefined();
  });
});

describe('a changed configuration', () => {
  test('with the same addresses nothing happens to connections', async () => {
    const connections = connect();
    const before = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    connections.reconfigure({ ...configOf(), name: 'renamed', tags: ['new'] });
    expect(connections.config).toMatchObject({ name: 'renamed', tags: ['new'] });
    expect([await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')]).toEqual(before);
  });

  test('with another address questions go there, and those under way are answered', async () => {
    const connections = connect();
    const changes: string[] = [];
    connections.onServerChange = (_, after) => changes.push(after.database);
    await pidOver(connections, 'pinned');
    const before = await connections.signal((query) => query<{ pid: number }>(pid));
    const where = 'select current_database()::text as name';
    const underWay = connections.ask('slow', undefined, `${where}, pg_sleep(0.5)::text as slept`);
    await expect.poll(async () => (await sessions()).some(({ state }) => state === 'active')).toBe(true);
    connections.reconfigure({ ...configOf({ database: 'one' }), action: target({ database: 'two' }) });
    expect(await connections.ask('pinned', undefined, where)).toEqual([{ name: 'one' }]);
    expect(await connections.ask('slow', undefined, where)).toEqual([{ name: 'one' }]);
    expect(await underWay).toMatchObject([{ name: 'postgres' }]);
    expect(connections.capabilities?.database).toBe('one');
    const after = await connections.signal((query) =>
      query<{ name: string; pid: number }>(`${where}, pg_backend_pid() as pid`),
    );
    expect(after.rows[0]?.name).toBe('two');
    expect(after.rows[0]?.pid).not.toBe(before.rows[0]?.pid);
    await expect.poll(databasesOf, { timeout: 10_000 }).toEqual(['one', 'one', 'two']);
    expect(connections.problem).toBeUndefined();
  });

  test('a configuration that changes again and again loses no question', async () => {
    const connections = connect();
    for (let times = 0; times < 10; times++) {
      const asked = (['pinned', 'slow', 'pinned', 'slow'] as const).map((lane) =>
        connections.ask(lane, undefined, 'select 1 as one'),
      );
      connections.reconfigure(configOf({ database: databases[times % 2] ?? 'one' }));
      for (const rows of await Promise.all(asked)) expect(rows).toEqual([{ one: 1 }]);
    }
    expect(sampling(connections).errors_total).toBe(0);
  });
});

test('every statement is told with its tag: questions, signals and long actions', async () => {
  const connections = connect();
  const sent: StatementSent[] = [];
  connections.onStatement = (statement) => sent.push(statement);
  await connections.ask('pinned', undefined, 'select /* pgdeck:load */ generate_series(1, 3)');
  await problemOf(connections.ask('pinned', undefined, 'select /* pgdeck:wrong */ 1/0'));
  await connections.signal((query) => query('select /* pgdeck:look */ 1'));
  const session = await connections.openMaintenance('run', 'postgres');
  await session.query('analyze pg_catalog.pg_class');
  session.close();
  expect(sent).toEqual(
    expect.arrayContaining([
      { tag: 'connect', ms: expect.any(Number), rows: 1, failed: false },
      { tag: 'load', ms: expect.any(Number), rows: 3, failed: false },
      { tag: 'wrong', ms: expect.any(Number), rows: 0, failed: true },
      { tag: 'look', ms: expect.any(Number), rows: 1, failed: false },
      { tag: 'other', ms: expect.any(Number), rows: 0, failed: false, longAction: true },
    ]),
  );
});
