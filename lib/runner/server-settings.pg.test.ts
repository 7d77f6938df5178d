import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { acting } from './test-acting';
import { Stage } from './test-stage';

describe.each([14, 18])('settings on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major);
  });
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const { preview, execute, run, refused, changed } = acting(() => stage);
  const set = (name: string, value: string | null): PreviewBody => ({
    action: 'alter-system',
    target: { kind: 'setting', name },
    options: { value },
  });
  const inNewSession = async (name: string): Promise<string> => {
    const client = await stage.client('app');
    return (await client.query(`show ${name}`)).rows[0][name];
  };
  const inFile = async (name: string): Promise<string | null> =>
    (
      await stage.root<{ setting: string }>(
        "select setting from pg_file_settings where name = $1 and sourcefile like '%postgresql.auto.conf'",
        [name],
      )
    )[0]?.setting ?? null;

  it('writes a value, reloads, sees it in effect, and takes it back by its undo', async () => {
    stage.use('postgres');
    const shown = await preview(set('work_mem', '64 MB'));
    expect(shown).toMatchObject({
      title: 'Set work_mem to 64MB?',
      sql: [
        "alter /* pgdeck:alter-system */ system set work_mem = '64MB'",
        'select /* pgdeck:reload */ pg_catalog.pg_reload_conf()',
      ],
      confirm: 'step',
      inTransaction: false,
      undo: { body: set('work_mem', null) },
    });
    expect(await inFile('work_mem')).toBeNull();
    const done = await execute(shown);
    expect(done).toMatchObject({
      status: 'done',
      verified: true,
      figures: [{ label: 'work_mem' }],
      undo: { body: set('work_mem', null) },
    });
    expect(await inNewSession('work_mem')).toBe('64MB');

    const more = await run(set('work_mem', '65537'));
    expect(more).toMatchObject({ status: 'done', undo: { body: set('work_mem', '64MB') } });
    expect(await inNewSession('work_mem')).toBe('65537kB');
    expect(await run(more.undo?.body as PreviewBody)).toMatchObject({ status: 'done', verified: true });
    expect(await inNewSession('work_mem')).toBe('64MB');
    expect(await refused(set('work_mem', '65536kB'))).toBe('422 no_change');
    expect(await run(done.undo?.body as PreviewBody)).toMatchObject({ status: 'done', verified: true });
    expect([await inFile('work_mem'), await inNewSession('work_mem')]).toEqual([null, '4MB']);
    expect(await refused(set('work_mem', null))).toBe('422 nothing_to_reset');
  });

  it('sets numbers with a point, words, switches, and what its own sessions have values of their own for', async () => {
    stage.use('postgres');
    for (const [name, value, shown] of [
      ['random_page_cost', '1.1', '1.1'],
      ['log_min_duration_statement', '250ms', '250ms'],
      ['track_functions', 'PL', 'pl'],
      ['log_lock_waits', major === 18 ? 'off' : 'true', major === 18 ? 'off' : 'on'],
      ['jit', 'off', 'off'],
      ['idle_in_transaction_session_timeout', '10min', '10min'],
      ['log_disconnections', 'on', 'on'],
    ] as const) {
      const done = await run(set(name, value));
      expect(done, name).toMatchObject({ status: 'done', verified: true });
      if (name !== 'log_min_duration_statement') expect(await inNewSession(name), name).toBe(shown);
      expect(await run(done.undo?.body as PreviewBody), name).toMatchObject({ status: 'done', verified: true });
    }
  });

  it('says when a restart is needed, and that it can be taken back before', async () => {
    stage.use('postgres');
    const shown = await preview(set('wal_buffers', '8MB'));
    expect(shown.warnings.join()).toContain('after the next restart');
    const done = await execute(shown);
    expect(done).toMatchObject({ status: 'done_with_warnings', verified: true });
    expect(done.warnings.join()).toContain('in effect after a restart');
    expect(await inFile('wal_buffers')).toBe('8MB');
    expect((await run(done.undo?.body as PreviewBody)).verified).toBe(true);
    expect(await inFile('wal_buffers')).toBeNull();
  });

  it('refuses other settings, wrong values, and what would have no effect', async () => {
    stage.use('postgres');
    for (const name of ['archive_command', 'shared_preload_libraries', 'listen_addresses', 'ssl', 'fsync', 'port'])
      expect(await refused(set(name, 'x')), name).toBe('422 not_allowed');
    expect(await refused(set('no_such_setting', '1'))).toBe('404 not_found');
    for (const [name, value] of [
      ['work_mem', '1kB'],
      ['work_mem', '64 mb'],
      ['work_mem', "1'; drop table x"],
      ['log_statement', 'everything'],
      ['log_lock_waits', '2'],
    ] as const)
      expect(await refused(set(name, value)), value).toBe('422 bad_value');
    expect(await refused(set('max_connections', '50'))).toBe('422 command_line');
    expect(await refused({ ...set('work_mem', '1MB'), options: {} })).toBe('400 bad_input');
  });

  it('refuses what would keep the server from starting or reading its files, and warns of what is dear', async () => {
    stage.use('postgres');
    expect((await preview(set('track_counts', 'off'))).warnings.join()).toContain('Autovacuum does nothing');
    await stage.root("select pg_create_physical_replication_slot('one')");
    expect(await refused(set('max_replication_slots', '0'))).toBe('422 too_low');
    await stage.root("select pg_drop_replication_slot('one')");
    expect((await preview(set('max_replication_slots', '0'))).warnings.join()).toContain('after the next restart');

    const file = join(stage.folder, 'data', 'postgresql.conf');
    const whole = readFileSync(file, 'utf8');
    try {
      appendFileSync(file, '\nwork_mem = = 1\n');
      expect(await refused(set('work_mem', '8MB'))).toBe('422 files_broken');
      await stage.root('grant execute on function pg_reload_conf() to weak');
      if (major === 18) await stage.root('grant alter system on parameter work_mem to weak');
      // Who cannot see the files is told afterwards that it came to nothing.
      if (major === 18) {
        stage.use('weak');
        const run8 = await run(set('work_mem', '8MB'));
        expect(run8).toMatchObject({ status: 'nothing_done', verified: false });
        expect(run8.message).toContain('The server has not read its files again');
        expect(run8.next).toMatchObject([{ body: set('work_mem', null) }]);
      }
    } finally {
      await stage.root('revoke execute on function pg_reload_conf() from weak');
      if (major === 18) await stage.root('revoke alter system on parameter work_mem from weak');
      await stage.root('alter system reset all');
      writeFileSync(file, whole);
      await stage.root('select pg_reload_conf()');
    }
  });

  it('without rights fails, as the preview foretells; a value that only the files show is not set blindly', async () => {
    stage.use('weak');
    const shown = await preview(set('work_mem', '32MB'));
    expect(shown.warnings.join()).toMatch(
      major === 14 ? /only a superuser may/ : /grant alter system on parameter work_mem to weak;/,
    );
    expect(shown.warnings.join()).toContain('grant execute on function pg_reload_conf() to weak;');
    expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    expect(await inFile('work_mem')).toBeNull();
    expect(await refused(set('jit', 'off'))).toBe('422 not_visible');
  });

  it('is void when the setting was changed since the preview', async () => {
    stage.use('postgres');
    const meanwhile = async () => {
      await stage.root('alter system set maintenance_work_mem = 50000');
      await stage.root('select pg_reload_conf()');
      await expect.poll(() => inNewSession('maintenance_work_mem')).toBe('50000kB');
    };
    expect(await changed(set('maintenance_work_mem', '128MB'), meanwhile)).toBe('409 target_changed');
    expect(await inFile('maintenance_work_mem')).toBe('50000');
    await stage.root('alter system reset all');
    await stage.root('select pg_reload_conf()');
  });

  it('names who keeps another value', async () => {
    stage.use('postgres');
    await stage.root("alter role app set work_mem = '2MB'");
    const { warnings } = await preview(set('work_mem', '64MB'));
    await stage.root('alter role app reset work_mem');
    expect(warnings.join()).toContain('role app (2MB)');
  });

  if (major === 18)
    it('works for a role with the grants; without the right to reload nothing is written', async () => {
      stage.use('actor');
      await stage.root('grant alter system on parameter work_mem to actor');
      const shown = await preview(set('work_mem', '32MB'));
      expect(shown.warnings.join()).toContain('grant execute on function pg_reload_conf() to actor;');
      expect(shown.sql).toHaveLength(3);
      const failed = await execute(shown);
      expect(failed).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
      expect([failed.next, failed.undo]).toEqual([undefined, undefined]);
      expect(await inFile('work_mem')).toBeNull();
      await stage.root('grant execute on function pg_reload_conf() to actor');
      const done = await run(set('work_mem', '48MB'));
      expect(done).toMatchObject({ status: 'done', verified: true });
      expect(await inNewSession('work_mem')).toBe('48MB');
      expect(await run(set('work_mem', null))).toMatchObject({ status: 'done', verified: true });
      expect(await inNewSession('work_mem')).toBe('4MB');
    });

  if (major === 18)
    it('takes back what was written and never loaded, also where it cannot see the file', async () => {
      stage.use('actor');
      await stage.root(
        'grant alter system on parameter work_mem to actor; grant execute on function pg_reload_conf() to actor',
      );
      await stage.root("alter system set work_mem = '32MB'");
      const shown = await preview(set('work_mem', null));
      expect(shown.facts.find(({ label }) => label === 'In postgresql.auto.conf')?.value).toContain('not known');
      expect(await execute(shown)).toMatchObject({ status: 'done', verified: true });
      expect(await inFile('work_mem')).toBeNull();
      await stage.root('revoke execute on function pg_reload_conf() from actor');
    });
});
