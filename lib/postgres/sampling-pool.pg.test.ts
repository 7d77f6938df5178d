import { describe, expect, test } from 'vitest';
import { databases, later, PoolStage, pid, pidOver, problemOf, sampling } from './test-pool';

const stage = new PoolStage();

describe('how many connections there are', () => {
  test('one at most: all questions share it, other databases get one for a moment, and it stays open meanwhile', async () => {
    const connections = stage.connect({ max: 1 });
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
      const open = await stage.sessions();
      const { in_use, idle } = sampling(connections);
      most = Math.max(most, in_use + idle);
      expect(open[0]?.pid).toBe(pinned);
      // The server may have one a moment longer than pgdeck.
      expect(open.length).toBeLessThanOrEqual(3);
    }
    expect((await answers).map(([row]) => row?.name)).toEqual([...databases, ...databases]);
    expect(most).toBe(2);
    await expect.poll(() => stage.sessions()).toHaveLength(1);
    expect(await pidOver(connections, 'pinned')).toBe(pinned);
    expect(sampling(connections)).toMatchObject({ minimum: 1, size: 1, errors_total: 0, wait_timeouts_total: 0 });
  });

  test('two at most: slow questions and other databases share the second one', async () => {
    const connections = stage.connect({ max: 2 });
    const pinned = await pidOver(connections, 'pinned');
    expect(await pidOver(connections, 'slow')).not.toBe(pinned);
    expect(await stage.databasesOf()).toEqual(['postgres', 'postgres']);
    await connections.ask('walking', 'one', 'select 1');
    // What pgdeck has closed is gone from the server a moment later.
    await expect.poll(() => stage.databasesOf()).toEqual(['postgres', 'one']);
    expect(await pidOver(connections, 'slow')).not.toBe(pinned);
    await expect.poll(() => stage.databasesOf()).toEqual(['postgres', 'postgres']);
    expect(await pidOver(connections, 'pinned')).toBe(pinned);
    expect(sampling(connections)).toMatchObject({ size: 2, idle: 2, overflow: 1, opened_total: 4 });
  });

  test('three at most: one for each kind', async () => {
    const connections = stage.connect();
    const [pinned, slow] = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    for (const name of databases) await connections.ask('walking', name, 'select 1');
    await expect.poll(() => stage.databasesOf()).toEqual(['postgres', 'postgres', 'three']);
    expect([await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')]).toEqual([pinned, slow]);
    expect(sampling(connections)).toMatchObject({ size: 3, idle: 3, overflow: 2 });
  });

  test('six at most: several databases are asked at once, and a crowd opens no seventh', async () => {
    const connections = stage.connect({ max: 6 });
    await pidOver(connections, 'pinned');
    const slowly = databases.slice(0, 2).map((name) => connections.ask('walking', name, 'select pg_sleep(3.5)::text'));
    const active = async () =>
      (await stage.sessions()).filter(({ state }) => state === 'active').map((one) => one.datname);
    await expect.poll(active).toEqual(['one', 'two']);
    await Promise.all(slowly);
    const lanes = ['pinned', 'slow', 'walking'] as const;
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const lane = lanes[index % 3] ?? 'pinned';
        return connections.ask(lane, lane === 'walking' ? databases[index % 2] : undefined, 'select 1');
      }),
    );
    await expect.poll(async () => (await stage.sessions()).length).toBeLessThanOrEqual(6);
    expect(sampling(connections)).toMatchObject({ size: 6, errors_total: 0, wait_timeouts_total: 0, waiting: 0 });
  });

  test('the least are kept warm, also after all were killed', async () => {
    const connections = stage.connect({ min: 3, max: 4 });
    await connections.heartbeat();
    await expect.poll(() => stage.databasesOf()).toEqual(['postgres', 'postgres', 'postgres']);
    await expect.poll(() => sampling(connections)).toMatchObject({ idle: 3, overflow: 0 });
    later(10 * 60_000);
    await connections.heartbeat();
    expect(await stage.sessions()).toHaveLength(3);
    for (const { pid } of await stage.sessions())
      await stage.admin.query('select pg_terminate_backend($1, 30000)', [pid]);
    await connections.heartbeat();
    await expect.poll(() => stage.sessions()).toHaveLength(3);
  });

  test('what is above the least ends when it was idle for two minutes', async () => {
    const connections = stage.connect();
    const pinned = await pidOver(connections, 'pinned');
    await pidOver(connections, 'slow');
    await connections.ask('walking', 'one', 'select 1');
    later(119_000);
    await connections.heartbeat();
    expect(await stage.sessions()).toHaveLength(3);
    later(2000);
    await connections.heartbeat();
    await expect.poll(() => stage.sessions()).toMatchObject([{ pid: pinned }]);
    expect(sampling(connections)).toMatchObject({ idle: 1, overflow: 0 });
  });
});

describe('waiting for a connection', () => {
  test('while all are in use a question waits, then fails with words, and the next is answered', async () => {
    const connections = stage.connect({ max: 2, timeoutMs: 600 });
    const [pinned, slow] = [await pidOver(connections, 'pinned'), await pidOver(connections, 'slow')];
    const held = (['pinned', 'slow'] as const).map((lane) =>
      connections.ask(lane, undefined, 'select pg_sleep(3.5)::text'),
    );
    await expect.poll(async () => (await stage.sessions()).map(({ state }) => state)).toEqual(['active', 'active']);
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

  test('a connection that goes from one question to the next is in use without a break', async () => {
    const connections = stage.connect({ max: 1, timeoutMs: 30_000 });
    const asked = Array.from({ length: 6 }, () => connections.ask('pinned', undefined, 'select pg_sleep(0.4)::text'));
    await asked[4];
    expect(connections.trouble('sampling').fullMs).toBeGreaterThan(1900);
    await asked[5];
    expect(connections.trouble('sampling').fullMs).toBe(0);
  });

  test('where slots have run out too, that is said', async () => {
    const connections = stage.connect({ timeoutMs: 600 });
    await pidOver(connections, 'pinned');
    const fillers = await stage.fillSlots();
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
    const connections = stage.connect({ timeoutMs: 900 });
    await pidOver(connections, 'pinned');
    const slow = await pidOver(connections, 'slow');
    const held = connections.ask('pinned', undefined, 'select pg_sleep(2)::text');
    expect(await pidOver(connections, 'pinned')).toBe(slow);
    expect(sampling(connections).in_use).toBe(1);
    await held;
  });

  test('how long is waited is told for the last five minutes', async () => {
    const connections = stage.connect({ max: 1 });
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
    const connections = stage.connect({ min: 6, max: 6 });
    const pinned = await pidOver(connections, 'pinned');
    await stage.admin.query('begin; lock table pg_catalog.pg_authid in access exclusive mode');
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
        const { rows } = await stage.admin.query(
          'select 1 from pg_lock_status() as l where l.relation = 1260 and not l.granted',
        );
        most = Math.max(most, rows.length);
      }
      expect(most).toBe(1);
      for (const [row] of await Promise.all(asked)) expect([undefined, pinned]).toContain(row?.pid);
      for (const problem of await Promise.all(elsewhere)) expect(['timeout', 'unreachable']).toContain(problem?.reason);
    } finally {
      await stage.admin.query('rollback');
    }
    expect(await pidOver(connections, 'pinned')).toBe(pinned);
  });
});
