import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
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
    end $$`);
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
  await expect
    .poll(async () => (await stage.root('select 1 from pg_locks where not granted')).length, { timeout: 5000 })
    .toBe(1);
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
  expect(Date.now() - started).toBeLessThan(3000);
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
  await sampler.read(tables, 'postgres', { fresh: true });
  await stage.root("update orders set note = 'b' where id <= 500");
  await stage.root('select count(*) from orders');
  await stage.root('select pg_stat_force_next_flush()');
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await sampler.read(tables, 'postgres', { fresh: true });
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
  await stage.runner.execute('test', { previewId: first.previewId, idempotencyKey: 'once' }, admin);
  const second = await preview('analyze', 'orders');
  expect(second.past).toMatchObject([{ target: 'public.orders' }]);
  expect(facts(second).Time).toMatch(/^1 earlier run took .* ms/);
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
