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
  await expect.poll(() => now()?.progress?.phase, { timeout: 5000, interval: 20 }).toContain('lets others pass');
  await holder.query(`alter table public.swapped rename to swapped_old;
    alter table public.swapped_new rename to swapped; commit`);
  await executed;
  await expect.poll(() => now().endedAt, { timeout: 10_000 }).not.toBeNull();
  expect(now()).toMatchObject({ status: 'failed', verified: false });
  expect(now().message).toContain('public.swapped is public.swapped_old now');
  expect(await stage.root('select pg_stat_get_analyze_count($1)::int as times', [other])).toEqual([{ times: 0 }]);
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
