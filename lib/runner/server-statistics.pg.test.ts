import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { Target } from '@/lib/actions/target';
import { acting } from './test-acting';
import { Stage } from './test-stage';

describe.each([14, 18])('statistics on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major, { shared_preload_libraries: 'pg_stat_statements' });
    await stage.root('create schema "The stats"; create extension pg_stat_statements schema "The stats"');
    await stage.root('grant usage on schema "The stats" to actor, weak');
  });
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const { preview, execute, run, refused, changed } = acting(() => stage);

  describe('reset-statements', () => {
    const body = (target: Target): PreviewBody => ({ action: 'reset-statements', target });
    const reset = '"The stats".pg_stat_statements_reset';
    const counted = async (text: string): Promise<{ target: Target; calls: number } | undefined> => {
      const [row] = await stage.root<{ userid: string; dbid: string; queryid: string; calls: number }>(
        `select userid::text, dbid::text, queryid::text, calls::int from "The stats".pg_stat_statements where query = $1`,
        [text],
      );
      if (!row) return undefined;
      const { calls, ...identity } = row;
      return { target: { kind: 'statement', ...identity }, calls };
    };
    const call = async (text: string, times = 5) => {
      const client = await stage.client('app');
      for (let n = 0; n < times; n++) await client.query(text);
      await client.end();
    };
    const target = async (text: string) => (await counted(text))?.target as Target;

    it('resets one statement and leaves the others', async () => {
      await call('select 1');
      await call('select 1, 2');
      const [first, second] = ['select $1', 'select $1, $2'];
      stage.use('postgres');
      const one = await target(first);
      const shown = await preview(body(one));
      expect(shown.confirm).toBe('step');
      expect(shown.sql[0]).toContain(`select /* pgdeck:reset-statements */ ${reset}(`);
      expect(shown.facts).toContainEqual({ label: 'Calls', value: '5' });
      expect(shown.facts).toContainEqual({ label: 'Role', value: 'role app' });
      expect(shown.effect).toContain("pgdeck's own history keeps");
      expect(await execute(shown)).toMatchObject({
        status: 'done',
        verified: true,
        figures: [{ before: '5 calls of 1 statement', after: '0 calls of 0 statements' }],
      });
      expect(await counted(first)).toBeUndefined();
      expect((await counted(second))?.calls).toBe(5);
      expect(await refused(body(one))).toBe('422 no_statistics');

      // Role 0 stands for all roles.
      const all = { ...(await target(second)), userid: '0' } as Target;
      expect((await preview(body(all))).facts).toContainEqual({ label: 'Role', value: 'all roles' });
      expect(await run(body(all))).toMatchObject({ status: 'done' });
      expect(await counted(second)).toBeUndefined();
    });

    it('resets a database, and the whole server when that is typed', async () => {
      await call('select 1, 2, 3', 50);
      stage.use('postgres');
      const database = body({ kind: 'database', database: 'postgres' });
      expect((await preview(database)).confirm).toBe('step');
      expect(await run(database)).toMatchObject({ status: 'done', verified: true });
      expect(await counted('select $1, $2, $3')).toBeUndefined();
      await call('select 1, 2, 3');
      const server = await preview(body({ kind: 'server' }));
      expect(server).toMatchObject({ confirm: 'typed', confirmText: 'all statements' });
      expect(await execute(server)).toMatchObject({ status: 'done', verified: true });
      expect(await counted('select $1, $2, $3')).toBeUndefined();
      expect(await refused(body({ kind: 'database', database: 'other' }))).toBe('422 not_installed');
    });

    it('without rights fails, as the preview foretells; with the grant it works', async () => {
      await call('select 1, 2, 3, 4');
      stage.use('weak');
      const fourth = body(await target('select $1, $2, $3, $4'));
      const shown = await preview(fourth);
      expect(shown.warnings.join()).toContain(`grant execute on function ${reset} to weak;`);
      expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
      expect((await counted('select $1, $2, $3, $4'))?.calls).toBe(5);
      await stage.root(`grant execute on function ${reset} to weak`);
      const allowed = await preview(fourth);
      expect(allowed.warnings).toEqual([]);
      expect(await execute(allowed)).toMatchObject({ status: 'done', verified: true });
      await stage.root(`revoke execute on function ${reset} from weak`);
    });

    it('is void when it was reset since the preview, or the extension went elsewhere', async () => {
      await call('select 1, 2, 3, 4, 5');
      stage.use('postgres');
      const fifth = body(await target('select $1, $2, $3, $4, $5'));
      const moved = () => stage.root('create schema apart; alter extension pg_stat_statements set schema apart');
      expect(await changed(fifth, moved)).toBe('409 target_changed');
      await stage.root('alter extension pg_stat_statements set schema "The stats"');
      expect(await changed(fifth, () => stage.root(`select ${reset}()`))).toBe('409 target_changed');
    });
  });

  describe('reset-statistics', () => {
    const body = (target: Target, options: Record<string, unknown> = {}): PreviewBody => ({
      action: 'reset-statistics',
      target,
      options,
    });
    const orders = async () =>
      ({ kind: 'relation', database: 'postgres', oid: await stage.oid('orders') }) satisfies Target;
    const figures = async () =>
      (
        await stage.root<{ scans: number; used: number }>(
          `select pg_stat_get_numscans('orders'::regclass)::int as scans, pg_stat_get_numscans('orders_pkey'::regclass)::int as used`,
        )
      )[0];
    const read = async () => {
      const client = await stage.client('postgres');
      for (let n = 0; n < 3; n++) await client.query('select count(note) from public.orders');
      await client.query('set enable_seqscan = off');
      for (let n = 0; n < 3; n++) await client.query('select note from public.orders where id = 1');
      await client.end();
      await expect.poll(async () => (await figures())?.used).toBeGreaterThan(0);
      await expect.poll(async () => (await figures())?.scans).toBeGreaterThan(0);
    };

    it('of a table, with or without its indexes, and says what that blinds', async () => {
      await read();
      stage.use('postgres');
      const table = await orders();
      const shown = await preview(body(table));
      expect(shown).toMatchObject({ confirm: 'typed', confirmText: 'orders' });
      expect(shown.effect).toContain('autovacuum does not know');
      const done = await execute(shown);
      expect(done).toMatchObject({
        status: 'done',
        verified: true,
        next: [{ body: { action: 'analyze', target: table } }],
      });
      expect(await figures()).toMatchObject({ scans: 0 });
      expect((await figures())?.used).toBeGreaterThan(0);
      const both = await preview(body(table, { indexes: true }));
      expect(both.sql[0]).toContain(`array[${table.oid}::oid, ${await stage.oid('orders_pkey')}::oid]`);
      expect(await execute(both)).toMatchObject({ status: 'done', verified: true });
      expect(await figures()).toEqual({ scans: 0, used: 0 });
    });

    it('of a database, with ANALYZE as what comes next', async () => {
      await read();
      stage.use('postgres');
      const shown = await preview(body({ kind: 'database', database: 'postgres' }));
      expect(shown).toMatchObject({
        sql: ['select /* pgdeck:reset-statistics */ pg_catalog.pg_stat_reset()'],
        confirmText: 'postgres',
      });
      expect(shown.effect).toContain('autovacuum is blind');
      expect(await execute(shown)).toMatchObject({
        status: 'done',
        verified: true,
        next: [{ body: { action: 'analyze-database', target: { kind: 'database', database: 'postgres' } } }],
      });
      expect(await figures()).toEqual({ scans: 0, used: 0 });
    });

    it('of each part of the server that this version has', async () => {
      stage.use('postgres');
      const parts = ['bgwriter', 'archiver', 'wal', 'slru'];
      const later = ['recovery_prefetch', 'io', 'checkpointer'];
      for (const which of [...parts, ...(major === 18 ? later : [])])
        expect(await run(body({ kind: 'server' }, { which })), which).toMatchObject({ status: 'done', verified: true });
      if (major === 14)
        for (const which of later)
          expect(await refused(body({ kind: 'server' }, { which })), which).toBe('422 version');
      expect(await refused(body({ kind: 'server' }, { which: 'all' }))).toBe('400 bad_input');
    });

    it('without rights fails, as the preview foretells; with the grant it works', async () => {
      stage.use('weak');
      for (const target of [
        await orders(),
        { kind: 'database', database: 'postgres' },
        { kind: 'server' },
      ] as Target[]) {
        const shown = await preview(body(target));
        expect(shown.warnings.join()).toContain('may not reset statistics');
        expect(await execute(shown)).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
      }
      await stage.root('grant execute on function pg_stat_reset() to weak');
      const allowed = await preview(body({ kind: 'database', database: 'postgres' }));
      expect(allowed.warnings.join()).not.toContain('may not');
      expect(await execute(allowed)).toMatchObject({ status: 'done', verified: true });
      await stage.root('revoke execute on function pg_stat_reset() from weak');
    });

    it('is refused for what has none, and void when the target is another one', async () => {
      stage.use('postgres');
      const view = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('orders_view') };
      expect(await refused(body(view))).toBe('422 not_a_table');
      const shared = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('pg_database') };
      expect(await refused(body(shared))).toBe('422 shared');
      await stage.root('create table public.counted (id int primary key)');
      const table = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('counted') };
      const indexed = () => stage.root('create index on public.counted (id)');
      expect(await changed(body(table, { indexes: true }), indexed)).toBe('409 target_changed');
      const renamed = () => stage.root('alter table public.counted rename to counted_2');
      expect(await changed(body(table), renamed)).toBe('409 target_changed');
      await stage.root('drop table public.counted_2');
    });
  });
});
