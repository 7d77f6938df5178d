import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actions } from '@/lib/actions/index';
import type { Target } from '@/lib/actions/target';
import { checkDdl } from '@/lib/ddl/check';
import { type Mode, takenBehind, takenBy, told } from './test-locks';
import { admin, Stage } from './test-stage';

/** What has to be there, besides what every stage has. */
const setup = `
create table public.ref (id int primary key);
create table public.plain (id int primary key, a int, b text, t_id int);
create index plain_a on plain (a);
alter table plain add constraint plain_ref foreign key (t_id) references ref not valid,
  add constraint plain_check check (a > 0) not valid;
create statistics public.plain_st on id, a from plain;
create materialized view public.mv as select id, a from plain;
create table public.tree (id int not null, ref_id int constraint tree_ref references ref, v int) partition by range (id);
create table public.tree_1 partition of tree for values from (0) to (100);
create table public.tree_2 partition of tree for values from (100) to (200);
create index tree_v on tree (v);
create table public.tree_new (id int not null, ref_id int, v int);
create table public.rest (id int not null) partition by list (id);
create table public.rest_1 partition of rest for values in (1);
create table public.rest_other partition of rest default;
create table public.rest_new (id int not null);
create table public.hub (id int primary key) partition by list (id);
create table public.hub_1 partition of hub for values in (1);
create table public.hub_new (id int not null);
create table public.spoke (hub_id int references hub);
create extension if not exists pg_stat_statements;
`;

type Case = {
  action: string;
  /** What it is done to, where the action has several cases. */
  on: string;
  target: (stage: Stage) => Promise<Target>;
  options?: Record<string, unknown> | ((stage: Stage) => Promise<Record<string, unknown>>);
  /**
   * By the number of the step, for those that commit as they go: locks of another session, each of which keeps it from going
   * on at a place that shows its locks. The other steps are run in a transaction.
   */
  behind?: Record<number, string[]>;
  /** Run between two tries of such a step, and at the end. */
  clean?: string;
  /** Run at the end instead. */
  after?: string;
};

const database = 'postgres';
const relation = (name: string) => async (stage: Stage) => ({
  kind: 'relation' as const,
  database,
  oid: await stage.oid(name),
});
const index = (name: string) => async (stage: Stage) => ({
  kind: 'index' as const,
  database,
  oid: await stage.oid(name),
});
const named = (kind: 'constraint' | 'statistics', sql: string) => async (stage: Stage) => {
  const [row] = await stage.root<{ oid: number }>(sql);
  return { kind, database, oid: row?.oid ?? 0 };
};
const constraint = (name: string) =>
  named('constraint', `select oid from pg_constraint where conname = '${name}' and conparentid = 0`);
const writers = (table: string) => `lock table ${table} in row exclusive mode`;
const readers = (table: string) => `lock table ${table} in access share mode`;
const maintenance = (table: string) => `lock table ${table} in share update exclusive mode`;

const cases: Case[] = [
  { action: 'analyze', on: 'a table', target: relation('plain') },
  { action: 'analyze', on: 'a partitioned table', target: relation('tree') },
  {
    action: 'analyze-database',
    on: 'all tables',
    target: async () => ({ kind: 'database', database }),
    options: { only: 'all' },
  },
  { action: 'vacuum', on: 'a table', target: relation('plain'), behind: { 0: [maintenance('plain')] } },
  {
    action: 'vacuum',
    on: 'a partitioned table',
    target: relation('tree'),
    behind: { 0: [maintenance('only tree'), maintenance('tree_1'), maintenance('tree_2')] },
  },
  { action: 'vacuum-full', on: 'a table', target: relation('plain'), behind: { 0: [readers('plain')] } },
  {
    action: 'set-storage-parameters',
    on: 'a table',
    target: relation('plain'),
    options: { fillfactor: 80, 'toast.autovacuum_enabled': false },
  },
  { action: 'create-statistics', on: 'a table', target: relation('plain'), options: { columns: [2, 3] } },
  {
    action: 'drop-statistics',
    on: 'one',
    target: named('statistics', "select oid from pg_statistic_ext where stxname = 'plain_st'"),
  },
  { action: 'validate-constraint', on: 'a foreign key', target: constraint('plain_ref') },
  { action: 'validate-constraint', on: 'a check', target: constraint('plain_check') },
  {
    action: 'create-index',
    on: 'a table',
    target: relation('plain'),
    options: { columns: [{ attnum: 3 }], name: 'made' },
    behind: { 0: [writers('plain')] },
    clean: 'drop index if exists made',
  },
  {
    action: 'create-index',
    on: 'a partitioned table',
    target: relation('tree'),
    options: { columns: [{ attnum: 1 }], name: 'made' },
    behind: { 1: [writers('tree_1')], 3: [writers('tree_2')] },
    clean: 'drop index if exists made',
  },
  {
    action: 'drop-index',
    on: 'an index',
    target: index('plain_a'),
    behind: { 0: [readers('plain')] },
    clean: 'drop index if exists plain_a; create index plain_a on plain (a)',
  },
  { action: 'drop-index', on: 'a partitioned index', target: index('tree_v') },
  {
    action: 'reindex',
    on: 'an index',
    target: index('plain_a'),
    behind: { 0: [writers('plain')] },
    clean: 'drop index if exists plain_a_ccnew',
  },
  {
    action: 'reindex',
    on: 'a table',
    target: relation('plain'),
    behind: { 0: [writers('plain')] },
    clean: 'drop index if exists plain_a_ccnew, plain_pkey_ccnew',
  },
  {
    action: 'reindex',
    on: 'a partitioned index',
    target: index('tree_v'),
    behind: { 0: [writers('tree_1')], 1: [writers('tree_2')] },
    clean: 'drop index if exists tree_1_v_idx_ccnew, tree_2_v_idx_ccnew',
  },
  {
    action: 'recreate',
    on: 'a dropped index',
    target: async (stage) => {
      const shown = await stage.runner.preview(
        'test',
        { action: 'drop-index', target: await index('plain_a')(stage) },
        admin,
      );
      const { run } = await stage.runner.execute(
        'test',
        { previewId: shown.previewId, idempotencyKey: 'drop', confirmText: 'plain_a' },
        admin,
      );
      return { kind: 'run', runId: (await stage.ended(run)).runId };
    },
    behind: { 0: [writers('plain')] },
    clean: 'drop index if exists plain_a; create index plain_a on plain (a)',
  },
  {
    action: 'drop-extension',
    on: 'one with views',
    target: async () => ({ kind: 'extension', database, name: 'pg_stat_statements' }),
  },
  {
    action: 'create-partition',
    on: 'a table with a foreign key',
    target: relation('tree'),
    options: { bound: { by: 'range', from: ['200'], to: ['300'] }, name: 'tree_3' },
    clean: 'drop table if exists tree_3',
  },
  {
    action: 'create-partition',
    on: 'a table with a default partition',
    target: relation('rest'),
    options: { bound: { by: 'list', values: ['2'] }, name: 'rest_2' },
    clean: 'drop table if exists rest_2',
  },
  {
    action: 'attach-partition',
    on: 'a table with a foreign key',
    target: relation('tree_new'),
    options: async (stage) => ({ parent: await stage.oid('tree'), bound: { by: 'range', from: ['200'], to: ['300'] } }),
  },
  {
    action: 'attach-partition',
    on: 'a table with a default partition',
    target: relation('rest_new'),
    options: async (stage) => ({ parent: await stage.oid('rest'), bound: { by: 'list', values: ['2'] } }),
  },
  {
    action: 'attach-partition',
    on: 'a table that foreign keys name',
    target: relation('hub_new'),
    options: async (stage) => ({ parent: await stage.oid('hub'), bound: { by: 'list', values: ['2'] } }),
  },
  {
    action: 'detach-partition',
    on: 'a table with a foreign key',
    target: relation('tree_2'),
    behind: { 0: [readers('tree_2'), writers('ref')] },
    clean: `alter table tree detach partition tree_2 finalize;
      alter table tree attach partition tree_2 for values from (100) to (200)`,
  },
  { action: 'detach-partition', on: 'a table with a default partition', target: relation('rest_1') },
  {
    action: 'detach-partition',
    on: 'a table that foreign keys name',
    target: relation('hub_1'),
    behind: { 0: [readers('hub_1'), readers('spoke')] },
    clean: 'alter table hub detach partition hub_1 finalize; alter table hub attach partition hub_1 for values in (1)',
  },
  { action: 'drop-partition', on: 'a table with a default partition', target: relation('rest_1') },
  {
    action: 'drop-partition',
    on: 'a table without one',
    target: relation('tree_2'),
    behind: { 0: [readers('tree_2'), writers('ref')] },
    clean: `alter table tree detach partition tree_2 finalize;
      alter table tree attach partition tree_2 for values from (100) to (200)`,
    after: 'alter table tree attach partition tree_2 for values from (100) to (200)',
  },
];

/** Actions that lock no table, index or view: what they change is elsewhere. */
const elsewhere = [
  'alter-system',
  'checkpoint',
  'create-extension',
  'drop-slot',
  'refresh-collation-version',
  'reset-statements',
  'reset-statistics',
  'rollback-prepared',
  'switch-wal',
];

/** Only shown, never run: what is claimed is compared with what the check of DDL says of the statements. */
const onlyShown = ['sequence-to-bigint'];

/** Its script is the extension's own: which views and tables it changes is not known before. */
const notKnown = ['update-extension'];

it('every action that runs statements has a case', () => {
  const work = Object.values(actions).filter(({ kind }) => kind === 'work');
  const proven = new Set([...cases.map(({ action }) => action), ...elsewhere, ...onlyShown, ...notKnown]);
  expect(work.map(({ id }) => id).filter((id) => !proven.has(id))).toEqual([]);
  expect(work.filter(({ id, locks }) => elsewhere.includes(id) && locks.length > 0).map(({ id }) => id)).toEqual([]);
});

describe.each([14, 18])('the locks that the pre-flight tells of, on PostgreSQL %i', (major) => {
  let stage: Stage;
  let acting: pg.Client;
  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(setup);
  });
  beforeEach(async () => {
    stage.use('postgres');
    acting = await stage.client('postgres', 'acting');
  });
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const here = cases.filter(({ action }) => Object.hasOwn(actions, action));
  it.each(here)(
    'are those that the server takes: $action, $on',
    async ({ action, target, options, behind = {}, clean, after }) => {
      const body = {
        action,
        target: await target(stage),
        options: typeof options === 'function' ? await options(stage) : options,
      };
      const { sql, locks } = await stage.runner.preview('test', body, admin);
      const known = new Set(
        (
          await stage.root<{ relation: string }>(
            "select format('%I.%I', n.nspname, c.relname) as relation from pg_class as c join pg_namespace as n on n.oid = c.relnamespace",
          )
        ).map(({ relation }) => relation),
      );
      const taken: Mode[] = [];
      for (const [place, statement] of sql.entries()) {
        const last = place === sql.length - 1;
        const blockers = behind[place];
        if (!blockers) taken.push(...(await takenBy(stage, acting, statement, last ? 'rollback' : 'commit')));
        for (const [count, blocker] of (blockers ?? []).entries()) {
          const goesOn = !last && count === (blockers?.length ?? 0) - 1;
          taken.push(...(await takenBehind(stage, acting, statement, blocker, goesOn ? 'go on' : 'cancel')));
          if (count < (blockers?.length ?? 0) - 1 && clean) await stage.root(clean);
        }
      }
      const found = await told(
        stage,
        taken.filter(({ relation }) => known.has(relation)),
      );
      const mends = after ?? clean;
      if (mends) await stage.root(mends);
      expect(found).toEqual(await told(stage, locks));
      expect(found).not.toEqual([]);
    },
  );

  it('are those of the statements that are only shown', async () => {
    await stage.root('create table if not exists public.numbered (id serial primary key, a int)');
    const target = await relation('numbered')(stage);
    const shown = await stage.runner.preview('test', { action: 'sequence-to-bigint', target }, admin);
    expect(shown.onlyShown).toBe(true);
    const { statements } = await checkDdl(stage.server, database, shown.sql.join(';\n'));
    const found = statements.flatMap(({ locks }) => locks);
    expect(await told(stage, found)).toEqual(await told(stage, shown.locks));
  });
});
