import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Step } from '@/lib/actions/action';
import type { Run } from '@/lib/actions/protocol';
import { Session } from '@/lib/postgres/session';
import { otherThan } from './same-names';
import { acting } from './test-acting';
import { admin, Stage } from './test-stage';

// PostgreSQL goes by names: what a name leads to is looked at again before each statement and each try.

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.build();
});
beforeEach(() => stage.use('actor'));
afterEach(() => stage.clear());
afterAll(() => stage?.end());

const { preview } = acting(() => stage);

it('a table that takes the name of another one between two tries is left alone', async () => {
  await stage.root(`create table public.swapped (id int); insert into public.swapped values (1);
    alter table public.swapped owner to owner; create table public.swapped_new (id int);
    alter table public.swapped_new owner to owner`);
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('swapped') };
  const other = await stage.oid('swapped_new');
  const holder = await stage.client('postgres', 'migration');
  await holder.query('begin; lock table public.swapped in share update exclusive mode');
  const { previewId } = await preview({ action: 'analyze', target });
  const executed = stage.runner.execute('test', { previewId, idempotencyKey: 'swap' }, admin);
  const now = () => stage.runner.runs()[0] as Run;
  await expect.poll(() => now()?.progress?.phase, { interval: 20 }).toContain('(try 2 of 3); it lets others pass');
  await holder.query(`alter table public.swapped rename to swapped_old;
    alter table public.swapped_new rename to swapped; commit`);
  await executed;
  await expect.poll(() => now().endedAt).not.toBeNull();
  expect(now()).toMatchObject({ status: 'failed', verified: false });
  expect(now().message).toContain('public.swapped is public.swapped_old now');
  expect(await stage.root('select pg_stat_get_analyze_count($1)::int as times', [other])).toEqual([{ times: 0 }]);
});

type Swap = {
  action: string;
  kind: 'relation' | 'statistics';
  names: string[];
  make: string;
  hold: string;
  swap: string;
  drop: string;
};
const child = (name: string, bound: string) =>
  `create table public.${name} partition of public.whole ${bound}; alter table public.${name} owner to owner;`;
const swaps: Swap[] = [
  {
    action: 'drop-partition',
    kind: 'relation',
    names: ['old', 'fresh'],
    make: `create table public.whole (id int) partition by range (id); alter table public.whole owner to owner;
      ${child('old', 'for values from (0) to (10)')} ${child('rest', 'default')}
      create table public.fresh (id int); alter table public.fresh owner to owner`,
    hold: 'lock table public.old in access share mode',
    swap: `alter table public.old rename to older; alter table public.fresh rename to old`,
    drop: 'drop table public.whole, public.old',
  },
  {
    action: 'drop-partition',
    kind: 'relation',
    names: ['far', 'near'],
    make: `create extension postgres_fdw; create server away foreign data wrapper postgres_fdw;
      create table public.whole (id int) partition by range (id); create table public.rest partition of public.whole default;
      create foreign table public.far partition of public.whole for values from (0) to (10) server away;
      create foreign table public.near (id int) server away;
      alter table public.whole owner to owner; alter table public.far owner to owner; alter table public.near owner to owner`,
    hold: 'comment on foreign table public.far is null',
    swap: 'alter foreign table public.far rename to farther; alter foreign table public.near rename to far',
    drop: 'drop extension postgres_fdw cascade; drop table public.whole',
  },
  {
    action: 'drop-statistics',
    kind: 'statistics',
    names: ['st_old', 'st_fresh'],
    make: `create statistics public.st_old on id, note from public.orders;
      create statistics public.st_fresh (ndistinct) on id, note from public.orders;
      alter statistics public.st_old owner to owner; alter statistics public.st_fresh owner to owner`,
    hold: 'comment on statistics public.st_old is null',
    swap: 'alter statistics public.st_old rename to st_older; alter statistics public.st_fresh rename to st_old',
    drop: 'drop statistics public.st_old, public.st_older',
  },
];

it.each(swaps)('$action of $names.0 drops no other that takes its name in the wait for the lock', async (each) => {
  const { action, kind, names, make, hold, swap, drop } = each;
  await stage.root(make);
  const there = `select c.oid::int as oid from pg_class as c where c.relname = any($1)
    union all select s.oid::int from pg_statistic_ext as s where s.stxname = any($1) order by 1`;
  const before = await stage.root<{ oid: number }>(there, [names]);
  const [first] = await stage.root<{ oid: number }>(there, [names.slice(0, 1)]);
  const holder = await stage.client('postgres', 'migration');
  const shown = await preview({ action, target: { kind, database: 'postgres', oid: first?.oid ?? 0 } });
  await holder.query(`begin; ${hold}`);
  const { previewId, confirmText = null } = shown;
  const body = { previewId, idempotencyKey: names[0] as string, ...(confirmText && { confirmText }) };
  const executed = stage.runner.execute('test', body, admin);
  const waiting = () =>
    stage.root(
      "select 1 from pg_stat_activity where application_name like 'pgdeck:act:%' and wait_event_type = 'Lock'",
    );
  await expect.poll(waiting, { interval: 10 }).not.toEqual([]);
  await holder.query(`${swap}; commit`);
  const { run } = await executed;
  await expect.poll(() => stage.runner.run(run.runId).endedAt).not.toBeNull();
  const after = await stage.root<{ oid: number }>(
    `select oid from (select c.oid::int as oid from pg_class as c union all select s.oid::int from pg_statistic_ext as s) as x
      where oid = any($1) order by 1`,
    [before.map(({ oid }) => oid)],
  );
  await stage.root(drop);
  expect(after).toEqual(before);
  expect(stage.runner.run(run.runId)).toMatchObject({ status: 'failed', sqlstate: '55000', verified: false });
  expect(stage.runner.run(run.runId).message).toContain('another one has this name now');
});

it('an index that was built anew is the same under its name; what is gone or renamed is not', async () => {
  await stage.root('create index orders_again on orders (note)');
  const table = await stage.oid('orders');
  const index = await stage.oid('orders_again');
  await stage.root('reindex index concurrently orders_again');
  expect(await stage.oid('orders_again')).not.toBe(index);
  const session = await Session.open(stage.server.config.action, { purpose: 'maintenance', applicationName: 'test' });
  const of = (...locks: [number, string][]) =>
    otherThan({ locks: locks.map(([oid, relation]) => ({ oid, relation, mode: '' })) } as unknown as Step, session);
  try {
    expect(await of([table, 'public.orders'], [index, 'public.orders_again'])).toBeUndefined();
    expect(await of([await stage.oid('"Odd ""name""; drop"'), 'public."Odd ""name""; drop"'])).toBeUndefined();
    expect(await of([index, 'public.orders'])).toBe('public.orders is not there any more, so this was not sent.');
    expect(await of([table, 'public.parts'])).toBe('public.parts is public.orders now, so this was not sent.');
  } finally {
    session.close();
    await stage.root('drop index orders_again');
  }
});
