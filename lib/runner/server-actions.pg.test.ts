import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { acting } from './test-acting';
import { pidOf, Stage } from './test-stage';

describe.each([14, 18])('the server on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major, { wal_level: 'logical', max_prepared_transactions: 5 });
  });
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const { preview, execute, run, refused, changed } = acting(() => stage);

  describe('checkpoint', () => {
    const body: PreviewBody = { action: 'checkpoint', target: { kind: 'server' } };

    it('is made, and seen in the control file', async () => {
      stage.use('postgres');
      expect(await preview(body)).toMatchObject({
        title: 'Make a checkpoint now?',
        sql: ['checkpoint /* pgdeck:checkpoint */'],
        locks: [],
      });
      expect(await run(body)).toMatchObject({ status: 'done', verified: true, figures: [{ label: 'Checkpoint' }] });
    });

    it('without rights fails, as the preview foretells', async () => {
      stage.use('weak');
      const shown = await preview(body);
      expect(shown.warnings.join()).toContain('Role weak may not make checkpoints');
      expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    });

    if (major === 18)
      it('works with pg_checkpoint', async () => {
        await stage.root("create role pointer login password 'only-for-tests' in role pg_monitor, pg_checkpoint");
        stage.use('pointer');
        const shown = await preview(body);
        expect(shown.warnings.join()).not.toContain('may not');
        expect(await execute(shown)).toMatchObject({ status: 'done', verified: true });
      });

    it('is void after a restart', async () => {
      stage.use('postgres');
      const shown = await preview(body);
      await stage.restart();
      await expect
        .poll(async () => (await execute(shown).catch((error) => error)).code, { interval: 500 })
        .toBe('preview_expired');
    });
  });

  describe('switch-wal', () => {
    const body: PreviewBody = { action: 'switch-wal', target: { kind: 'server' } };
    const file = async () =>
      (await stage.root<{ file: string }>('select pg_walfile_name(pg_current_wal_insert_lsn()) as file'))[0]?.file;

    it('ends the file, and says when there was nothing to end', async () => {
      stage.use('postgres');
      await stage.root('create table public.written (id int)');
      const before = await file();
      expect(await run(body)).toMatchObject({ status: 'done', verified: true });
      let again = await run(body);
      // The server itself logs what runs each 15 s after something was written: then there is something to end.
      for (let times = 0; times < 5 && again.status === 'done'; times++) again = await run(body);
      expect(again).toMatchObject({ status: 'nothing_done', verified: false });
      await stage.root('drop table public.written');
      expect(await file()).not.toBe(before);
    });

    it('without rights fails, as the preview foretells; with the grant it works', async () => {
      stage.use('weak');
      const shown = await preview(body);
      expect(shown.warnings.join()).toContain('grant execute on function pg_switch_wal() to weak;');
      expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501' });
      await stage.root('grant execute on function pg_switch_wal() to weak; create table public.written (id int)');
      expect(await run(body)).toMatchObject({ status: 'done' });
      await stage.root('revoke execute on function pg_switch_wal() from weak; drop table public.written');
    });
  });

  describe('drop-slot', () => {
    const body = (name: string): PreviewBody => ({ action: 'drop-slot', target: { kind: 'slot', name } });
    const make = (name: string) => stage.root("select pg_create_logical_replication_slot($1, 'test_decoding')", [name]);
    const drop = (name: string) => stage.root('select pg_drop_replication_slot($1)', [name]);

    it('drops a slot that nobody uses, physical or logical, and tells what it kept', async () => {
      stage.use('postgres');
      await make('capture');
      const shown = await preview(body('capture'));
      expect(shown).toMatchObject({
        sql: [
          expect.stringMatching(
            /^select \/\* pgdeck:drop-slot \*\/ pg_catalog\.pg_drop_replication_slot\(s\.slot_name\) from pg_catalog\.pg_replication_slots as s\nwhere s\.slot_name = 'capture' and not s\.active and s\.slot_type = 'logical'\n {2}and s\.restart_lsn = '[0-9A-F]+\/[0-9A-F]+' and s\.confirmed_flush_lsn = '[0-9A-F]+\/[0-9A-F]+'$/,
          ),
        ],
        confirm: 'typed',
        confirmText: 'capture',
      });
      expect(shown.effect).toContain('loses its place');
      expect(shown.undo).toBeUndefined();
      expect(await execute(shown)).toMatchObject({
        status: 'done',
        verified: true,
        figures: [{ label: 'WAL kept by it' }],
      });
      await stage.root("select pg_create_physical_replication_slot('standby')");
      expect((await preview(body('standby'))).effect).toContain('built anew');
      expect(await run(body('standby'))).toMatchObject({ status: 'done', verified: true });
      expect(await refused(body('standby'))).toBe('404 not_found');
    });

    it('refuses one in use, and one that goes with its session', async () => {
      stage.use('postgres');
      await make('busy');
      // Decoding this many rows takes a while, and the slot is in use meanwhile: again and again, until it is cancelled.
      await stage.root('create table public.fed as select generate_series(1, 500000) as n');
      const reader = await stage.client('postgres');
      const fed = reader.query(`do $$ begin
        loop perform count(*) from pg_logical_slot_peek_changes('busy', null, null); end loop;
      end $$`);
      const over = fed.catch(() => {});
      const active = "select 1 from pg_replication_slots where slot_name = 'busy' and active";
      await expect.poll(() => stage.root(active), { interval: 10 }).toHaveLength(1);
      expect(await refused(body('busy'))).toBe('422 slot_active');
      await stage.root('select pg_cancel_backend($1)', [pidOf(reader)]);
      await over;
      await expect.poll(() => stage.root(active)).toEqual([]);
      await drop('busy');
      await stage.root('drop table public.fed');
      await reader.query("select pg_create_physical_replication_slot('fleeting', false, true)");
      expect(await refused(body('fleeting'))).toBe('422 slot_temporary');
    });

    it('without rights fails, as the preview foretells', async () => {
      stage.use('weak');
      await make('kept');
      const shown = await preview(body('kept'));
      expect(shown.warnings.join()).toContain('lacks the REPLICATION attribute');
      expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
      await drop('kept');
    });

    it('is void when the slot was made anew or used since the preview', async () => {
      stage.use('postgres');
      await make('other');
      const again = async () => {
        await drop('other');
        await make('other');
      };
      expect(await changed(body('other'), again)).toBe('409 target_changed');
      const used = async () => {
        await stage.root('create table public.written (id int)');
        await stage.root('drop table public.written');
        await stage.root("select pg_replication_slot_advance('other', pg_current_wal_insert_lsn())");
      };
      expect(await changed(body('other'), used)).toBe('409 target_changed');
      expect(await changed(body('other'), () => drop('other'))).toBe('409 target_changed');
    });
  });

  describe('rollback-prepared', () => {
    const prepare = async (gid: string, user = 'postgres', database = 'postgres') => {
      const client = await stage.client(user, 'manager', database);
      await client.query('begin');
      await client.query(
        database === 'postgres' ? 'lock table public.parts in access exclusive mode' : 'create table there (id int)',
      );
      await client.query(`prepare transaction ${client.escapeLiteral(gid)}`);
    };
    const body = async (gid: string): Promise<PreviewBody> => {
      const [row] = await stage.root<{ us: string }>(
        'select (extract(epoch from prepared) * 1000000)::bigint::text as us from pg_prepared_xacts where gid = $1',
        [gid],
      );
      return { action: 'rollback-prepared', target: { kind: 'prepared', gid, prepared_us: row?.us ?? '0' } };
    };

    it('names what it holds and who waits, rolls it back, and sees it gone', async () => {
      stage.use('postgres');
      await prepare('order-4711');
      const waiter = await stage.client('app', 'web');
      const waits = waiter.query('select count(*) from public.parts').catch((error) => error.code);
      await expect.poll(() => stage.root('select 1 from pg_locks where not granted')).toHaveLength(1);
      const shown = await preview(await body('order-4711'));
      expect(shown).toMatchObject({
        sql: ["rollback /* pgdeck:rollback-prepared */ prepared 'order-4711'"],
        inTransaction: false,
        confirm: 'typed',
        confirmText: 'order-4711',
      });
      const facts = Object.fromEntries(shown.facts.map(({ label, value }) => [label, value]));
      expect(facts['Locks it holds']).toContain('AccessExclusiveLock on public.parts');
      expect(facts['Who waits for it']).toContain(`${pidOf(waiter)} (web) for AccessShareLock`);
      expect(await execute(shown)).toMatchObject({ status: 'done', verified: true });
      expect(await waits).toBe('42501');
    });

    it('works in another database and with an identifier that nobody could type', async () => {
      stage.use('postgres');
      const gid = 'it\'s \\ a "gid"\n\u202eabc';
      await prepare(gid, 'postgres', 'other');
      const shown = await preview(await body(gid));
      expect(shown.confirmText).toMatch(/^\d+$/);
      expect(await execute(shown)).toMatchObject({ status: 'done', verified: true });
      expect(await stage.root('select * from pg_prepared_xacts')).toEqual([]);
    });

    it("without rights fails, as the preview foretells; one's own may be rolled back", async () => {
      await prepare('foreign');
      stage.use('weak');
      const shown = await preview(await body('foreign'));
      expect(shown.warnings.join()).toContain('did not prepare it (postgres did)');
      expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
      await stage.root("rollback prepared 'foreign'");
      await prepare('own', 'actor');
      stage.use('actor');
      expect(await run(await body('own'))).toMatchObject({ status: 'done', verified: true });
    });

    it('is void when another one took its name since the preview', async () => {
      stage.use('postgres');
      await prepare('again');
      const meanwhile = async () => {
        await stage.root("rollback prepared 'again'");
        await prepare('again');
      };
      expect(await changed(await body('again'), meanwhile)).toBe('409 target_changed');
      await stage.root("rollback prepared 'again'");
    });
  });

  describe('refresh-collation-version', () => {
    const body = (database: string): PreviewBody => ({
      action: 'refresh-collation-version',
      target: { kind: 'database', database },
    });

    if (major === 14)
      it('is not there yet', async () => {
        stage.use('postgres');
        expect(await refused(body('postgres'))).toBe('422 version');
      });
    else
      it('records the version, and says what that does not mend', async () => {
        await stage.root(
          "create database worded template template0 locale_provider builtin builtin_locale 'C.UTF-8' owner owner",
        );
        const there = await stage.client('postgres', 'setup', 'worded');
        await there.query('create table words (word text primary key)');
        await there.end();
        stage.use('actor');
        expect(await refused(body('worded'))).toBe('422 nothing_to_refresh');
        const outdate = (version: string) =>
          stage.root("update pg_database set datcollversion = $1 where datname = 'worded'", [version]);
        await outdate('0');
        const shown = await preview(body('worded'));
        expect(shown).toMatchObject({
          sql: ['alter /* pgdeck:refresh-collation-version */ database worded refresh collation version'],
          confirmText: 'worded',
        });
        expect(shown.facts.find(({ label }) => label === 'Indexes on text')?.value).toContain('public.words_pkey');
        expect(shown.warnings.join()).toContain('Rebuild that index first');
        expect(await changed(body('worded'), () => outdate('1'))).toBe('409 target_changed');
        await outdate('0');
        stage.use('weak');
        const foretold = await preview(body('worded'));
        expect(foretold.warnings.join()).toContain('does not own worded');
        expect(await execute(foretold)).toMatchObject({ status: 'failed', sqlstate: '42501' });
        stage.use('actor');
        expect(await run(body('worded'))).toMatchObject({
          status: 'done',
          verified: true,
          figures: [{ label: 'Recorded version', before: '0', after: '1' }],
        });
      });
  });
});
