import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onIndexes } from './test-indexes';
import { refusal, Stage } from './test-stage';

describe.each([14, 18])('an index of a partitioned table on PostgreSQL %i', (major) => {
  let stage: Stage;
  const { preview, execute, run, create, on, next, definition, valid } = onIndexes(() => stage);

  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root('grant create on schema public to owner; grant pg_read_all_stats to owner');
  });
  beforeEach(async () => {
    stage.use('actor');
    // The columns of a partition have other numbers; one part has parts of its own.
    await stage.root(`set role owner;
      create table public.m (id int, region text, note text) partition by range (id);
      create table public.m_1 (gone int, note text, region text, id int);
      alter table public.m_1 drop column gone;
      alter table public.m attach partition public.m_1 for values from (0) to (100);
      create table public.m_2 partition of public.m for values from (100) to (200) partition by list (region);
      create table public.m_2a partition of public.m_2 for values in ('a');
      create table public."m 2 ""b""" partition of public.m_2 for values in ('b');
      insert into public.m select n, case when n % 2 = 0 then 'a' else 'b' end, 'n' || n from generate_series(0, 199) as n;
      reset role`);
  });
  afterEach(async () => {
    await stage.root('drop table public.m');
    await stage.clear();
  });
  afterAll(() => stage?.end());

  const attached = async (index: string) =>
    (
      await stage.root<{ name: string; valid: boolean }>(
        `select p.relid::regclass::text as name, i.indisvalid as valid from pg_partition_tree(to_regclass($1)) as p
          join pg_index as i on i.indexrelid = p.relid order by p.level, 1`,
        [index],
      )
    ).map((each) => (each.valid ? each.name : `${each.name} INVALID`));

  it('is prepared, built on each partition for itself, attached, and valid; what is there is only attached', async () => {
    await stage.root('create index ready on public.m_1 (lower(note), id desc)');
    const body = await create('m', { columns: [{ expression: 'lower(note)' }, { attnum: 1, order: 'desc' }] });
    const shown = await preview(body);
    const keys = 'using btree ((lower(note)), id desc)';
    const tag = '/* pgdeck:create-index */';
    expect(shown.sql).toEqual([
      `create ${tag} index m_expr_id_idx on only public.m ${keys}`,
      `alter ${tag} index public.m_expr_id_idx attach partition public.ready`,
      `create ${tag} index m_2_expr_id_idx on only public.m_2 ${keys}`,
      `alter ${tag} index public.m_expr_id_idx attach partition public.m_2_expr_id_idx`,
      `create ${tag} index concurrently "m 2 ""b""_expr_id_idx" on public."m 2 ""b""" ${keys}`,
      `alter ${tag} index public.m_2_expr_id_idx attach partition public."m 2 ""b""_expr_id_idx"`,
      `create ${tag} index concurrently m_2a_expr_id_idx on public.m_2a ${keys}`,
      `alter ${tag} index public.m_2_expr_id_idx attach partition public.m_2a_expr_id_idx`,
    ]);
    expect(shown.inTransaction).toBe(false);
    expect(shown.locks).toContainEqual(expect.objectContaining({ relation: 'public.m', mode: 'ShareLock' }));
    const done = await execute(shown);
    expect(done).toMatchObject({
      status: 'done',
      verified: true,
      message: 'public.m_expr_id_idx is valid on public.m.',
      undo: { sql: 'drop index public.m_expr_id_idx' },
    });
    expect(await attached('m_expr_id_idx')).toEqual([
      'm_expr_id_idx',
      'm_2_expr_id_idx',
      'ready',
      '"m 2 ""b""_expr_id_idx"',
      'm_2a_expr_id_idx',
    ]);
    expect(await refusal(preview(body))).toBe('422 exists');
    expect(await refusal(preview(await on('drop-index', 'm_2a_expr_id_idx')))).toBe('422 part_of_index');

    const dropping = await preview(done.undo?.body as typeof body);
    expect(dropping).toMatchObject({
      sql: ['drop /* pgdeck:drop-index */ index public.m_expr_id_idx'],
      inTransaction: true,
      locks: expect.arrayContaining([expect.objectContaining({ relation: 'public.m', mode: 'AccessExclusiveLock' })]),
    });
    const before = await definition('m_expr_id_idx');
    const dropped = await execute(dropping);
    expect(dropped).toMatchObject({ status: 'done', verified: true });
    expect(await valid('ready')).toBeUndefined();
    const restored = await run(dropped.undo?.body as typeof body);
    expect(restored).toMatchObject({ status: 'done', verified: true });
    expect(await definition('m_expr_id_idx')).toBe(before);
    expect(await attached('m_expr_id_idx')).toHaveLength(5);
  });

  it('that failed midway goes on from there', async () => {
    await stage.root("update public.m set note = 'zero' where id = 101");
    const body = await create('m', {
      columns: [{ expression: 'pg_catalog.length(note) / (pg_catalog.length(note) - 4)' }],
      where: "region in ('a', 'b')",
      name: 'by "length"',
    });
    await stage.root("update public.m set note = 'ten' where id <> 101");
    const failed = await run(body);
    expect(failed).toMatchObject({ status: 'failed', sqlstate: '22012', verified: false });
    expect(failed.next?.map(({ title }) => title)).toEqual([
      'Go on with by "length": build and attach what is missing',
      'Drop the INVALID leftover public."m 2 ""b""_expr_idx"',
      'Repair public."m 2 ""b""_expr_idx": build it again',
    ]);
    expect(await attached('"by ""length"""')).toEqual([
      '"by ""length""" INVALID',
      'm_1_expr_idx',
      'm_2_expr_idx INVALID',
    ]);
    await stage.root("update public.m set note = 'ten' where id = 101");
    const goOn = await preview(next(failed, 'create-index').body);
    expect(goOn.sql.map((sql) => sql.replace(/ using .*/, ''))).toEqual([
      'reindex /* pgdeck:create-index */ index concurrently public."m 2 ""b""_expr_idx"',
      'alter /* pgdeck:create-index */ index public.m_2_expr_idx attach partition public."m 2 ""b""_expr_idx"',
      'create /* pgdeck:create-index */ index concurrently m_2a_expr_idx on public.m_2a',
      'alter /* pgdeck:create-index */ index public.m_2_expr_idx attach partition public.m_2a_expr_idx',
    ]);
    expect(goOn.warnings.join()).toContain('begun earlier');
    expect(await execute(goOn)).toMatchObject({ status: 'done', verified: true });
    expect(await attached('"by ""length"""')).toHaveLength(5);
    expect((await attached('"by ""length"""')).join()).not.toContain('INVALID');
  });

  it('is refused where a part is a foreign table, and not done when the parts are others by then', async () => {
    await stage.root(`create foreign data wrapper nothing; create server nowhere foreign data wrapper nothing;
      create foreign table public.far partition of public.m for values from (200) to (300) server nowhere`);
    const body = await create('m', { columns: [{ attnum: 1 }] });
    expect(await refusal(preview(body))).toBe('422 foreign_partition');
    await stage.root('drop foreign data wrapper nothing cascade');
    const shown = await preview(body);
    await stage.root('create table public.m_3 partition of public.m for values from (200) to (300)');
    expect(await refusal(execute(shown))).toBe('409 target_changed');
  });

  it('gets names of its own where the names of the parts only differ at their ends', async () => {
    const long = 'x'.repeat(60);
    await stage.root(`set role owner;
      create table public.${long}_a partition of public.m for values from (200) to (300);
      create table public.${long}_b partition of public.m for values from (300) to (400);
      reset role`);
    expect(
      await run(await create('m', { columns: [{ attnum: 2 }, { attnum: 1 }], unique: true, name: 'ß'.repeat(31) })),
    ).toMatchObject({ status: 'done', verified: true });
    expect(await attached(`"${'ß'.repeat(31)}"`)).toHaveLength(7);
  });

  it('is built anew part by part', async () => {
    await stage.root('set role owner; create index by_region on public.m (region); reset role');
    const parts = async () =>
      (
        await stage.root<{ oid: number }>("select relid::oid as oid from pg_partition_tree('by_region') where isleaf")
      ).map(({ oid }) => oid);
    const before = await parts();
    for (const body of [await on('reindex', 'by_region'), { ...(await create('m', {})), action: 'reindex' }]) {
      const shown = await preview(body);
      expect(shown.sql).toHaveLength(3);
      expect(shown.locks.map(({ mode }) => mode)).not.toContain('ShareLock');
      const done = await execute(shown);
      expect(done).toMatchObject({ status: 'done', verified: true, figures: [{ label: 'Size' }] });
      expect(done.message).toMatch(/is built anew/);
    }
    expect((await parts()).filter((oid) => before.includes(oid))).toEqual([]);
  });
});
