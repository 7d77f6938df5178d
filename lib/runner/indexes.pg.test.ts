import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { indexForm } from './index-form';
import { onIndexes } from './test-indexes';
import { refusal, Stage } from './test-stage';

describe.each([14, 18])('indexes on PostgreSQL %i', (major) => {
  let stage: Stage;
  const { preview, execute, run, create, on, next, cancelMidway, definition, valid } = onIndexes(() => stage);

  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(`grant create on schema public to owner;
      create schema tools authorization owner;
      create function tools.half(text) returns text language sql immutable as 'select left($1, length($1) / 2)';
      create table public.docs (id int, title varchar(40), body text, tags text[], at timestamptz);
      insert into public.docs select n, 't' || n, 'b' || n, array['x'], now() from generate_series(1, 500) as n;
      alter table public.docs drop column at;
      alter table public.docs add column at timestamptz;
      alter table public.docs owner to owner`);
  });
  beforeEach(() => stage.use('actor'));
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const oneOf = async (text: string): Promise<number> => Number((await stage.root<{ oid: number }>(text))[0]?.oid);

  it('is created with every option, verified, and its undo drops it', async () => {
    const opclass = await oneOf(
      "select o.oid::int from pg_opclass o join pg_am a on a.oid = opcmethod where opcname = 'text_pattern_ops' and amname = 'btree'",
    );
    const body = await create('docs', {
      columns: [
        { attnum: 2, order: 'desc', nulls: 'last', opclass },
        { expression: "lower(body || 'x') -- shown", order: 'asc' },
      ],
      include: [1, 6],
      where: 'tools.half(body) <> $$a"b$$ and at is null',
      unique: true,
      name: 'Docs "by" title',
    });
    const shown = await preview(body);
    expect(shown).toMatchObject({
      title: 'Create an index on public.docs?',
      inTransaction: false,
      confirm: 'step',
      locks: [{ relation: 'public.docs', mode: 'ShareUpdateExclusiveLock' }],
      sql: [
        `create /* pgdeck:create-index */ unique index concurrently "Docs ""by"" title" on public.docs using btree (title pg_catalog.text_pattern_ops desc nulls last, (lower(body || 'x') -- shown\n) asc) include (id, at) where (tools.half(body) <> $$a"b$$ and at is null)`,
      ],
    });
    expect(shown.warnings.join()).toContain('pg_catalog only');
    const done = await execute(shown);
    expect(done).toMatchObject({
      status: 'done',
      verified: true,
      message: 'public."Docs ""by"" title" is valid on public.docs.',
      figures: [{ label: 'Size of the index', before: null, after: expect.stringContaining('kB') }],
      undo: { sql: 'drop index concurrently public."Docs ""by"" title"', body: { action: 'drop-index' } },
    });
    expect(await definition('public."Docs ""by"" title"')).toBe(
      `CREATE UNIQUE INDEX "Docs ""by"" title" ON public.docs USING btree (title text_pattern_ops DESC NULLS LAST, lower((body || 'x'::text))) INCLUDE (id, at) WHERE ((tools.half(body) <> 'a"b'::text) AND (at IS NULL))`,
    );
    expect(await refusal(preview(body))).toBe('422 name_taken');
    const again = { ...body, options: { ...body.options, name: undefined } };
    expect((await preview(again)).warnings.join()).toContain('looks like the same index');

    expect(await run(done.undo?.body as typeof body)).toMatchObject({ status: 'done', verified: true });
    expect(await valid('public."Docs ""by"" title"')).toBeUndefined();
    expect(await stage.events()).toEqual(['intent', 'result done', 'intent', 'result done']);
  });

  it('is named as PostgreSQL would name it, and not built twice', async () => {
    const first = await run(await create('docs', { columns: [{ attnum: 1 }, { attnum: 2 }] }));
    expect(first).toMatchObject({ status: 'done', message: 'public.docs_id_title_idx is valid on public.docs.' });
    expect(await refusal(preview(await create('docs', { columns: [{ attnum: 1 }, { attnum: 2 }] })))).toBe(
      '422 exists',
    );
    const other = await preview(await create('docs', { columns: [{ attnum: 1 }, { attnum: 2, order: 'desc' }] }));
    expect(other.sql[0]).toContain('docs_id_title_idx1 on');
    await stage.root('drop index docs_id_title_idx');

    for (const name of ['x'.repeat(60), 'é'.repeat(31), 'short'])
      for (const column of ['y'.repeat(63), 'ü'.repeat(30), 'c']) {
        const table = `tools."${name}"`;
        await stage.root(`create table ${table} ("${column}" int); alter table ${table} owner to owner`);
        const { sql } = await preview(await create(table, { columns: [{ attnum: 1 }] }));
        await stage.root(`create index on ${table} ("${column}")`);
        const [made] = await stage.root<{ name: string }>(
          'select quote_ident(c.relname) as name from pg_index join pg_class c on c.oid = indexrelid where indrelid = to_regclass($1)',
          [table],
        );
        expect(sql[0]).toContain(` concurrently ${made?.name} on `);
        await stage.root(`drop table ${table}`);
      }
  });

  it('the form offers the columns with the operator classes that PostgreSQL takes for them', async () => {
    await stage.root(`create type tools.mood as enum ('good'); create domain tools.code as varchar(3);
      create table public.kinds (id int, title varchar, tags text[], mood tools.mood, at int4range, doc jsonb, code tools.code, here point)
        with (fillfactor = 70, toast.autovacuum_enabled = off);
      alter table public.kinds owner to owner`);
    const form = await indexForm(stage.server, { database: 'postgres', oid: await stage.oid('kinds') });
    expect(form).toMatchObject({ relation: 'public.kinds', partitioned: false });
    expect(form.parameters).toEqual(['fillfactor=70', 'toast.autovacuum_enabled=off']);
    expect(form.methods).toEqual(['btree', 'brin', 'gin', 'gist', 'hash', 'spgist']);
    const classes = (name: string, method: string) =>
      form.columns
        .find((column) => column.name === name)
        ?.opclasses.filter((each) => each.method === method)
        .map((each) => (each.isDefault ? `${each.name}*` : each.name));
    expect(classes('id', 'btree')).toEqual(['int4_ops*']);
    expect(classes('title', 'btree')).toEqual(expect.arrayContaining(['text_ops*', 'varchar_pattern_ops']));
    expect(classes('code', 'btree')).toEqual(classes('title', 'btree'));
    expect(classes('tags', 'gin')).toEqual(['array_ops*']);
    expect(classes('mood', 'btree')).toEqual(['enum_ops*']);
    expect(classes('at', 'gist')).toEqual(['range_ops*']);
    expect(classes('doc', 'gin')).toEqual(['jsonb_ops*', 'jsonb_path_ops']);
    expect(classes('here', 'btree')).toEqual([]);

    for (const { name, opclasses } of form.columns)
      for (const each of opclasses)
        await stage.root(`create index on kinds using ${each.method} (${name} ${each.name})`);
    expect(await refusal(indexForm(stage.server, { database: 'postgres', oid: 4_000_000_000 }))).toBe('404 not_found');
    await stage.server.connections.probe();
    expect(await refusal(indexForm(stage.server, { database: 'nowhere', oid: 1 }))).toBe('400 bad_input');
    await stage.root('drop table kinds');
  });

  it('is refused for what cannot be, with the reason', async () => {
    const refused = async (table: string, options: Record<string, unknown>) =>
      refusal(preview(await create(table, { columns: [{ attnum: 1 }], ...options })));
    expect(await refused('orders_view', {})).toBe('422 not_a_table');
    expect(await refused('pg_catalog.pg_class', {})).toBe('422 system_catalog');
    expect(await refused('docs', { columns: [{ attnum: 5 }] })).toBe('422 no_such_column');
    expect(await refused('docs', { columns: [{ attnum: 99 }] })).toBe('422 no_such_column');
    expect(await refused('docs', { include: [99] })).toBe('422 no_such_column');
    expect(await refused('docs', { columns: [{ attnum: 1, opclass: 4_000_000_000 }] })).toBe('422 no_such_opclass');
    expect(await refused('docs', { method: 'no "such' })).toBe('422 no_such_method');
    expect(await refused('docs', { method: 'hash', unique: true })).toBe('422 not_for_method');
    expect(await refused('docs', { method: 'hash', include: [2] })).toBe('422 not_for_method');
    expect(await refused('docs', { method: 'hash', columns: [{ attnum: 1 }, { attnum: 2 }] })).toBe(
      '422 not_for_method',
    );
    expect(await refused('docs', { method: 'gin', columns: [{ attnum: 4, order: 'desc' }] })).toBe(
      '422 not_for_method',
    );
    expect(await refused('docs', { name: 'docs' })).toBe('422 name_taken');
    expect(await refused('docs', { where: 'true); drop table docs; --' })).toBe('422 not_an_expression');
    expect(await refused('docs', { where: 'id in (select 1)' })).toBe('422 not_an_expression');
    expect(await refused('docs', { columns: [{ expression: 'id), (title' }] })).toBe('422 not_an_expression');
    for (const options of [
      { columns: [] },
      { columns: [{}] },
      { columns: [{ attnum: 1, expression: 'id' }] },
      { columns: [{ attnum: '1' }] },
      { columns: [{ attnum: 1, order: 'desc; drop' }] },
      { name: '' },
      { name: 'é'.repeat(32) },
      { name: 'a\0b' },
      { where: '' },
      { tablespace: 'x' },
    ])
      expect(await refused('docs', options), JSON.stringify(options)).toBe('400 bad_input');
  });

  it('without rights fails with 42501, as the preview foretells, and leaves nothing', async () => {
    stage.use('weak');
    const shown = await preview(await create('docs', { columns: [{ attnum: 1 }] }));
    expect(shown.warnings.join()).toContain('Role weak does not own public.docs');
    expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', next: [] });
    await stage.root('create index docs_id on docs (id)');
    for (const action of ['drop-index', 'reindex']) {
      const asked = await preview(await on(action, 'docs_id'));
      expect(asked.warnings.join()).toContain('42501');
      expect(await execute(asked)).toMatchObject({ status: 'failed', sqlstate: '42501' });
    }
    expect(await valid('docs_id')).toBe(true);
    await stage.root('drop index docs_id');
  });

  it('is not done when the table or the index is another one by then', async () => {
    const created = await preview(await create('docs', { columns: [{ attnum: 1 }] }));
    await stage.root('alter table docs rename to docs_2; create table docs (id int)');
    expect(await refusal(execute(created))).toBe('409 target_changed');
    await stage.root('drop table docs; alter table docs_2 rename to docs; create index docs_id on docs (id)');
    const [dropped, rebuilt] = [
      await preview(await on('drop-index', 'docs_id')),
      await preview(await on('reindex', 'docs_id')),
    ];
    await stage.root('drop index docs_id; create index docs_id on docs (title)');
    expect(await refusal(execute(dropped))).toBe('409 target_changed');
    expect(await refusal(execute(rebuilt))).toBe('409 target_changed');
    await stage.root('drop index docs_id');
    const proposed = await preview(await create('docs', { columns: [{ attnum: 1 }] }));
    await stage.root('create table docs_id_idx ()');
    expect(await refusal(execute(proposed))).toBe('409 target_changed');
    await stage.root('drop table docs_id_idx');
  });

  it('unique on duplicates leaves an INVALID index, which is named, refused to be built over, and dropped', async () => {
    await stage.root('insert into docs (id) values (1)');
    const body = await create('docs', { columns: [{ attnum: 1 }], unique: true });
    const failed = await run(body);
    expect(failed).toMatchObject({ status: 'failed', sqlstate: '23505', verified: false });
    expect(failed.warnings.join()).toContain('public.docs_id_idx is left behind INVALID');
    expect(failed.next).toMatchObject([
      { title: 'Drop the INVALID leftover public.docs_id_idx', body: { action: 'drop-index' } },
      { title: 'Repair public.docs_id_idx: build it again', body: { action: 'reindex' } },
    ]);
    expect(await valid('docs_id_idx')).toBe(false);
    expect(await refusal(preview(body))).toBe('422 exists_invalid');
    expect(await refusal(preview({ ...body, options: { ...body.options, name: 'docs_id_idx' } }))).toBe(
      '422 name_taken',
    );
    expect(await run(next(failed, 'reindex').body)).toMatchObject({ status: 'failed', sqlstate: '23505' });
    const shown = await preview(next(failed, 'drop-index').body);
    expect(shown).toMatchObject({ title: 'Drop the INVALID leftover public.docs_id_idx?' });
    expect(shown.undo?.body.action).toBe('recreate');
    expect(await execute(shown)).toMatchObject({ status: 'done', verified: true });
    await stage.root('drop index if exists docs_id_idx_ccnew; delete from docs where title is null');
  });

  it('goes the whole way: created while an old snapshot holds it up, cancelled, cleaned, made, dropped, restored', async () => {
    const old = await stage.client('postgres', 'report');
    await old.query('begin isolation level repeatable read; select 1');
    const body = await create('orders', { columns: [{ attnum: 2 }] });
    const cancelled = await cancelMidway(body);
    expect(cancelled).toMatchObject({ status: 'cancelled', sqlstate: '57014', verified: false });
    expect(await valid('orders_note_idx')).toBe(false);
    await old.query('commit');
    expect(await run(next(cancelled, 'drop-index').body)).toMatchObject({ status: 'done', verified: true });

    expect(await run(body)).toMatchObject({ status: 'done', verified: true });
    const before = await definition('orders_note_idx');
    const dropped = await run(await on('drop-index', 'orders_note_idx'));
    expect(dropped).toMatchObject({
      status: 'done',
      message: 'public.orders_note_idx is dropped.',
      undo: { sql: before?.replace('INDEX', 'INDEX CONCURRENTLY') },
    });
    expect(await valid('orders_note_idx')).toBeUndefined();
    const restored = await run({ action: 'recreate', target: { kind: 'run', runId: dropped.runId } });
    expect(restored).toMatchObject({ status: 'done', verified: true, undo: { body: { action: 'drop-index' } } });
    expect(restored.sql[0]).toMatch(
      /^create \/\* pgdeck:recreate \*\/ INDEX CONCURRENTLY orders_note_idx ON public.orders/,
    );
    expect(await definition('orders_note_idx')).toBe(before);
    expect(await refusal(preview({ action: 'recreate', target: { kind: 'run', runId: dropped.runId } }))).toBe(
      '422 name_taken',
    );
    expect(await refusal(preview({ action: 'recreate', target: { kind: 'run', runId: cancelled.runId } }))).toBe(
      '404 not_found',
    );
  });

  it('statistics that were dropped are made again by the text that the audit kept', async () => {
    await stage.root(
      'set role owner; create statistics public."S ""1""" (ndistinct) on id, (lower(title)) from public.docs; reset role',
    );
    const text = 'select oid::int as oid, pg_get_statisticsobjdef(oid) as text from pg_statistic_ext';
    const [before] = await stage.root<{ oid: number; text: string }>(text);
    const dropped = await run({
      action: 'drop-statistics',
      target: { kind: 'statistics', database: 'postgres', oid: before?.oid ?? 0 },
    });
    expect(dropped).toMatchObject({ status: 'done', verified: true });
    const again = { action: 'recreate', target: { kind: 'run' as const, runId: dropped.runId } };
    await stage.root('alter table docs rename to docs_2');
    expect(await refusal(preview(again))).toBe('422 table_gone');
    await stage.root('create table docs (like docs_2)');
    const other = await preview(again).catch(({ code, message }) => ({ code, message }));
    await stage.root('drop table docs; alter table docs_2 rename to docs');
    expect(other).toMatchObject({
      code: 'table_gone',
      message: 'public.docs is another table now than the one that it was on. Nothing was done.',
    });
    expect(await run(again)).toMatchObject({
      status: 'done',
      verified: true,
      undo: { body: { action: 'drop-statistics' } },
    });
    expect((await stage.root<{ text: string }>(text))[0]?.text).toBe(before?.text);
    expect(await refusal(preview(again))).toBe('422 name_taken');
    await stage.root('drop statistics public."S ""1"""');
  });

  it('a DROP that is cancelled midway makes a good index INVALID: told, and repaired or dropped', async () => {
    await stage.root('create index orders_half on orders (id) where id > 500; alter index orders_half owner to owner');
    const reader = await stage.client('app', 'reader');
    await reader.query('begin; select count(*) from orders');
    const cancelled = await cancelMidway(await on('drop-index', 'orders_half'));
    expect(cancelled).toMatchObject({ status: 'cancelled', sqlstate: '57014' });
    expect(cancelled.warnings.join()).toContain('public.orders_half is INVALID now');
    expect(await valid('orders_half')).toBe(false);
    await reader.query('commit');
    const repaired = await run(next(cancelled, 'reindex').body);
    expect(repaired).toMatchObject({ status: 'done', message: 'public.orders_half is valid again.' });
    expect(await run(await on('drop-index', 'orders_half'))).toMatchObject({ status: 'done' });
  });

  it('can be previewed while the table is locked against everybody, or says why not', async () => {
    await stage.root(`create table stuck (id int, part int); alter table stuck owner to owner;
      create index stuck_some on stuck ((id + 1)) where part > 0`);
    const drop = await on('drop-index', 'stuck_some');
    const reindex = await on('reindex', 'stuck_some');
    const before = await preview(reindex);
    const like = await create('stuck', { columns: [{ expression: 'id + 1' }], where: 'part > 0' });
    const other = await create('stuck', { columns: [{ attnum: 1 }] });
    const locking = await stage.client('owner', 'migration');
    await locking.query('begin; lock table stuck in access exclusive mode');
    for (const body of [reindex, other])
      expect((await preview(body)).waitsFor).toMatchObject([{ mode: 'AccessExclusiveLock', granted: true }]);
    const words = (body: typeof drop) => preview(body).catch(({ code, message }) => `${code} ${message}`);
    expect(await words(drop)).toMatch(/^locked public\.stuck is locked against everybody now.*kept for an undo/);
    expect(await words(like)).toMatch(/^locked public\.stuck is locked against everybody now.*has this index already/);
    await locking.query('reindex index stuck_some');
    expect((await preview(reindex)).waitsFor).toMatchObject([{ mode: 'AccessExclusiveLock', granted: true }]);
    await locking.query('rollback');
    expect(await execute(before)).toMatchObject({ status: 'done' });
    expect((await preview(await on('drop-index', 'stuck_some'))).undo?.sql).toContain('WHERE (part > 0)');
    expect(await words(like)).toContain('exists ');
  });
});
