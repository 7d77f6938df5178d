import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { acting } from './test-acting';
import { Stage } from './test-stage';

describe.each([14, 18])('a whole database on PostgreSQL %i', (major) => {
  let stage: Stage;
  const { preview, execute, run, refused } = acting(() => stage);
  const body = (options?: Record<string, unknown>): PreviewBody => ({
    action: 'analyze-database',
    target: { kind: 'database', database: 'other' },
    ...(options && { options }),
  });

  beforeAll(async () => {
    stage = await Stage.build(major);
    await inOther(`create schema "Far ""away""";
      create table public.large (id int); insert into large select generate_series(1, 20000)`);
    await inOther('vacuum large');
    await inOther(`create table public.small (id int); insert into small values (1);
      create table "Far ""away""".odd (id int);
      create table public.foreigners (id int);
      create materialized view public.never as select 1 as a with no data;
      create table public.parts (id int) partition by range (id);
      create table public.parts_1 partition of public.parts for values from (0) to (100);
      insert into public.parts select generate_series(1, 99);
      create temp table mine (id int);
      alter table public.large owner to owner; alter table public.small owner to owner;
      alter table "Far ""away""".odd owner to owner; grant usage on schema "Far ""away""" to owner;
      alter table public.parts owner to owner; alter table public.parts_1 owner to owner;`);
  });
  beforeEach(() => stage.use('actor'));
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  // A session hands in its counts at the latest when it ends.
  const inOther = async <Row>(sql: string): Promise<Row[]> => {
    const client = await stage.client('postgres', 'setup', 'other');
    const { rows } = await client.query(sql);
    await client.end();
    return rows as Row[];
  };
  const analyzed = async () =>
    (
      await inOther<{ name: string }>(
        'select relname as name from pg_stat_user_tables where last_analyze is not null order by 1',
      )
    ).map(({ name }) => name);

  it('is analyzed table by table, the largest last, with what failed told', async () => {
    const shown = await preview(body());
    expect(shown).toMatchObject({
      title: 'Analyze 5 tables of database other?',
      confirm: 'step',
      sql: [
        'analyze /* pgdeck:analyze-database */ public.small',
        'analyze /* pgdeck:analyze-database */ "Far ""away""".odd',
        'analyze /* pgdeck:analyze-database */ public.parts',
        'analyze /* pgdeck:analyze-database */ public.large',
        'analyze /* pgdeck:analyze-database */ public.foreigners',
      ],
    });
    expect(shown.warnings.join()).toContain('may not analyze 1 of them (public.foreigners)');
    expect(shown.facts).toContainEqual(expect.objectContaining({ label: 'Partitioned tables' }));
    const done = await run(body());
    expect(done).toMatchObject({
      status: 'done_with_warnings',
      verified: true,
      message: '4 of 5 tables are analyzed.',
    });
    expect(done.warnings.join()).toContain('Not analyzed: public.foreigners.');
    expect(await analyzed()).toEqual(['large', 'odd', 'parts', 'parts_1', 'small']);
    expect((await preview(body())).sql).toEqual(['analyze /* pgdeck:analyze-database */ public.foreigners']);
  });

  it('goes on when a table fails', async () => {
    // An index on a function that fails for the runner only.
    await inOther(`insert into small values (2); insert into large values (2);
      create function public.fails(id int) returns int language plpgsql immutable as $$ begin
        if current_setting('application_name') like 'pgdeck:act:%' then raise 'not for you' using errcode = '55000'; end if;
        return id;
      end $$;
      create index on small (public.fails(id))`);
    await expect.poll(async () => (await preview(body())).sql.length).toBe(3);
    const done = await run(body());
    expect(done).toMatchObject({ status: 'done_with_warnings', message: '1 of 3 tables is analyzed.' });
    expect(done.warnings.join()).toContain('public.small: Not analyzed. PostgreSQL refused it with SQLSTATE 55000.');
    expect(done.warnings.join()).toContain('Not analyzed: public.small and public.foreigners.');
  });

  it('without rights is nothing done', async () => {
    stage.use('weak');
    const not = await run(body({ only: 'all' }));
    expect(not).toMatchObject({ status: 'nothing_done', verified: false });
    expect(not.message).toContain('0 of 5 tables are analyzed');
  });

  it('takes the tables that were previewed: a new one is not added, one that is gone or is another does not stop the rest', async () => {
    await inOther(`create table gone (id int); alter table gone owner to owner; insert into gone values (1);
      create table swapped (id int); alter table swapped owner to owner; insert into swapped values (1);
      create table stays (id int); alter table stays owner to owner; insert into stays values (1)`);
    await expect.poll(async () => (await preview(body())).sql.join()).toContain('public.stays');
    const shown = await preview(body());
    await inOther(`drop table gone; alter table swapped rename to was_swapped; create table swapped (id int);
      alter table swapped owner to owner; insert into swapped values (1);
      create table more (id int); alter table more owner to owner; insert into more values (1)`);
    const done = await execute(shown);
    expect(done).toMatchObject({ status: 'done_with_warnings', sql: shown.sql });
    expect(done.warnings.join()).toContain('public.gone is not there any more, so this was not sent.');
    expect(done.warnings.join()).toContain('public.swapped is public.was_swapped now, so this was not sent.');
    const names = await analyzed();
    expect(names).toContain('stays');
    for (const name of ['swapped', 'was_swapped', 'more']) expect(names).not.toContain(name);
    await inOther('drop table swapped, was_swapped, stays, more');
  });

  it('is refused where there is nothing to do, and where there is too much at once', async () => {
    await inOther('analyze');
    await expect.poll(() => refused(body())).toBe('422 nothing_to_analyze');
    await inOther(
      "do $$ begin for n in 1..500 loop execute format('create table many_%s (id int)', n); end loop; end $$",
    );
    expect(await refused(body({ only: 'all' }))).toBe('422 too_many_tables');
    await inOther('create table one_more (id int)');
    const shown = await preview(body());
    expect(shown.sql).toHaveLength(500);
    expect(shown.warnings.join()).toContain('501 tables would need it; one run takes the 500 smallest');
    expect(await refused(body({ only: 'none' }))).toBe('400 bad_input');
  });
});
