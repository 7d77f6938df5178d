import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { onIndexes } from './test-indexes';
import { admin, pidOf, refusal, Stage } from './test-stage';

const strange = [
  'quote " and \'',
  'line\nbreak\ttab',
  '\u202eright to left \u05d0\u05d1',
  'ü'.repeat(31),
  '--; drop table x /*',
  'Select',
  '$1 %s %I \\',
];

describe.each([14, 18])('reindex on PostgreSQL %i', (major) => {
  let stage: Stage;
  const { target, preview, execute, ended, run, create, on, next, cancelMidway, definition, valid } = onIndexes(
    () => stage,
  );

  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(`grant create on schema public to owner; set role owner;
      create table public.big (id int primary key, note text, during int4range, exclude using gist (during with &&));
      insert into public.big select n, 'note ' || n, int4range(n, n + 1) from generate_series(1, 5000) as n;
      create index big_note on public.big (note);
      delete from public.big where id > 10;
      reset role`);
  });
  beforeEach(() => stage.use('actor'));
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const table = async (name: string) => ({ action: 'reindex', target: await target(name) });
  const invalid = async () =>
    (
      await stage.root<{ name: string }>(
        'select c.relname as name from pg_index as i join pg_class as c on c.oid = i.indexrelid where not indisvalid order by 1',
      )
    ).map(({ name }) => name);

  it('builds an index, and all of a table, anew, with the sizes before and after', async () => {
    const shown = await preview(await on('reindex', 'big_note'));
    expect(shown).toMatchObject({
      title: 'Reindex public.big_note?',
      sql: ['reindex /* pgdeck:reindex */ index concurrently public.big_note'],
      inTransaction: false,
    });
    const before = await stage.oid('big_note');
    const one = await execute(shown);
    expect(one).toMatchObject({ status: 'done', verified: true, message: 'public.big_note is built anew.', next: [] });
    expect(one.figures?.[0]?.before).not.toBe(one.figures?.[0]?.after);
    expect(await stage.oid('big_note')).not.toBe(before);

    const all = await preview(await table('big'));
    expect(all.sql).toEqual(['reindex /* pgdeck:reindex */ table concurrently public.big']);
    expect(all.warnings.join()).toContain('exclusion constraints: public.big_during_excl');
    const key = await stage.oid('big_pkey');
    const done = await execute(all);
    expect(done).toMatchObject({ status: 'done_with_warnings', verified: true, message: 'public.big is built anew.' });
    expect(await stage.oid('big_pkey')).not.toBe(key);
  });

  it('is refused for what PostgreSQL cannot build anew concurrently', async () => {
    expect(await refusal(preview(await on('reindex', 'big_during_excl')))).toBe('422 exclusion');
    expect(await refusal(preview(await table('pg_catalog.pg_class')))).toBe('422 system_catalog');
    expect(await refusal(preview(await on('reindex', 'pg_catalog.pg_class_oid_index')))).toBe('422 system_catalog');
    expect(await refusal(preview(await table('orders_view')))).toBe('422 not_a_table');
    expect(await refusal(preview(await table('parts')))).toBe('422 no_indexes');
    expect(await refusal(preview({ ...(await table('big')), options: { tablespace: 'x' } }))).toBe('400 bad_input');
    for (const name of ['big_pkey', 'big_during_excl'])
      expect(await refusal(preview(await on('drop-index', name))), name).toBe('422 backs_constraint');
    expect(await refusal(preview(await on('drop-index', 'pg_catalog.pg_class_oid_index')))).toBe('422 system_catalog');
    await stage.root(`create unique index big_unique on big (id, note); alter index big_unique owner to owner;
      alter table big alter note set not null; alter table big replica identity using index big_unique`);
    expect((await preview(await on('drop-index', 'big_unique'))).warnings.join()).toContain('replica identity');
    await stage.root(`create table child (id int, note text, foreign key (id, note) references big (id, note))`);
    expect(await refusal(preview(await on('drop-index', 'big_unique')))).toBe('422 needed');
    await stage.root('drop table child; alter table big replica identity default; drop index big_unique');
  });

  it('that is cancelled midway leaves copies, which are named and dropped; the index stays as it is', async () => {
    const old = await stage.client('postgres', 'report');
    await old.query('begin isolation level repeatable read; select count(*) from big');
    const before = await stage.oid('big_note');
    const cancelled = await cancelMidway(await on('reindex', 'big_note'));
    expect(cancelled).toMatchObject({ status: 'cancelled', sqlstate: '57014', verified: false });
    await old.query('commit');
    expect(await invalid()).toEqual(['big_note_ccnew']);
    expect(await stage.oid('big_note')).toBe(before);
    expect(await valid('big_note')).toBe(true);
    expect(cancelled.next?.map(({ title }) => title)).toEqual(['Drop the INVALID leftover public.big_note_ccnew']);
    expect((await preview(await on('reindex', 'big_note'))).warnings.join()).toContain('public.big_note_ccnew');
    expect(cancelled.warnings.join()).toContain('public.big_note_ccnew is left behind INVALID');
    const dropped = await execute(await preview(next(cancelled, 'drop-index').body));
    expect(dropped).toMatchObject({ status: 'done', verified: true });
    expect(dropped.undo).toBeUndefined();
    expect(await invalid()).toEqual([]);
  });

  it('an index that somebody builds is no leftover: who builds it is said, and nothing is offered for it', async () => {
    const old = await stage.client('postgres', 'report');
    await old.query('begin isolation level repeatable read; select 1');
    const builder = await stage.client('owner', 'migration');
    const built = builder.query('create index concurrently big_half on public.big (id, note)');
    await expect.poll(() => valid('big_half'), { interval: 20 }).toBe(false);
    const said = (body: PreviewBody) => preview(body).catch(({ status, code, message }) => [status, code, message]);
    const asked: PreviewBody[] = [
      await on('drop-index', 'big_half'),
      await on('reindex', 'big_half'),
      await create('big', { columns: [{ attnum: 1 }, { attnum: 2 }] }),
    ];
    const who = `public.big_half is being built now by session ${pidOf(builder)} (migration, role owner)`;
    for (const body of asked)
      expect(await said(body), body.action).toEqual([422, 'being_built', expect.stringContaining(who)]);
    // A role that may not see progress is told, too.
    await stage.root("create role blind login password 'only-for-tests'");
    stage.use('blind');
    const hidden = await said(await on('drop-index', 'big_half'));
    expect(hidden).toEqual([422, 'being_built', expect.stringContaining('is being built now by session')]);
    const named = await create('big', { columns: [{ attnum: 2 }], name: 'big_half' });
    expect(await said(named)).toEqual([422, 'name_taken', expect.stringContaining('that is being built now by')]);
    expect((await preview(await table('big'))).warnings.join()).not.toContain('passes over what is INVALID: public');
    await old.query('commit');
    await built;

    stage.use('actor');
    await old.query('begin isolation level repeatable read; select 1');
    const own = await create('big', { columns: [{ attnum: 2 }, { attnum: 1 }] });
    const { previewId, confirmText = '' } = await preview(own);
    const running = stage.runner.execute('test', { previewId, idempotencyKey: previewId, confirmText }, admin);
    await expect.poll(() => valid('big_note_id_idx'), { interval: 20 }).toBe(false);
    const [run] = stage.runner.runs();
    expect(await said(own)).toEqual([
      422,
      'being_built',
      expect.stringContaining(`public.big_note_id_idx is being built now by pgdeck (run ${run?.runId})`),
    ]);
    await old.query('commit');
    await ended((await running).run.runId);
    await stage.root('drop index big_half, big_note_id_idx; drop owned by blind; drop role blind');
  });

  it('finds the leftover of a TOAST table, which can be dropped', async () => {
    const old = await stage.client('postgres', 'report');
    await old.query('begin isolation level repeatable read; select count(*) from big');
    const cancelled = await cancelMidway(await table('big'));
    await old.query('commit');
    const left = await invalid();
    expect(left.join()).toMatch(/pg_toast_\d+_index_ccnew/);
    expect(cancelled.next).toHaveLength(left.length);
    // Its schema is closed to all but superusers.
    const toast = cancelled.next?.find(({ title }) => title.includes('pg_toast'))?.body as PreviewBody;
    const shown = await preview(toast);
    expect(shown.warnings.join()).toContain('lacks USAGE on the schema pg_toast');
    expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501' });
    await stage.root('grant usage on schema pg_toast to owner');
    for (const { body } of cancelled.next ?? []) expect(await run(body)).toMatchObject({ status: 'done' });
    expect(await invalid()).toEqual([]);
  });

  it.each(strange)('names are quoted by the server everywhere: %j', async (name) => {
    const quoted = `public."${name.replaceAll('"', '""')}"`;
    const column = `"${name.replaceAll('"', '""')}"`;
    await stage.root(
      `set role owner; create table ${quoted} (${column} text); insert into ${quoted} values ('a'); reset role`,
    );
    const named = await create(quoted, { columns: [{ attnum: 1 }], name: `${[...name].slice(1).join('')}x` });
    const proposed = await create(quoted, { columns: [{ attnum: 1 }, { expression: column }] });
    for (const body of [named, proposed]) {
      const made = await run(body);
      expect(made).toMatchObject({ status: 'done', verified: true });
      const drop = made.undo?.body as typeof body;
      expect(await run({ ...drop, action: 'reindex' })).toMatchObject({ status: 'done', verified: true });
      const index = made.message.split(' is valid on ')[0] ?? '';
      const before = await definition(index);
      const dropped = await run(await on('drop-index', index));
      expect(dropped).toMatchObject({ status: 'done', verified: true });
      expect(await run({ action: 'recreate', target: { kind: 'run', runId: dropped.runId } })).toMatchObject({
        status: 'done',
      });
      expect(await definition(index)).toBe(before);
    }
    await stage.root(`drop table ${quoted}`);
  });
});
