import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { acting } from './test-acting';
import { Stage } from './test-stage';

describe.each([14, 18])('extensions on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const { preview, execute, run, refused, changed } = acting(() => stage);
  const on = (
    verb: 'create' | 'update' | 'drop',
    name: string,
    options: Record<string, unknown> = {},
    database = 'postgres',
  ): PreviewBody => ({ action: `${verb}-extension`, target: { kind: 'extension', database, name }, options });
  const installed = async (name: string) =>
    (
      await stage.root<{ version: string; schema: string }>(
        'select extversion as version, extnamespace::regnamespace::text as schema from pg_extension where extname = $1',
        [name],
      )
    )[0];

  it('creates one where it is asked to, drops it by the undo, and creates the same again by the undo of that', async () => {
    stage.use('postgres');
    await stage.root('create schema "Odd ""schema"""');
    const shown = await preview(on('create', 'pg_trgm', { schema: 'Odd "schema"' }));
    expect(shown).toMatchObject({
      sql: ['create /* pgdeck:create-extension */ extension pg_trgm schema "Odd ""schema"""'],
      confirm: 'step',
      undo: { body: { action: 'drop-extension' } },
    });
    expect(await installed('pg_trgm')).toBeUndefined();
    const created = await execute(shown);
    expect(created).toMatchObject({ status: 'done', verified: true });
    const before = await installed('pg_trgm');
    expect(before?.schema).toBe('"Odd ""schema"""');
    expect(await refused(on('create', 'pg_trgm'))).toBe('422 already_installed');

    const drop = await preview(created.undo?.body as PreviewBody);
    expect(drop).toMatchObject({ confirm: 'typed', confirmText: 'pg_trgm' });
    const dropped = await execute(drop);
    expect(dropped).toMatchObject({ status: 'done', verified: true });
    expect(await installed('pg_trgm')).toBeUndefined();
    expect(await run(dropped.undo?.body as PreviewBody)).toMatchObject({ status: 'done', verified: true });
    expect(await installed('pg_trgm')).toEqual(before);
    await stage.root('drop extension pg_trgm');
  });

  it('works with a name that needs quoting, in another database, and for a trusted one without a superuser', async () => {
    stage.use('postgres');
    expect(await run(on('create', 'uuid-ossp', {}, 'other'))).toMatchObject({ status: 'done', verified: true });
    expect(await run(on('drop', 'uuid-ossp', {}, 'other'))).toMatchObject({ status: 'done', verified: true });
    await stage.root('grant create on database postgres to actor; grant create on schema public to actor');
    stage.use('actor');
    const shown = await preview(on('create', 'citext'));
    expect(shown.warnings).toEqual([]);
    expect(await execute(shown)).toMatchObject({ status: 'done', verified: true });
    expect(await run(on('drop', 'citext'))).toMatchObject({ status: 'done', verified: true });
  });

  it('refuses what it does not know, what is not there, and says what is not loaded', async () => {
    stage.use('postgres');
    for (const name of ['file_fdw', 'plpgsql', 'dblink', 'pg_surgery'])
      expect(await refused(on('create', name)), name).toBe('422 not_allowed');
    expect(await refused(on('create', 'no_such'))).toBe('404 not_found');
    expect(await refused(on('create', 'hstore', { schema: 'nowhere' }))).toBe('422 no_such_schema');
    expect(await refused(on('create', 'hstore', { version: "1' cascade" }))).toBe('422 no_such_version');
    expect(await refused(on('create', 'earthdistance'))).toBe('422 needs_others');
    expect(await refused(on('drop', 'hstore'))).toBe('422 not_installed');
    expect(await refused(on('update', 'hstore'))).toBe('422 not_installed');
    const { warnings } = await preview(on('create', 'pg_stat_statements'));
    expect(warnings.join()).toContain('shared_preload_libraries');
  });

  it('updates along the paths that there are', async () => {
    stage.use('postgres');
    const [from, to] = major === 14 ? ['1.3', '1.4'] : ['1.5', '1.6'];
    await stage.root(`create extension pg_trgm schema public version '${from}'`);
    expect(await refused(on('update', 'pg_trgm', { version: '0.9' }))).toBe('422 no_path');
    expect(await refused(on('update', 'pg_trgm', { version: from }))).toBe('422 no_change');
    const shown = await preview(on('update', 'pg_trgm', { version: to }));
    expect(shown.sql).toEqual([`alter /* pgdeck:update-extension */ extension pg_trgm update to '${to}'`]);
    expect(shown.warnings.join()).toContain('cannot be undone');
    expect(await execute(shown)).toMatchObject({
      status: 'done',
      verified: true,
      figures: [{ label: 'Version', before: from, after: to }],
    });
    expect((await installed('pg_trgm'))?.version).toBe(to);
    await stage.root('drop extension pg_trgm');
  });

  it('never drops what depends on it', async () => {
    stage.use('postgres');
    await stage.root('create extension hstore schema public; create table public.kept (data public.hstore)');
    expect(await refused(on('drop', 'hstore'))).toBe('422 in_use');
    await stage.root('drop table public.kept');
    await stage.root('create extension cube schema public; create extension earthdistance schema public');
    expect(await refused(on('drop', 'cube'))).toBe('422 in_use');
    const added = () => stage.root('create table public.later (data public.hstore)');
    expect(await changed(on('drop', 'hstore'), added)).toBe('409 target_changed');
    expect(await installed('hstore')).toBeDefined();
    await stage.root(
      'drop table public.later; drop extension hstore; drop extension earthdistance; drop extension cube',
    );
  });

  it('locks the views of the extension only', async () => {
    stage.use('postgres');
    await stage.root('create extension pg_stat_statements schema public');
    const { locks } = await preview(on('drop', 'pg_stat_statements'));
    expect(locks.map(({ relation, mode }) => [relation.replace(/^public\./, ''), mode])).toEqual(
      expect.arrayContaining([['pg_stat_statements', 'AccessExclusiveLock']]),
    );
    await stage.root('drop extension pg_stat_statements');
  });

  it('without rights fails, as the preview foretells', async () => {
    stage.use('weak');
    const create = await preview(on('create', 'pgstattuple'));
    expect(create.warnings.join()).toContain('only a superuser may create pgstattuple');
    expect(await execute(create)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    const trusted = await preview(on('create', 'hstore'));
    expect(trusted.warnings.join()).toContain('grant create on database postgres to weak;');
    expect(await execute(trusted)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    await stage.root(`create extension pg_trgm schema public version '${major === 14 ? '1.4' : '1.5'}'`);
    for (const body of [on('update', 'pg_trgm'), on('drop', 'pg_trgm')]) {
      const shown = await preview(body);
      expect(shown.warnings.join()).toContain('Role weak does not own pg_trgm (postgres does)');
      expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    }
    await stage.root('drop extension pg_trgm');
  });

  it('is void when somebody was faster', async () => {
    stage.use('postgres');
    const made = () => stage.root('create extension hstore schema public');
    expect(await changed(on('create', 'hstore'), made)).toBe('409 target_changed');
    const again = () => stage.root('drop extension hstore; create extension hstore schema public');
    expect(await changed(on('drop', 'hstore'), again)).toBe('409 target_changed');
    await stage.root('drop extension hstore');
  });
});
