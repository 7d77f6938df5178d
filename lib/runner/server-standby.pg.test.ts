import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { subjects } from '@/lib/actions/subjects/index';
import { type Target, target } from '@/lib/actions/target';
import { acting } from './test-acting';
import { Stage } from './test-stage';

describe.each([14, 18])('on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major, {
      shared_preload_libraries: 'pg_stat_statements',
      max_prepared_transactions: 5,
    });
    await stage.root('create extension pg_stat_statements schema public');
    await stage.root("select pg_create_physical_replication_slot('follower', true)");
  });
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const { preview, run, refused } = acting(() => stage);

  it('what there is to choose from can be previewed', async () => {
    stage.use('postgres');
    const client = await stage.client('postgres');
    await client.query("begin; create table public.held (id int); prepare transaction 'One ''gid'''");
    const choose = async (kind: 'setting' | 'extension' | 'slot' | 'prepared', search: string) => {
      const text = subjects[kind]?.choices?.({ role: 'postgres', major, home: 'postgres' }, 'postgres') ?? '';
      return stage.root<{ label: string; detail: string; target: Target }>(text, [search, 5]);
    };
    for (const [kind, search, label, action, options] of [
      ['setting', 'work_m', 'autovacuum_work_mem', 'alter-system', { value: '64MB' }],
      ['extension', 'trgm', 'pg_trgm', 'create-extension', {}],
      ['slot', 'follow', 'follower', 'drop-slot', {}],
      ['prepared', "one '", "One 'gid'", 'rollback-prepared', {}],
    ] as const) {
      const [first] = await choose(kind, search);
      expect(first?.label, kind).toBe(label);
      expect(first?.detail, kind).toEqual(expect.any(String));
      const chosen = target.parse(first?.target);
      expect((await preview({ action, target: chosen, options })).target, kind).toEqual(chosen);
      expect(await choose(kind, 'no such thing'), kind).toEqual([]);
      expect((await choose(kind, '')).length, kind).toBeLessThanOrEqual(5);
    }
    await stage.root("rollback prepared 'One ''gid'''");
  });

  it('a standby is checkpointed, set, reset and rid of a slot, and never written to', async () => {
    writeFileSync(join(stage.folder, 'data', 'standby.signal'), '');
    await stage.restart();
    stage.use('postgres');
    expect((await stage.root<{ standby: boolean }>('select pg_is_in_recovery() as standby'))[0]?.standby).toBe(true);
    const server = { kind: 'server' as const };
    const body = (action: string, on: Target, options: Record<string, unknown> = {}): PreviewBody => ({
      action,
      target: on,
      options,
    });
    const shown = await preview(body('checkpoint', server));
    expect(shown.title).toBe('Make a restartpoint now?');
    const nothing = await run(body('checkpoint', server));
    expect(nothing).toMatchObject({ status: 'nothing_done', verified: false });
    expect(nothing.message).toContain('no checkpoint of the primary');

    const setting = { kind: 'setting' as const, name: 'work_mem' };
    const set = await run(body('alter-system', setting, { value: '8MB' }));
    expect(set).toMatchObject({ status: 'done', verified: true });
    expect(await run(set.undo?.body as PreviewBody)).toMatchObject({ status: 'done', verified: true });
    const senders = { kind: 'setting' as const, name: 'max_wal_senders' };
    expect(await refused(body('alter-system', senders, { value: '5' }))).toBe('422 too_low');
    expect((await preview(body('alter-system', senders, { value: '20' }))).sql[0]).toContain('max_wal_senders');
    expect(await run(body('reset-statements', server))).toMatchObject({ status: 'done', verified: true });
    expect(await run(body('reset-statistics', server))).toMatchObject({ status: 'done', verified: true });
    expect(await run(body('drop-slot', { kind: 'slot', name: 'follower' }))).toMatchObject({
      status: 'done',
      verified: true,
    });

    const database = { kind: 'database' as const, database: 'postgres' };
    const extension = { kind: 'extension' as const, database: 'postgres', name: 'hstore' };
    for (const each of [
      body('switch-wal', server),
      body('create-extension', extension),
      body('drop-extension', extension),
      body('update-extension', extension),
      body('refresh-collation-version', database),
    ])
      expect(await refused(each), each.action).toBe('422 standby');
  });
});
