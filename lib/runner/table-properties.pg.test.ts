import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { storageParameters } from '@/lib/actions/tables/storage-parameters';
import { acting } from './test-acting';
import { Stage } from './test-stage';

/** 63 bytes with quotes, spaces, a newline and letters that run from right to left. */
const strange = `a "b" 'c'\n; drop -- ${'עברית'.repeat(4)}xxx`;
const quoted = `"${strange.replaceAll('"', '""')}"`;

describe.each([14, 18])('what belongs to a table, on PostgreSQL %i', (major) => {
  let stage: Stage;
  const { preview, run, refused, changed } = acting(() => stage);

  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(`revoke create on schema public from public; grant create on schema public to owner;
      create table public.${quoted} (${quoted} int, b int, c int, gone int);
      alter table public.${quoted} drop column gone;
      alter table public.${quoted} owner to owner;
      create materialized view public.mv as select 1 as a, 2 as b; alter materialized view public.mv owner to owner;
      create table public.customers (id int primary key); alter table public.customers owner to owner;
      insert into public.customers select generate_series(1, 10);
      create table public.carts (id int, customer int, n int) with (fillfactor = 90);
      insert into public.carts select n, n, n from generate_series(1, 10) as n;
      alter table public.carts owner to owner`);
  });
  beforeEach(() => stage.use('actor'));
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const body = async (action: string, name: string, options?: Record<string, unknown>): Promise<PreviewBody> => ({
    action,
    target: { kind: 'relation', database: 'postgres', oid: await stage.oid(name) },
    ...(options && { options }),
  });
  const oidOf = async (sql: string) => Number((await stage.root<{ oid: number }>(sql))[0]?.oid);

  describe('set-storage-parameters', () => {
    const stored = async (name: string) =>
      (
        await stage.root<{ options: string[] | null; toast: string[] | null }>(
          'select c.reloptions as options, t.reloptions as toast from pg_class as c left join pg_class as t on t.oid = c.reltoastrelid where c.oid = $1::regclass',
          [name],
        )
      )[0];

    it('sets and resets in one statement, and its undo restores what was there', async () => {
      await stage.root('alter table orders set (fillfactor = 70, autovacuum_enabled = off)');
      const options = {
        fillfactor: null,
        autovacuum_enabled: true,
        autovacuum_vacuum_scale_factor: 0.02,
        'toast.autovacuum_vacuum_threshold': 1000,
      };
      const shown = await preview(await body('set-storage-parameters', 'orders', options));
      expect(shown).toMatchObject({
        sql: [
          'alter /* pgdeck:set-storage-parameters */ table public.orders set (autovacuum_enabled = true, autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_threshold = 1000), reset (fillfactor)',
        ],
        undo: {
          sql: 'alter /* pgdeck:set-storage-parameters */ table public.orders set (fillfactor = 70, autovacuum_enabled = false), reset (autovacuum_vacuum_scale_factor, toast.autovacuum_vacuum_threshold)',
        },
      });
      const done = await run(await body('set-storage-parameters', 'orders', options));
      expect(done).toMatchObject({ status: 'done', verified: true });
      expect(done.figures).toContainEqual({
        label: 'fillfactor',
        before: '70',
        after: 'not set: 100',
      });
      expect(done.figures).toContainEqual({ label: 'autovacuum_enabled', before: 'off', after: 'on' });
      expect(await stored('orders')).toEqual({
        options: ['autovacuum_enabled=true', 'autovacuum_vacuum_scale_factor=0.02'],
        toast: ['autovacuum_vacuum_threshold=1000'],
      });
      expect(await refused(await body('set-storage-parameters', 'orders', options))).toBe('422 nothing_changes');
      expect(await run(done.undo?.body as PreviewBody)).toMatchObject({ status: 'done', verified: true });
      expect(await stored('orders')).toEqual({ options: ['fillfactor=70', 'autovacuum_enabled=false'], toast: null });
    });

    it('knows the ranges that the server has', async () => {
      await stage.root('create table ranged (note text)');
      for (const [name, { kind, least, most, from = 14 }] of Object.entries(storageParameters)) {
        if (kind === 'boolean') continue;
        const set = (value: number) =>
          stage.root(`alter table ranged set (${name} = ${value})`).then(
            () => 'set',
            (error) => error.code,
          );
        const step = kind === 'real' ? 0.5 : 1;
        const inside = major >= from ? 'set' : '22023';
        expect([name, await set(least), await set(most)]).toEqual([name, inside, inside]);
        expect([name, await set(least - step), await set(most + step)]).toEqual([name, '22023', '22023']);
      }
      const asked = (options: Record<string, unknown>) => body('set-storage-parameters', 'orders', options);
      expect(await refused(await asked({ fillfactor: 9 }))).toBe('400 bad_input');
      expect(await refused(await asked({ user_catalog_table: true }))).toBe('400 bad_input');
      expect(await refused(await asked({ fillfactor: '80); drop table x' }))).toBe('400 bad_input');
    });

    it('works on a strange name and a materialized view, not on what has none', async () => {
      expect(await run(await body('set-storage-parameters', `public.${quoted}`, { fillfactor: 50 }))).toMatchObject({
        status: 'done',
      });
      expect(await stored(`public.${quoted}`)).toMatchObject({ options: ['fillfactor=50'] });
      const view = await run(await body('set-storage-parameters', 'mv', { autovacuum_enabled: false }));
      expect(view).toMatchObject({ status: 'done' });
      expect(view.sql[0]).toContain('materialized view public.mv');
      expect(await refused(await body('set-storage-parameters', 'parts', { fillfactor: 50 }))).toBe('422 partitioned');
      expect(await refused(await body('set-storage-parameters', 'orders_view', { fillfactor: 50 }))).toBe(
        '422 not_a_table',
      );
      expect(await refused(await body('set-storage-parameters', 'pg_class', { fillfactor: 50 }))).toBe('422 system');
      expect(await refused(await body('set-storage-parameters', 'carts', {}))).toBe('422 nothing_asked');
      expect(await refused(await body('set-storage-parameters', 'carts', { 'toast.autovacuum_enabled': false }))).toBe(
        '422 no_toast',
      );
      const newest = await body('set-storage-parameters', 'carts', { autovacuum_vacuum_max_threshold: 1000 });
      if (major < 18) expect(await refused(newest)).toBe('422 version');
      else expect(await run(newest)).toMatchObject({ status: 'done' });
    });

    it('without rights fails, as foretold; changed meanwhile it runs nothing', async () => {
      const options = { autovacuum_analyze_threshold: 7 };
      const meanwhile = () => stage.root('alter table carts set (autovacuum_analyze_threshold = 7)');
      expect(await changed(await body('set-storage-parameters', 'carts', options), meanwhile)).toBe(
        '409 target_changed',
      );
      stage.use('weak');
      const asked = await body('set-storage-parameters', 'carts', { autovacuum_analyze_threshold: 8 });
      expect((await preview(asked)).warnings.join()).toContain('Role weak does not own public.carts');
      expect(await run(asked)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    });
  });

  describe('statistics on columns', () => {
    const definitions = async () =>
      (
        await stage.root<{ text: string }>(
          'select pg_get_statisticsobjdef(oid) as text from pg_statistic_ext order by oid',
        )
      ).map(({ text }) => text);

    it('are created under a free name, dropped by the undo, and made again by the undo of that', async () => {
      const made = await run(await body('create-statistics', 'carts', { columns: [2, 1], kinds: ['dependencies'] }));
      expect(made).toMatchObject({
        status: 'done',
        verified: true,
        sql: [
          'create /* pgdeck:create-statistics */ statistics public.carts_customer_id_stat (dependencies) on customer, id from public.carts',
        ],
        undo: { sql: 'drop statistics public.carts_customer_id_stat' },
        next: [{ body: { action: 'analyze' } }],
      });
      const [definition] = await definitions();
      expect(await run(made.next?.[0]?.body as PreviewBody)).toMatchObject({ status: 'done' });
      const dropped = await run(made.undo?.body as PreviewBody);
      expect(dropped).toMatchObject({
        status: 'done',
        verified: true,
        message: 'public.carts_customer_id_stat is dropped.',
      });
      expect(await definitions()).toEqual([]);
      expect(await run(dropped.undo?.body as PreviewBody)).toMatchObject({ status: 'done', verified: true });
      expect(await definitions()).toEqual([definition]);
      expect(
        await refused(await body('create-statistics', 'carts', { columns: [1, 2], kinds: ['dependencies'] })),
      ).toBe('422 exists');
      const more = await preview(await body('create-statistics', 'carts', { columns: [2, 1] }));
      expect(more.sql[0]).toContain('public.carts_customer_id_stat1 (ndistinct, dependencies, mcv)');
      await stage.root('drop statistics carts_customer_id_stat');
    });

    it('take strange names whole', async () => {
      const options = { columns: [1, 2], name: strange };
      const made = await run(await body('create-statistics', `public.${quoted}`, options));
      expect(made).toMatchObject({ status: 'done', verified: true });
      expect(await stage.root('select stxname::text as name from pg_statistic_ext')).toEqual([{ name: strange }]);
      expect(await refused(await body('create-statistics', 'carts', options))).toBe('422 name_taken');
      const dropped = await run(made.undo?.body as PreviewBody);
      expect(dropped).toMatchObject({ status: 'done' });
      expect(await run(dropped.undo?.body as PreviewBody)).toMatchObject({ status: 'done' });
      expect(await stage.root('select stxname::text as name from pg_statistic_ext')).toEqual([{ name: strange }]);
      const named = await preview(await body('create-statistics', `public.${quoted}`, { columns: [1, 2, 3] }));
      expect(
        Buffer.byteLength((named.facts[0]?.value ?? '').slice('public."'.length, -1).replaceAll('""', '"')),
      ).toBeLessThanOrEqual(63);
      expect(await run(await body('create-statistics', `public.${quoted}`, { columns: [1, 2, 3] }))).toMatchObject({
        status: 'done',
      });
      await stage.root(`drop table public.${quoted} cascade`);
    });

    it('are refused for what cannot be, and for what changed meanwhile', async () => {
      const on = (columns: unknown, more: object = {}) => body('create-statistics', 'carts', { columns, ...more });
      expect(await refused(await on([1, 9]))).toBe('422 no_such_column');
      expect(await refused(await on([1]))).toBe('400 bad_input');
      expect(await refused(await on([1, 1]))).toBe('400 bad_input');
      expect(await refused(await on([1, 2], { kinds: ['mcv) on a, b from x; drop table y --'] }))).toBe(
        '400 bad_input',
      );
      expect(await refused(await on([1, 2], { name: 'x'.repeat(64) }))).toBe('400 bad_input');
      expect(await refused(await on([1, 2], { name: 'a\0b' }))).toBe('400 bad_input');
      expect(await refused(await body('create-statistics', 'orders_view', { columns: [1, 2] }))).toBe(
        '422 not_a_table',
      );
      const rename = () => stage.root('alter table carts rename column n to m');
      expect(await changed(await on([1, 3]), rename)).toBe('409 target_changed');
      await stage.root('create statistics going on id, customer from carts; alter statistics going owner to owner');
      const target = {
        kind: 'statistics' as const,
        database: 'postgres',
        oid: await oidOf("select oid::int from pg_statistic_ext where stxname = 'going'"),
      };
      const replace = () => stage.root('alter statistics going rename to gone');
      expect(await changed({ action: 'drop-statistics', target }, replace)).toBe('409 target_changed');
      stage.use('weak');
      const drop = await preview({ action: 'drop-statistics', target });
      expect(drop.warnings.join()).toContain('Role weak does not own public.gone');
      expect(await run({ action: 'drop-statistics', target })).toMatchObject({ status: 'failed', sqlstate: '42501' });
      const create = await preview(await on([1, 3]));
      expect(create.warnings.join()).toContain(
        'does not own public.carts and may not create anything in schema public',
      );
      expect(await run(await on([1, 3]))).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    });
  });

  describe('validate-constraint', () => {
    const validate = async (name: string): Promise<PreviewBody> => ({
      action: 'validate-constraint',
      target: {
        kind: 'constraint',
        database: 'postgres',
        oid: await oidOf(
          `select oid::int from pg_constraint where conname = '${name.replaceAll("'", "''")}' and conparentid = 0 and conrelid <> 'parts_1'::regclass`,
        ),
      },
    });

    it('checks the rows there are, and marks it valid', async () => {
      await stage.root(`alter table carts add constraint ${quoted} check (id > 0) not valid;
        alter table carts add constraint carts_customer foreign key (customer) references customers not valid;
        alter table parts add constraint whole check (id < 1000) not valid`);
      const shown = await preview(await validate('carts_customer'));
      expect(shown).toMatchObject({
        sql: ['alter /* pgdeck:validate-constraint */ table public.carts validate constraint carts_customer'],
        confirm: 'step',
        locks: [
          { relation: 'public.carts', mode: 'ShareUpdateExclusiveLock' },
          { relation: 'public.customers', mode: 'RowShareLock' },
        ],
      });
      for (const name of [strange, 'carts_customer', 'whole']) {
        const body = await validate(name);
        expect(await run(body)).toMatchObject({ status: 'done', verified: true });
        expect(await refused(body)).toBe('422 already_valid');
      }
      const left = await stage.root("select 1 from pg_constraint where not convalidated and contype in ('c', 'f')");
      expect(left).toEqual([]);
    });

    it('can be previewed while somebody has locked the table, and says who', async () => {
      await stage.root(
        'alter table carts add constraint later check (id < 9999) not valid; create statistics held on id, customer from carts',
      );
      const statistics = await oidOf("select oid::int from pg_statistic_ext where stxname = 'held'");
      const migration = await stage.client('owner', 'migration');
      await migration.query('begin; lock table carts in access exclusive mode');
      const shown = await preview(await validate('later'));
      expect(shown.waitsFor).toMatchObject([{ mode: 'AccessExclusiveLock', granted: true }]);
      expect(shown.facts).toContainEqual({ label: 'Definition', value: 'not readable now: the table is locked' });
      const drop = {
        action: 'drop-statistics',
        target: { kind: 'statistics' as const, database: 'postgres', oid: statistics },
      };
      expect(await refused(drop)).toBe('422 locked');
      await migration.query('rollback');
      expect((await preview(drop)).undo?.sql).toBe('CREATE STATISTICS public.held ON id, customer FROM public.carts');
      expect(await run(await validate('later'))).toMatchObject({ status: 'done', verified: true });
    });

    it('with a row that breaks it fails, without telling the row, and it is still not valid', async () => {
      await stage.root(`alter table carts add constraint few check (customer < 5) not valid;
        insert into carts values (11, 4, 11);
        create table lost (customer int); alter table lost owner to owner; insert into lost values (4711);
        alter table lost add constraint lost_customer foreign key (customer) references customers not valid`);
      for (const [name, sqlstate, told] of [
        ['few', '23514', 'check constraint "few" of relation "carts" is violated by some row'],
        ['lost_customer', '23503', 'Its text is hidden'],
      ] as const) {
        const failed = await run(await validate(name));
        expect(failed).toMatchObject({ status: 'failed', sqlstate, verified: false });
        expect(failed.message).toContain(told);
        expect(JSON.stringify(failed)).not.toContain('4711');
        expect(await stage.root('select convalidated as valid from pg_constraint where conname = $1', [name])).toEqual([
          { valid: false },
        ]);
      }
    });

    it('is for what can be validated only; without rights it fails, changed meanwhile it runs nothing', async () => {
      expect(await refused(await validate('carts_customer'))).toBe('422 already_valid');
      expect(await refused(await validate('customers_pkey'))).toBe('422 not_validatable');
      const rename = () => stage.root('alter table carts rename constraint few to fewer');
      expect(await changed(await validate('few'), rename)).toBe('409 target_changed');
      if (major >= 18) {
        await stage.root('alter table carts add constraint named not null customer not valid');
        expect(await run(await validate('named'))).toMatchObject({ status: 'done', verified: true });
        await stage.root('alter table carts add constraint loose check (id > 5) not enforced');
        expect(await refused(await validate('loose'))).toBe('422 not_enforced');
      }
      stage.use('weak');
      expect((await preview(await validate('fewer'))).warnings.join()).toContain('Role weak does not own public.carts');
      expect(await run(await validate('fewer'))).toMatchObject({
        status: 'failed',
        sqlstate: '42501',
        verified: false,
      });
    });
  });
});
