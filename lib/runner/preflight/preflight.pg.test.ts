import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { checkDdl } from '@/lib/ddl/check';
import { Sampler } from '@/lib/sampler/sampler';
import { tables } from '@/lib/topics/tables';
import { admin, pidOf, Stage } from '../test-stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.build(18, { max_prepared_transactions: 5 });
  await stage.root(`
    create table public.wide (id int primary key, v int) partition by range (id);
    alter table public.wide owner to owner;
    do $$ begin
      for n in 0 .. 251 loop
        execute format('create table public.wide_%s partition of public.wide for values from (%s) to (%s)', n, n, n + 1);
      end loop;
    end $$;
    create table public.busy as select n as id, n as v from generate_series(1, 30000) as n;
    create index orders_note on orders (note);
    create function public.slow(int, int) returns int language plpgsql immutable as
      'begin perform pg_sleep(1); return btint4cmp($1, $2); end';
    create operator class public.slow_ops for type int4 using btree as operator 1 <, operator 2 <=, operator 3 =,
      operator 4 >=, operator 5 >, function 1 public.slow(int, int);
    create table public.half (id int) partition by list (id);
    create table public.half_1 partition of public.half for values in (1);
    create table public.few as select n as id from generate_series(1, 40) as n;
    create table public.many as select n as id from generate_series(1, 40) as n;`);
});
beforeEach(() => stage.use('actor'));
afterEach(async () => {
  await stage.clear();
  for (const { gid } of await stage.root<{ gid: string }>('select gid from pg_prepared_xacts'))
    await stage.root(`rollback prepared '${gid}'`);
});
afterAll(() => stage?.end());

const preview = async (action: string, name: string, options?: Record<string, unknown>) =>
  stage.runner.preview(
    'test',
    {
      action,
      target: { kind: 'relation', database: 'postgres', oid: await stage.oid(name) },
      ...(options && { options }),
    },
    admin,
  );
const holding = async (sql: string, name = 'shop'): Promise<pg.Client> => {
  const client = await stage.client('postgres', name);
  await client.query(`begin; ${sql}`);
  return client;
};
const facts = ({ estimates }: { estimates: { label: string; value: string }[] }) =>
  Object.fromEntries(estimates.map(({ label, value }) => [label, value.replaceAll('\u00a0', ' ')]));

it('partitions are locked too: the first by name, the rest as a count', async () => {
  const { locks } = await preview('vacuum', 'wide');
  expect(locks[0]).toMatchObject({ relation: 'public.wide', mode: 'ShareUpdateExclusiveLock' });
  expect(locks[0]?.blocks).toMatch(/not reads or writes$/);
  expect(locks.map(({ relation }) => relation)).toContain('public.wide_0');
  expect(locks.map(({ relation }) => relation)).toContain('and 240 more partitions of public.wide');
});

it('who stands in the way: holders, waiters and prepared transactions, without the values of their statements', async () => {
  const holder = await holding("select note from orders where note = 'a secret'", 'reader');
  const prepared = await holding('lock table orders in share mode');
  await prepared.query("prepare transaction 'Left over'");
  const waiter = await stage.client('postgres', 'second');
  const waiting = waiter.query('begin; lock table orders in access exclusive mode').catch(() => {});
  await expect.poll(async () => (await stage.root('select 1 from pg_locks where not granted')).length).toBe(1);
  const { waitsFor, warnings } = await preview('vacuum-full', 'orders');
  expect(waitsFor).toMatchObject([
    { pid: pidOf(holder), mode: 'AccessShareLock', granted: true },
    { pid: null, mode: 'ShareLock', granted: true },
    { pid: pidOf(waiter), mode: 'AccessExclusiveLock', granted: false },
  ]);
  expect(waitsFor[0]?.sentence).toMatch(/\(reader\) holds AccessShareLock on public.orders.*, idle in transaction/);
  expect(waitsFor[1]?.sentence).toMatch(
    /^Prepared transaction "Left over" holds ShareLock on public.orders, prepared .* ago/,
  );
  expect(waitsFor[2]?.sentence).toContain('comes before this');
  expect(JSON.stringify(waitsFor)).not.toContain('secret');
  expect(warnings.join()).toContain('2 sessions stand in the way now');
  await stage.root("rollback prepared 'Left over'");
  await holder.query('rollback');
  await waiting;
});

it('a role that may not see what sessions do is told so', async () => {
  await stage.root("do $$ begin create role blind login password 'only-for-tests'; end $$");
  stage.use('blind');
  const holder = await holding('lock table orders in share update exclusive mode');
  const { waitsFor } = await preview('analyze', 'orders');
  expect(waitsFor[0]).toMatchObject({ pid: pidOf(holder), mode: 'ShareUpdateExclusiveLock' });
  expect(waitsFor[0]?.sentence).toContain('What it does is not visible to role blind');
});

it('does not wait behind an exclusive lock, and says what it found', async () => {
  const holder = await holding('lock table orders, wide in access exclusive mode');
  const started = Date.now();
  const { waitsFor, locks } = await preview('vacuum', 'wide');
  // Less than the 4 s after which a question that waits is ended.
  expect(Date.now() - started).toBeLessThan(3500);
  expect(waitsFor).toMatchObject([{ pid: pidOf(holder), mode: 'AccessExclusiveLock', granted: true }]);
  expect(waitsFor[0]?.sentence).toMatch(/on public.wide and \d+ more/);
  expect(locks.length).toBeGreaterThan(1);
});

it('what would queue is measured by the sampler where there is no history, and said to be unknown before', async () => {
  const before = await preview('vacuum-full', 'orders');
  expect(before.wouldQueue.map(({ sentence }) => sentence).join()).toContain(
    'How often public.orders is used is not known',
  );
  const sampler = new Sampler('test', stage.server.connections, { tables }, () => {});
  stage.server.sampler = sampler;
  await sampler.read(tables, 'postgres', { fresh: true, waitMs: 30_000 });
  await stage.root("update orders set note = 'b' where id <= 500");
  await stage.root('select count(*) from orders');
  await stage.root('select pg_stat_force_next_flush()');
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await sampler.read(tables, 'postgres', { fresh: true, waitMs: 30_000 });
  const after = await preview('vacuum-full', 'orders');
  expect(after.wouldQueue.map(({ sentence }) => sentence).join()).toMatch(
    /About .* scans from end to end\/s and .* changed rows\/s touch public.orders now/,
  );
});

it('what it costs: time from earlier runs, settings, slots, standbys', async () => {
  const first = await preview('analyze', 'orders');
  expect(facts(first)).toMatchObject({
    Time: 'not known: there is no earlier run of it on this server',
    'Maintenance slots': '2 of 2 free',
    Standbys: 'none connected',
    lock_timeout: '2 s for each try, set by pgdeck',
  });
  expect(facts(first)['Connections left']).toMatch(/^\d+ of 40 \(3 are reserved\)$/);
  expect(first.executed).toBe(false);
  const { run } = await stage.runner.execute('test', { previewId: first.previewId, idempotencyKey: 'once' }, admin);
  await stage.ended(run);
  const second = await preview('analyze', 'orders');
  expect(second.past).toMatchObject([{ target: 'public.orders' }]);
  expect(facts(second).Time).toMatch(/^1 earlier run took .* m?s/);
});

it('a part that cannot be told leaves the others as they are', async () => {
  const { connections } = stage.server;
  const asked = connections.ask.bind(connections);
  connections.ask = ((lane: 'walking', database: string, text: string, ...rest: []) =>
    text.includes('pgdeck:lock-claims')
      ? Promise.reject(Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' }))
      : asked(lane, database, text, ...rest)) as typeof connections.ask;
  const holder = await holding('lock table orders in share mode');
  const shown = await preview('analyze', 'orders');
  expect(shown.warnings.join()).toContain('Partitions, indexes and foreign keys could not be read');
  expect(shown.locks).toMatchObject([{ relation: 'public.orders', mode: 'ShareUpdateExclusiveLock' }]);
  expect(shown.waitsFor).toMatchObject([{ pid: pidOf(holder), mode: 'ShareLock' }]);
});

it('only concurrent builds wait for old snapshots of other tables, and not for those that PostgreSQL leaves out', async () => {
  const finish = 'alter table half detach partition half_1 finalize';
  const brief = await stage.client('postgres', 'brief');
  const user = await holding('lock table half_1 in access share mode');
  const detaching = brief.query('alter table half detach partition half_1 concurrently').catch(({ code }) => code);
  await stage.waiting(brief);
  await stage.root('select pg_cancel_backend($1)', [pidOf(brief)]);
  expect(await detaching).toBe('57014');
  await brief.query("set statement_timeout = '500ms'");
  await user.query('rollback');
  const report = await holding('set transaction isolation level repeatable read; select count(*) from busy');
  const others = await Promise.all(['vacuum', 'safe', 'expression'].map((name) => stage.client('postgres', name)));
  const [vacuum, safe, expression] = others as [pg.Client, pg.Client, pg.Client];
  await vacuum.query('set vacuum_cost_delay = 100; set vacuum_cost_limit = 1; set vacuum_cost_page_hit = 10');
  const running = Promise.allSettled([
    vacuum.query('vacuum busy'),
    safe.query('create index concurrently on few (id slow_ops)'),
    expression.query('create index concurrently on many ((id + 1) slow_ops)'),
  ]);
  try {
    // Snapshots that nobody need wait for yet are left out: those that count are of transactions of five seconds and more.
    await expect
      .poll(async () =>
        (
          await stage.root<{ pid: number }>(
            `select pid from pg_stat_activity where backend_xmin is not null and xact_start < clock_timestamp() - interval '6 s'`,
          )
        ).map(({ pid }) => pid),
      )
      .toEqual(expect.arrayContaining([report, ...others].map(pidOf)));
    const built = await preview('create-index', 'orders', { columns: [{ attnum: 1 }, { attnum: 2 }] });
    expect(built.waitsFor.map(({ pid }) => pid).sort()).toEqual([report, expression].map(pidOf).sort());
    expect(built.waitsFor[0]?.sentence).toContain('waits until its transaction ends, whatever it reads');
    const target = { kind: 'index' as const, database: 'postgres', oid: await stage.oid('orders_note') };
    const dropped = await stage.runner.preview('test', { action: 'drop-index', target }, admin);
    expect(dropped.waitsFor).toEqual([]);
    expect((await preview('detach-partition', 'wide_7')).waitsFor).toEqual([]);
    const [checked, dropChecked] = (
      await checkDdl(
        stage.server,
        'postgres',
        'reindex index concurrently orders_note; drop index concurrently orders_note',
      )
    ).statements;
    expect(checked?.waitsFor.map(({ pid }) => pid).sort()).toEqual([report, expression].map(pidOf).sort());
    expect(dropChecked?.waitsFor).toEqual([]);
    const pending = await preview('detach-partition', 'half_1');
    expect(pending.sql[0]).toContain('finalize');
    expect(pending.waitsFor.map(({ pid }) => pid).sort()).toEqual([report, expression].map(pidOf).sort());
    await expect(brief.query(finish)).rejects.toThrow('timeout');
    await report.query('rollback');
    await stage.root('select pg_cancel_backend($1)', [pidOf(expression)]);
    const client = await stage.client('postgres', 'proof');
    await client.query("set statement_timeout = '15s'");
    await client.query('create index concurrently on orders (id, note)');
    await client.query(finish);
    await client.query('drop index concurrently orders_id_note_idx');
    expect(
      await stage.root('select pid from pg_stat_activity where pid = any($1) and state = $2', [
        [vacuum, safe].map(pidOf),
        'active',
      ]),
    ).toHaveLength(2);
  } finally {
    await stage.root('select pg_cancel_backend(pid) from unnest($1::int[]) as p(pid)', [others.map(pidOf)]);
    await running;
  }
});

it('a concurrent step waits for those whose locks it lets be, until their transactions end', async () => {
  const writer = await holding("update orders set note = 'b' where id = 1", 'writer');
  const reader = await holding('select 1 from orders limit 1', 'reader');
  const whole = await holding('select 1 from wide limit 1', 'whole');
  const built = await preview('create-index', 'orders', { columns: [{ attnum: 1 }, { attnum: 2 }] });
  expect(built.waitsFor).toMatchObject([{ pid: pidOf(writer), mode: 'RowExclusiveLock', granted: true }]);
  expect(built.waitsFor[0]?.sentence).toContain('keeps no lock away, but this waits until its transaction ends');
  const target = { kind: 'index' as const, database: 'postgres', oid: await stage.oid('orders_note') };
  for (const action of ['drop-index', 'reindex']) {
    const { waitsFor } = await stage.runner.preview('test', { action, target }, admin);
    expect(waitsFor.map(({ pid }) => pid).sort()).toEqual([writer, reader].map(pidOf).sort());
  }
  const { waitsFor } = await preview('detach-partition', 'wide_7');
  expect(waitsFor.map(({ pid }) => pid)).toEqual([pidOf(whole)]);
});

it('what a parallel worker holds is counted as its leader’s', async () => {
  const leader = await stage.client('postgres', 'parallel');
  await leader.query('set debug_parallel_query = on');
  const running = leader.query('select count(pg_sleep(30)) from orders').catch(() => {});
  const workers = () => stage.root('select 1 from pg_stat_activity where leader_pid = $1', [pidOf(leader)]);
  await expect.poll(async () => (await workers()).length).toBe(1);
  const { waitsFor } = await preview('vacuum-full', 'orders');
  expect(waitsFor.map(({ pid }) => pid)).toEqual([pidOf(leader)]);
  expect(waitsFor[0]?.sentence).toContain('(parallel) holds AccessShareLock');
  await stage.root('select pg_cancel_backend($1)', [pidOf(leader)]);
  await running;
});
