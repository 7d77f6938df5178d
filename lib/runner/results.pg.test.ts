import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PreviewBody, Run } from '@/lib/actions/protocol';
import { acting } from './test-acting';
import { admin, refusal, Stage } from './test-stage';

// What a run tells is what the catalog shows, also where the statement ended with an error.

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.build();
  await stage.root('create index orders_note on orders (note); alter index orders_note owner to owner');
});
beforeEach(() => stage.use('actor'));
afterEach(() => stage.clear());
afterAll(() => stage?.end());

const { preview, changed } = acting(() => stage);
const now = () => stage.runner.runs()[0] as Run;

it('an index that was built anew before the cancel came is told so, with its leftover', async () => {
  const reader = await stage.client('app', 'reader');
  await reader.query('begin; select count(*) from orders');
  const oid = await stage.oid('orders_note');
  const body: PreviewBody = { action: 'reindex', target: { kind: 'index', database: 'postgres', oid } };
  const { previewId } = await preview(body);
  const executed = stage.runner.execute('test', { previewId, idempotencyKey: 'late' }, admin);
  await expect.poll(() => now()?.progress?.phase).toBe('waiting for readers before marking dead');
  await stage.runner.cancel(now().runId, admin);
  await executed;
  await expect.poll(() => now().endedAt).not.toBeNull();
  await reader.query('commit');
  expect(await stage.oid('orders_note')).not.toBe(oid);
  expect(now()).toMatchObject({ status: 'cancelled', verified: null });
  expect(now().message).toBe(
    'It was cancelled from here. The catalog shows all the same: public.orders_note is built anew.',
  );
  expect(now().warnings.join()).toContain('orders_note_ccold');
  expect(now().next).toMatchObject([{ body: { action: 'drop-index' } }]);
});

it('is void when what it would be taken back to is not what was shown', async () => {
  await stage.root('alter table orders set (fillfactor = 90)');
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('orders') };
  const body = { action: 'set-storage-parameters', target, options: { fillfactor: 70 } };
  const meanwhile = () => stage.root('alter table orders set (fillfactor = 80)');
  expect(await changed(body, meanwhile)).toBe('409 target_changed');
  expect(await stage.root("select reloptions from pg_class where relname = 'orders'")).toEqual([
    { reloptions: ['fillfactor=80'] },
  ]);
});

it('texts are read as they were shown, also where the role reads backslashes in strings otherwise', async () => {
  await stage.root(`alter role actor set standard_conforming_strings = off; grant create on schema public to owner;
    create table public.slashes (note text); alter table public.slashes owner to owner`);
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('slashes') };
  const where = String.raw`note <> 'a\'`;
  const shown = await preview({ action: 'create-index', target, options: { columns: [{ attnum: 1 }], where } });
  await stage.runner.execute('test', { previewId: shown.previewId, idempotencyKey: 'slashes' }, admin);
  await expect.poll(() => now().endedAt).not.toBeNull();
  await stage.root('alter role actor reset standard_conforming_strings');
  expect(now()).toMatchObject({ status: 'done', verified: true });
  const [{ wanted } = { wanted: '' }] = await stage.root<{ wanted: string }>(
    'select pg_get_expr(indpred, indrelid) as wanted from pg_index where indrelid = $1',
    [target.oid],
  );
  expect(wanted).toBe(String.raw`(note <> 'a\'::text)`);
});

it('what came to a lock midway is not begun anew: the partitions before it would be done again', async () => {
  await stage.root(`create function public.slowly(id int) returns int language plpgsql immutable as $$ begin
      if current_setting('application_name') like 'pgdeck:act:%' then perform pg_sleep(0.02); end if;
      return id;
    end $$;
    create table public.long (id int) partition by range (id);
    create table public.long_1 partition of public.long for values from (0) to (1000);
    create table public.long_2 partition of public.long for values from (1000) to (2000);
    insert into public.long select n from generate_series(1, 80) as n;
    create index on public.long_1 (public.slowly(id));
    alter table public.long owner to owner; alter table public.long_1 owner to owner;
    alter table public.long_2 owner to owner`);
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('long') };
  const { previewId } = await preview({ action: 'analyze', target });
  const holder = await stage.client('postgres', 'holder');
  await holder.query('begin; lock table public.long_2 in share update exclusive mode');
  await stage.runner.execute('test', { previewId, idempotencyKey: 'midway' }, admin);
  await expect.poll(() => now().endedAt).not.toBeNull();
  await holder.query('rollback');
  expect(now()).toMatchObject({ status: 'failed', sqlstate: '55P03' });
  const times = "select pg_stat_get_analyze_count('public.long_1'::regclass)::int as times";
  expect(await stage.root(times)).toEqual([{ times: 1 }]);
});

it('a preview whose statement was sent is never executed again, whatever fails afterwards', async () => {
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('orders') };
  const { previewId } = await preview({ action: 'analyze', target });
  const body = { previewId, idempotencyKey: 'once' };
  stage.server.sampler.history.changes.add = () => {
    throw new Error('the history fell over');
  };
  expect(await refusal(stage.runner.execute('test', body, admin))).toContain('the history fell over');
  expect(await refusal(stage.runner.execute('test', { ...body, idempotencyKey: 'twice' }, admin))).toBe(
    '410 preview_used',
  );
});
