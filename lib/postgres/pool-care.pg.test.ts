import { describe, expect, test } from 'vitest';
import type { StatementSent } from './server-connections';
import { databases, later, PoolStage, pid, pidOver, problemOf, sampling } from './test-pool';

const stage = new PoolStage();

describe('connections that die or grow old', () => {
  test('one that was killed while it was idle is replaced and nobody notices', async () => {
    const connections = stage.connect();
    const before = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    for (const { pid } of await stage.sessions())
      await stage.admin.query('select pg_terminate_backend($1, 30000)', [pid]);
    later(31_000);
    const after = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    expect(after.every((one) => one !== undefined && !before.includes(one))).toBe(true);
    expect(connections.problem).toBeUndefined();
  });

  test('one that is dead without a word is found out before it is used; one that was just used is not asked', async () => {
    const connections = stage.connect();
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
    const connections = stage.connect({ recycleMs: 100 });
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
    const connections = stage.connect({ recycleMs: 1000 });
    const pinned = await pidOver(connections, 'pinned');
    const fillers = await stage.fillSlots();
    try {
      later(2000);
      await connections.heartbeat();
      await expect.poll(() => sampling(connections).failed_connections_total).toBe(1);
      expect(await pidOver(connections, 'pinned')).toBe(pinned);
      later(120_000);
      expect(connections.trouble('sampling').overdue).toBe(1);
      expect(await pidOver(connections, 'pinned')).toBe(pinned);
    } finally {
      await Promise.all(fillers.map((filler) => filler.end()));
    }
    await connections.heartbeat();
    await expect.poll(() => sampling(connections).recycled_total).toBe(1);
    expect(await pidOver(connections, 'pinned')).not.toBe(pinned);
  });
});

describe('a server that is not there', () => {
  test('a refused connection is counted', async () => {
    const connections = stage.connect({}, { port: 1 });
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
    const connections = stage.connect({ timeoutMs: 200 });
    await pidOver(connections, 'pinned');
    await stage.stop();
    for (const lane of ['pinned', 'slow'] as const)
      expect(await problemOf(connections.ask(lane, undefined, 'select 1'))).toMatchObject({ reason: 'unreachable' });
    expect(await problemOf(connections.ask('walking', 'one', 'select 1'))).toMatchObject({ reason: 'unreachable' });
    expect(connections.lost).toBe(true);
    expect(sampling(connections)).toMatchObject({ in_use: 0, idle: 0, waiting: 0, wait_timeouts_total: 0 });
    await stage.start();
    connections.reconfigure(stage.config());
    await expect.poll(() => pidOver(connections, 'pinned').catch(() => undefined)).toBeGreaterThan(0);
    expect(connections.problem).toBeUndefined();
  });
});

describe('a changed configuration', () => {
  test('with the same addresses nothing happens to connections', async () => {
    const connections = stage.connect();
    const before = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    connections.reconfigure({ ...stage.config(), name: 'renamed', tags: ['new'] });
    expect(connections.config).toMatchObject({ name: 'renamed', tags: ['new'] });
    expect([await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')]).toEqual(before);
  });

  test('with another address questions go there, and those under way are answered', async () => {
    const connections = stage.connect();
    const changes: string[] = [];
    connections.onServerChange = (_, after) => changes.push(after.database);
    await pidOver(connections, 'pinned');
    const before = await connections.signal((query) => query<{ pid: number }>(pid));
    const where = 'select current_database()::text as name';
    const underWay = connections.ask('slow', undefined, `${where}, pg_sleep(3)::text as slept`);
    const asleep = "select from pg_stat_activity where application_name = 'pgdeck' and wait_event = 'PgSleep'";
    await expect.poll(async () => (await stage.admin.query(asleep)).rowCount).toBe(1);
    connections.reconfigure({ ...stage.config({ database: 'one' }), action: stage.target({ database: 'two' }) });
    expect(await connections.ask('pinned', undefined, where)).toEqual([{ name: 'one' }]);
    expect(await connections.ask('slow', undefined, where)).toEqual([{ name: 'one' }]);
    expect(await underWay).toMatchObject([{ name: 'postgres' }]);
    expect(connections.capabilities?.database).toBe('one');
    const after = await connections.signal((query) =>
      query<{ name: string; pid: number }>(`${where}, pg_backend_pid() as pid`),
    );
    expect(after.rows[0]?.name).toBe('two');
    expect(after.rows[0]?.pid).not.toBe(before.rows[0]?.pid);
    await expect.poll(() => stage.databasesOf()).toEqual(['one', 'one', 'two']);
    expect(connections.problem).toBeUndefined();
  });

  test('a configuration that changes again and again loses no question', async () => {
    const connections = stage.connect();
    for (let times = 0; times < 10; times++) {
      const asked = (['pinned', 'slow', 'pinned', 'slow'] as const).map((lane) =>
        connections.ask(lane, undefined, 'select 1 as one'),
      );
      connections.reconfigure(stage.config({ database: databases[times % 2] ?? 'one' }));
      for (const rows of await Promise.all(asked)) expect(rows).toEqual([{ one: 1 }]);
    }
    expect(sampling(connections).errors_total).toBe(0);
  });
});

test('every statement is told with its tag: questions, signals and long actions', async () => {
  const connections = stage.connect();
  const sent: StatementSent[] = [];
  connections.onStatement = (statement) => sent.push(statement);
  await connections.ask('pinned', undefined, 'select /* pgdeck:load */ generate_series(1, 3)');
  await problemOf(connections.ask('pinned', undefined, 'select /* pgdeck:wrong */ 1/0'));
  await connections.signal((query) => query('select /* pgdeck:look */ 1'));
  const session = await connections.holdActing().openMaintenance('run', 'postgres');
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
