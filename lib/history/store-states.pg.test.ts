import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Target } from '@/lib/config';
import { Pool } from '@/lib/postgres/pool';
import { type Place, Store, StoreOff } from './store';
import { type StoreStage, startStore, until } from './test-stage';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

/** A store that keeps every state it was in. */
function watched(place: Place) {
  const store = new Store({ place, retryMs: [300] });
  opened.push(store);
  const states: string[] = [];
  store.onChange(({ status, reason }) => states.push(reason ? `${status}: ${reason}` : status));
  store.start();
  return { store, states };
}

async function asSuperuser(target: Target): Promise<Pool> {
  const pool = await Pool.open(target, {
    most: 1,
    applicationName: 'test',
    settings: ['default_transaction_read_only=off'],
    timeoutMs: 30_000,
  });
  opened.push(pool);
  return pool;
}

const failing = (store: Store) => until(() => store.state.status === 'failing');
const on = (store: Store) =>
  until(
    () => store.on,
    () => `it did not come on: ${store.state.reason}`,
  );
const write = (store: Store) =>
  store.query(
    "insert into pgdeck.watermark (rollup, upto) values ('test', now()) on conflict (rollup) do update set upto = excluded.upto",
  );

describe.each([14, 18])('a store on PostgreSQL %i', (major) => {
  let stage: StoreStage;
  beforeAll(async () => {
    // No process of the server comes and goes by itself.
    stage = await startStore({ major, settings: { autovacuum: 'off' } });
  });
  afterAll(() => stage?.stop());
  beforeEach(() => on(stage.store));

  test('killed: it goes off with a reason, rejects at once, and comes back by itself', async () => {
    const { store, server } = stage;
    const states: string[] = [];
    store.onChange(({ status, reason }) => states.push(`${status} ${reason}`));
    const running = store.query('select pg_sleep(60)').catch((error) => error);
    process.kill(server.pid as number, 'SIGKILL');
    expect(await running).toBeInstanceOf(Error);
    await until(() => states.length >= 2 && store.on);
    expect(states[0]).toMatch(/^failing The history store cannot be reached: /);
    await write(store);
  });

  test('stopped: what asks it is let go within seconds, and it comes back when it goes on', async () => {
    const { store, server } = stage;
    const rows = await store.query<{ pid: number }>('select pid from pg_stat_activity');
    const pids = [server.pid as number, ...rows.map(({ pid }) => pid)];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    const began = performance.now();
    try {
      await expect(store.query('select 1')).rejects.toThrow();
      await expect(store.transaction((run) => run('select 1'))).rejects.toThrow();
      expect(performance.now() - began).toBeLessThan(20_000);
      expect(store.state.reason).toMatch(/does not answer/);
      const asked = performance.now();
      await expect(store.query('select 1')).rejects.toBeInstanceOf(StoreOff);
      // The first one that found it so took four seconds.
      expect(performance.now() - asked).toBeLessThan(3500);
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
    await on(store);
    await write(store);
  });

  test('one lost connection, a statement that is too slow or wrong do not turn it off', async () => {
    const { store, target } = stage;
    const states: string[] = [];
    store.onChange(({ status }) => states.push(status));
    const admin = await asSuperuser(target);
    const lost = store.transaction(async (run) => {
      const [own] = await run<{ pid: number }>('select pg_backend_pid() as pid');
      await admin.query('select pg_terminate_backend($1)', [own?.pid]);
      await sleep(100);
      return run('select 1');
    });
    await expect(lost).rejects.toThrow();
    await expect(store.query('select pg_sleep(5)', [], { timeoutMs: 200 })).rejects.toThrow(/timeout/);
    await expect(store.query('select nothing')).rejects.toMatchObject({ code: '42703' });
    await sleep(500);
    await write(store);
    expect(states).toEqual([]);
  });

  test('read-only, a standby, without a right: each is said, and it comes back when that is mended', async () => {
    const { target, server } = stage;
    const { store } = watched(() => target);
    await on(store);
    const admin = await asSuperuser(target);
    await admin.query("alter system set default_transaction_read_only = 'on'");
    await admin.query('select pg_reload_conf()');
    await until(() =>
      write(store).then(
        () => false,
        () => store.state.status === 'failing',
      ),
    );
    expect(store.state).toMatchObject({
      status: 'failing',
      reason: expect.stringMatching(/read-only.*PGDECK_HISTORY_URL/),
    });
    // Still so after the next attempts.
    await sleep(800);
    expect(store.state.reason).toMatch(/read-only/);
    await admin.query('alter system reset default_transaction_read_only');
    await admin.query('select pg_reload_conf()');
    await on(store);
    await write(store);

    writeFileSync(join(server.dataDir, 'standby.signal'), '');
    await server.restart();
    await until(
      () => /is a standby/.test(store.state.reason ?? ''),
      () => `it was not seen to be a standby: ${store.state.reason}\n${server.log(5)}`,
    );
    const primary = await asSuperuser(target);
    await primary.query('select pg_promote()');
    await on(store);

    await primary.query("create role weak login password 'weak'");
    await primary.query('create database weak');
    const weak = watched(() => ({ ...target, database: 'weak', user: 'weak', password: 'weak' }));
    await failing(weak.store);
    expect(weak.states.at(-1)).toMatch(/^failing: The role .* lacks a right .* grant create on database/);
    await primary.query('grant create on database weak to weak');
    await on(weak.store);
    await write(weak.store);
  });

  test('no place yet, a problem of the place, one that moved', async () => {
    const { target } = stage;
    const place: { now: ReturnType<Place> } = { now: undefined };
    const { store, states } = watched(() => place.now);
    await sleep(400);
    expect(store.state.status).toBe('starting');
    await expect(store.query('select 1')).rejects.toThrow('being started');
    place.now = { problem: 'The disk is away. Bring it back.' };
    await failing(store);
    await expect(store.query('select 1')).rejects.toThrow('The disk is away. Bring it back.');
    place.now = target;
    await on(store);
    const [{ database }] = (await store.query<{ database: string }>('select current_database() as database')) as [
      { database: string },
    ];
    expect(database).toBe(target.database);
    const admin = await asSuperuser(target);
    await admin.query('create database other');
    place.now = { ...target, database: 'other' };
    await until(async () => {
      const [row] = await store.query<{ database: string }>('select current_database() as database').catch(() => []);
      return row?.database === 'other';
    });
    expect(states.filter((state) => state === 'on')).toHaveLength(2);
  });

  test('whoever cannot be reached or does not let in is told in words, without its address', async () => {
    const { target } = stage;
    for (const [change, words] of [
      [{ port: 1 }, /cannot be reached: nothing listens/],
      [{ database: 'nothing' }, /cannot be reached: .*database/],
      [{ user: 'nobody' }, /cannot be reached: .*(password|let this role|role)/],
    ] as const) {
      const { store } = watched(() => ({ ...target, ...change }));
      await failing(store);
      expect(store.state.reason).toMatch(words);
      expect(store.state.reason).not.toMatch(/127\.0\.0\.1|DATABASE_URL/);
      await store.close();
    }
  });
});
