import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { acting } from './test-acting';
import { pidOf, Stage } from './test-stage';

/** 63 bytes with quotes, spaces, a newline and letters that run from right to left. */
const strange = `a "b" 'c'\n; drop -- ${'עברית'.repeat(4)}xxx`;
const quoted = `public."${strange.replaceAll('"', '""')}"`;

describe.each([14, 18])('tables on PostgreSQL %i', (major) => {
  let stage: Stage;
  const { preview, run, refused, changed } = acting(() => stage);

  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(`create table ${quoted} (id int primary key, "Odd ""col""" text, gone int);
      alter table ${quoted} drop column gone;
      alter table ${quoted} owner to owner;
      create table public.mother (id int); create table public.daughter () inherits (public.mother);
      create sequence public.numbers;
      alter table public.mother owner to owner; alter table public.daughter owner to owner`);
    expect(Buffer.byteLength(strange)).toBe(63);
  });
  beforeEach(() => stage.use('actor'));
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const body = async (action: string, name: string, options?: Record<string, unknown>): Promise<PreviewBody> => ({
    action,
    target: { kind: 'relation', database: 'postgres', oid: await stage.oid(name) },
    ...(options && { options }),
  });
  const file = async (name: string) =>
    (await stage.root<{ file: number }>('select relfilenode as file from pg_class where oid = $1::regclass', [name]))[0]
      ?.file;

  // Sessions hand in their counts some time after the statement.
  const counted = async (what: 'dead_tuples' | 'mod_since_analyze', name: string, n: number) =>
    expect.poll(() => stage.root(`select pg_stat_get_${what}($1::regclass)::int as n`, [name])).toEqual([{ n }]);

  describe('analyze', () => {
    it('takes columns by number, whatever their names are, and other options', async () => {
      expect(await run(await body('analyze', quoted, { columns: [2, 1], skip_locked: true }))).toMatchObject({
        status: 'done',
        sql: [`analyze /* pgdeck:analyze */ (skip_locked) ${quoted} ("Odd ""col""", id)`],
      });
      const columns = await run(await body('analyze', 'orders', { columns: [2] }));
      expect(columns).toMatchObject({ status: 'done', verified: true });
      const measured = await stage.root(
        "select attname from pg_stats where schemaname = 'public' and tablename = 'orders'",
      );
      expect(measured).toEqual([{ attname: 'note' }]);
      await stage.root('update orders set note = note where id <= 10');
      await counted('mod_since_analyze', 'orders', 1010);
      const all = await run(await body('analyze', 'orders'));
      expect(all).toMatchObject({
        status: 'done',
        figures: [{ label: 'Rows changed since the last ANALYZE', before: '1,010', after: '0' }],
      });
      expect(await refused(await body('analyze', quoted, { columns: [3] }))).toBe('422 no_such_column');
      expect(await refused(await body('analyze', quoted, { columns: [4] }))).toBe('422 no_such_column');
      expect(await refused(await body('analyze', quoted, { columns: [1, 1] }))).toBe('400 bad_input');
      expect(await refused(await body('analyze', quoted, { columns: ['id'] }))).toBe('400 bad_input');
    });

    it('takes BUFFER_USAGE_LIMIT where the server has it', async () => {
      const limited = await body('analyze', 'orders', { buffer_usage_limit_kb: 256 });
      if (major < 16) return expect(await refused(limited)).toBe('422 version');
      expect(await run(limited)).toMatchObject({
        status: 'done',
        sql: ["analyze /* pgdeck:analyze */ (buffer_usage_limit '256 kB') public.orders"],
      });
    });

    it('with a column renamed since the preview runs nothing', async () => {
      const target = await body('analyze', quoted, { columns: [2] });
      const rename = () => stage.root(`alter table ${quoted} rename column "Odd ""col""" to "Odd ""col""2"`);
      expect(await changed(target, rename)).toBe('409 target_changed');
      await stage.root(`alter table ${quoted} rename column "Odd ""col""2" to "Odd ""col"""`);
    });
  });

  describe('vacuum', () => {
    it('removes dead rows and tells the figures before and after', async () => {
      await stage.root('vacuum orders');
      await stage.root('delete from orders where id <= 400');
      await counted('dead_tuples', 'orders', 400);
      const shown = await preview(await body('vacuum', 'orders'));
      expect(shown).toMatchObject({
        title: 'Vacuum public.orders?',
        sql: ['vacuum /* pgdeck:vacuum */ public.orders'],
        confirm: 'step',
        inTransaction: false,
        warnings: [],
      });
      expect(shown.facts).toContainEqual({ label: 'Dead rows', value: '400' });
      expect(shown.facts.find(({ label }) => label === 'Truncation')?.value).toContain('AccessExclusiveLock');
      expect(await run(await body('vacuum', 'orders'))).toMatchObject({
        status: 'done',
        verified: true,
        message: 'public.orders is vacuumed.',
        figures: [
          { label: 'Dead rows', before: '400', after: '0' },
          {
            label: 'Size with indexes and TOAST',
            before: expect.stringContaining('kB'),
            after: expect.stringContaining('kB'),
          },
        ],
      });
    });

    it('gives the empty end of the file back and says how much', async () => {
      await stage.root(`create table shrinks as select n, repeat('x', 500) as t from generate_series(1, 2000) as n;
        alter table shrinks owner to owner; delete from shrinks where n > 100`);
      await counted('dead_tuples', 'shrinks', 1900);
      const kept = await run(await body('vacuum', 'shrinks', { truncate: false }));
      expect(kept.figures?.map(({ label }) => label)).toEqual(['Dead rows', 'Size with indexes and TOAST']);
      const cut = await run(await body('vacuum', 'shrinks'));
      expect(cut).toMatchObject({
        status: 'done',
        figures: expect.arrayContaining([expect.objectContaining({ label: 'Given back' })]),
      });
    });

    it('takes every option that this version has', async () => {
      const options = {
        freeze: true,
        analyze: true,
        index_cleanup: 'on',
        parallel: 1,
        truncate: false,
        skip_locked: true,
        process_toast: false,
      };
      expect(await run(await body('vacuum', quoted, options))).toMatchObject({
        status: 'done',
        sql: [
          `vacuum /* pgdeck:vacuum */ (freeze, analyze, index_cleanup on, parallel 1, truncate off, skip_locked, process_toast off) ${quoted}`,
        ],
      });
      const limited = await body('vacuum', 'orders', { buffer_usage_limit_kb: 0, index_cleanup: 'off' });
      if (major < 16) expect(await refused(limited)).toBe('422 version');
      else expect(await run(limited)).toMatchObject({ status: 'done' });
      expect(await refused(await body('vacuum', 'orders', { full: true }))).toBe('400 bad_input');
      expect(await refused(await body('vacuum', 'orders', { buffer_usage_limit_kb: 127 }))).toBe('400 bad_input');
      expect(await refused(await body('vacuum', 'numbers'))).toBe('422 not_a_table');
      expect(await refused(await body('vacuum', 'orders_view'))).toBe('422 not_a_table');
    });

    it('of a partitioned table vacuums its partitions, and says which were passed over', async () => {
      expect(await run(await body('vacuum', 'parts'))).toMatchObject({ status: 'done', warnings: [] });
      await stage.root('create table parts_2 partition of parts for values from (100) to (200)');
      const some = await run(await body('vacuum', 'parts'));
      expect(some).toMatchObject({ status: 'done_with_warnings', verified: true });
      expect(some.warnings.join()).toContain('1 table of 2 was not vacuumed');
      await stage.root('drop table parts_2');
    });

    it('says that dead rows are left while somebody may need them', async () => {
      const reader = await stage.client('app');
      await reader.query('begin isolation level repeatable read; select count(*) from orders');
      await stage.root('delete from orders where id between 401 and 500');
      await counted('dead_tuples', 'orders', 100);
      const left = await run(await body('vacuum', 'orders'));
      expect(left).toMatchObject({
        status: 'done_with_warnings',
        figures: expect.arrayContaining([{ label: 'Dead rows', before: '100', after: '100' }]),
      });
      expect(left.warnings.join()).toContain('100 dead rows are left');
    });

    it('without rights, or passed over by SKIP_LOCKED, is nothing done', async () => {
      const holder = await stage.client('owner');
      await holder.query('begin; lock table orders in share update exclusive mode');
      const skipped = await run(await body('vacuum', 'orders', { skip_locked: true }));
      expect(skipped).toMatchObject({ status: 'nothing_done', verified: false });
      expect(skipped.warnings.join()).toContain('(55P03)');
      await holder.query('rollback');
      stage.use('weak');
      expect((await preview(await body('vacuum', 'orders'))).warnings.join()).toContain('Role weak may not vacuum');
      const not = await run(await body('vacuum', 'orders'));
      expect(not).toMatchObject({ status: 'nothing_done', verified: false });
      expect(not.warnings.join()).toContain('(01000)');
    });

    it('of another table of the same name runs nothing', async () => {
      await stage.root('create table swapped (id int); alter table swapped owner to owner');
      const swap = () => stage.root('alter table swapped rename to swapped_2; create table swapped (id int)');
      expect(await changed(await body('vacuum', 'swapped'), swap)).toBe('409 target_changed');
      expect(await stage.root('select pg_stat_get_vacuum_count($1::regclass)::int as n', ['swapped'])).toEqual([
        { n: 0 },
      ]);
    });
  });

  describe('vacuum-full', () => {
    it('is typed, tells the cost, writes the table anew and shows what it gave back', async () => {
      await stage.root(`create table bloated as select n, repeat('x', 500) as t from generate_series(1, 2000) as n;
        create index on bloated (n); alter table bloated owner to owner; delete from bloated where n % 10 > 0; analyze bloated`);
      const before = await file('bloated');
      const shown = await preview(await body('vacuum-full', 'bloated'));
      expect(shown).toMatchObject({
        sql: ['vacuum /* pgdeck:vacuum-full */ (full) public.bloated'],
        confirm: 'typed',
        confirmText: 'bloated',
        inTransaction: false,
        locks: expect.arrayContaining([
          expect.objectContaining({ relation: 'public.bloated', mode: 'AccessExclusiveLock' }),
        ]),
      });
      expect(shown.facts.map(({ label }) => label)).toContain('Space for a second copy');
      expect(shown.warnings.join()).toContain('wait for the whole time');
      const done = await run(await body('vacuum-full', 'bloated'));
      expect(done).toMatchObject({
        status: 'done',
        verified: true,
        figures: [
          {
            label: 'Size with indexes and TOAST',
            before: expect.stringContaining('MB'),
            after: expect.stringContaining('kB'),
          },
          { label: 'Given back', before: null, after: expect.any(String) },
        ],
      });
      expect(await file('bloated')).not.toBe(before);
    });

    it('works on a strange name and on a partitioned table', async () => {
      expect(await run(await body('vacuum-full', quoted))).toMatchObject({ status: 'done' });
      const before = await file('parts_1');
      expect(await run(await body('vacuum-full', 'parts'))).toMatchObject({ status: 'done', warnings: [] });
      expect(await file('parts_1')).not.toBe(before);
    });

    it('steps back for who waits behind it, and nothing is changed', async () => {
      await stage.root(`create table slow_full (id int); insert into slow_full select generate_series(1, 500);
        create function slowly_full(id int) returns int language plpgsql immutable as $$ begin
          if current_setting('application_name') like 'pgdeck:act:%' then perform pg_sleep(0.05); end if;
          return id;
        end $$;
        create index on slow_full (public.slowly_full(id));
        alter table slow_full owner to owner; grant select on slow_full to app`);
      const before = await file('slow_full');
      const reader = await stage.client('app');
      const running = run(await body('vacuum-full', 'slow_full', { yield_after_seconds: 1 }));
      await expect
        .poll(() =>
          stage.root("select 1 from pg_locks where relation = 'slow_full'::regclass and mode = 'AccessExclusiveLock'"),
        )
        .not.toEqual([]);
      const answered = reader.query('select count(*)::int as n from slow_full').then(({ rows }) => rows);
      const back = await running;
      expect(back).toMatchObject({ status: 'cancelled', verified: false });
      expect(back.message).toContain('It stepped back');
      expect(await answered).toEqual([{ n: 500 }]);
      expect(await file('slow_full')).toBe(before);
    });

    it('is not for the catalog, says who it would wait for, and without rights does nothing', async () => {
      expect(await refused(await body('vacuum-full', 'pg_catalog.pg_class'))).toBe('422 system');
      expect(await refused(await body('vacuum-full', 'pg_catalog.pg_authid'))).toBe('422 system');
      expect(await refused(await body('vacuum-full', 'orders_view'))).toBe('422 not_a_table');
      expect(await refused(await body('vacuum-full', 'orders', { yield_after_seconds: 0 }))).toBe('400 bad_input');
      const reader = await stage.client('app');
      await reader.query('begin; select count(*) from orders');
      const shown = await preview(await body('vacuum-full', 'orders'));
      expect(shown.waitsFor).toMatchObject([{ pid: pidOf(reader), mode: 'AccessShareLock', granted: true }]);
      expect(shown.warnings.join()).toContain('waits at most 2 s');
      await reader.query('rollback');
      stage.use('weak');
      expect((await preview(await body('vacuum-full', 'orders'))).warnings.join()).toContain(
        'Role weak may not vacuum',
      );
      expect(await run(await body('vacuum-full', 'orders'))).toMatchObject({ status: 'nothing_done', verified: false });
    });

    it('of another table of the same name runs nothing', async () => {
      await stage.root('create table full_swapped (id int); alter table full_swapped owner to owner');
      const swap = () => stage.root('alter table full_swapped rename to full_2; create table full_swapped (id int)');
      expect(await changed(await body('vacuum-full', 'full_swapped'), swap)).toBe('409 target_changed');
    });
  });

  it('tables below another one are done with it where this version does so', async () => {
    await stage.root('insert into daughter select generate_series(1, 10)');
    await run(await body('vacuum', 'mother'));
    const [row] = await stage.root<{ n: number }>("select pg_stat_get_vacuum_count('daughter'::regclass)::int as n");
    expect(row?.n).toBe(major >= 18 ? 1 : 0);
    const before = await file('daughter');
    expect(await run(await body('vacuum-full', 'mother'))).toMatchObject({ status: 'done', warnings: [] });
    expect((await file('daughter')) !== before).toBe(major >= 18);
  });
});
