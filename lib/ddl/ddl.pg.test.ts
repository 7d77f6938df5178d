import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takenBehind, takenBy, told } from '@/lib/runner/test-locks';
import { pidOf, Stage } from '@/lib/runner/test-stage';
import { checkDdl } from './check';

const setup = `
create table public.t (id int primary key, a int, b text, c varchar(10), d int, e numeric(10, 2), f timestamptz, unique (d));
insert into t select n, n, repeat('x', 50), 'c', n, 1, now() from generate_series(1, 500) as n;
alter table t add constraint t_a_check check (a is not null), add constraint t_d_check check (d > 0) not valid;
create index t_a on t (a);
create unique index t_free on t (e, id);
create table public.plain (id int primary key, a int, b text, c varchar(10), e numeric(10, 2));
create index on plain (a);
create table public.ref (id int primary key, unique (id));
create table public.child (id int primary key, ref_id int, t_id int);
alter table child add constraint child_ref foreign key (ref_id) references ref not valid;
create table public.parent (id int not null, v int) partition by range (id);
create table public.parent_1 partition of parent for values from (0) to (100);
create table public.parent_2 partition of parent for values from (100) to (200);
create table public.fresh (id int not null, v int);
create index parent_v on parent (v);
create table public.open (id int not null, ref_id int references ref) partition by list (id);
create table public.open_1 partition of open for values in (1);
create table public.open_rest partition of open default;
create materialized view public.mv as select id, a from t;
create unique index mv_id on mv (id);
create view public.v as select * from t;
create sequence public.s owned by child.id;
create statistics public.st on a, d from t;
create function public.f() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before insert on t for each row execute function f();
create policy po on t using (true);
create rule ru as on update to child where new.id < 0 do instead nothing;
create table public.hub (id int primary key) partition by list (id);
create table public.hub_1 partition of hub for values in (1);
create table public.spoke (hub_id int references hub);
create table public.tree_null (id int) partition by list (id);
create table public.tree_null_1 partition of tree_null for values in (1);
create table public.rim (id int not null);
create table public.customers (id int primary key);
create table public.buys (id int primary key, customer int references customers) partition by range (id);
create table public.buys_1 partition of buys for values from (0) to (100);
create table public.items (id int primary key, buy int references buys);
create table public.payments (item int references items, self int, id int primary key);
alter table payments add foreign key (self) references payments;
insert into ref values (1);
create table public.leaf (id int not null, ref_id int);
create schema elsewhere;
create table elsewhere.only_there (id int);
create publication pu for table child;
`;

/** Statements that are run in a transaction: what is claimed of each must be what the server took. */
const inTransaction = [
  'create index on t (b)',
  'create unique index on only parent (id, v)',
  'create index on parent (id)',
  'drop index t_a',
  'drop index parent_v',
  'drop table t cascade',
  'drop table child',
  'drop table parent',
  'drop table parent_1',
  'drop table open_1',
  'drop table ref cascade',
  'drop view v',
  'drop materialized view mv',
  'drop sequence s',
  'drop trigger tr on t',
  'drop policy po on t',
  'drop rule ru on child',
  'drop statistics st',
  'truncate child',
  'truncate ref cascade',
  'truncate customers cascade',
  'truncate buys_1 cascade',
  'truncate items, payments cascade',
  'truncate parent',
  'analyze child',
  'reindex table child',
  'reindex index t_a',
  'cluster child using child_pkey',
  'refresh materialized view mv',
  'refresh materialized view concurrently mv',
  'lock table parent in share row exclusive mode',
  'lock table only parent in row share mode',
  'lock table v in exclusive mode',
  'create table n (id int)',
  'create table n (x int references ref, like fresh)',
  'create table n (id int) inherits (fresh)',
  'create table n partition of parent for values from (200) to (300)',
  'create table n partition of open for values in (2)',
  'create table n as select * from t',
  'create materialized view n as select * from v',
  'create view n as select * from t',
  'create or replace view v as select * from t',
  'create trigger n before insert on t for each row execute function f()',
  'create trigger n before insert on parent for each row execute function f()',
  'create policy n on t using (true)',
  'create rule n as on delete to child do nothing',
  'create statistics n on a, b from t',
  'create publication n for table t',
  'alter publication pu add table t',
  'create sequence n',
  'create function n() returns int language sql as $$select 1$$',
  'create type n as enum ()',
  'create schema n',
  "comment on table t is 'x'",
  "comment on column t.a is 'x'",
  'grant select on t to public',
  'alter sequence s restart',
  'alter statistics st set statistics 100',
  'alter table t rename to n',
  'alter table parent rename column v to n',
  'alter index t_a rename to n',
  'alter table child rename constraint child_ref to n',
  'alter trigger tr on t rename to n',
  'alter table child set schema elsewhere',
  'alter table t add column n int',
  'alter table parent add column n int default 4',
  'alter table child add column n int references ref',
  'alter table plain drop column b',
  'alter table parent drop column v',
  'alter table plain alter a type bigint',
  'alter table parent alter v set default 4',
  'alter table t alter a set not null',
  'alter table parent alter v set not null',
  'alter table fresh alter id drop not null',
  'alter table t alter a set statistics 50',
  'alter table parent alter v set statistics 50',
  'alter table t alter a set (n_distinct = 5)',
  'alter table t alter b set storage external',
  'alter table t add check (a > 0)',
  'alter table parent add check (v > 0) not valid',
  'alter table child add foreign key (t_id) references t',
  'alter table child add foreign key (t_id) references t not valid',
  'alter table parent add foreign key (v) references ref',
  'alter table fresh add primary key (id)',
  'alter table t add constraint n unique using index t_free',
  'alter table t validate constraint t_d_check',
  'alter table child validate constraint child_ref',
  'alter table t drop constraint t_d_check',
  'alter table child drop constraint child_ref',
  'alter table child alter constraint child_ref deferrable',
  'alter table parent attach partition fresh for values from (300) to (400)',
  'alter table open attach partition leaf for values in (5)',
  'alter table hub attach partition rim for values in (2)',
  'create table n partition of hub for values in (2)',
  'alter table hub detach partition hub_1',
  'drop table hub cascade',
  'alter table parent detach partition parent_1',
  'alter table open detach partition open_1',
  'alter table t set (fillfactor = 90, autovacuum_enabled = off)',
  'alter table t reset (fillfactor)',
  'alter table t set (user_catalog_table = true)',
  'alter table t cluster on t_a',
  'alter table t disable trigger tr',
  'alter table t enable row level security',
  'alter table t owner to owner',
  'alter table t set unlogged',
  'alter table t replica identity full',
  'alter table leaf inherit ref',
  'alter table "Odd ""name""; drop" add column n int',
  'alter table if exists t add column if not exists a int',
  'alter view v alter a set default 4',
  'alter materialized view mv rename to n',
  'alter index t_a set (fillfactor = 80)',
  'alter sequence s owned by none',
  'create index on mv (a)',
  'alter table parent add primary key (id)',
  'alter table plain add exclude using btree (a with =)',
  'alter table child drop column ref_id',
  'alter table ref drop constraint ref_pkey cascade',
  'alter table ref alter id type bigint',
  'alter table child alter ref_id type bigint',
  'alter table ref drop column id cascade',
  'alter table leaf alter id add generated always as identity',
  'drop table if exists plain, fresh',
  'alter table open add column n int',
  'create or replace function f() returns trigger language plpgsql as $$begin return old; end$$',
  'create index on open (ref_id)',
  'select * from parent',
  'alter table parent add unique (id)',
  'alter table open add primary key (id)',
  'alter table tree_null add primary key (id)',
  'insert into child (id, ref_id) values (1, 1)',
  'update t set a = 2 where id = 1',
  'delete from child',
  'select * from v',
  'select * from t join child on true for update of t',
  'with x as (insert into child (id, ref_id) values (5, 1) returning *) select * from x',
  'merge into plain as p using t on p.id = t.id when not matched then insert (id) values (t.id)',
  'copy t to stdout; select 1',
  'explain select * from t',
];

/**
 * Statements that commit as they go: another session's lock keeps each from going on, at a place that shows its locks;
 * where there are several places, the locks are those of all.
 */
const standing: { sql: string; behind: string[]; clean?: string }[] = [
  {
    sql: 'create index concurrently n on plain (b)',
    behind: ['lock table plain in row exclusive mode'],
    clean: 'drop index if exists n',
  },
  { sql: 'drop index concurrently t_a', behind: ['lock table t in access share mode'] },
  {
    sql: 'reindex index concurrently plain_a_idx',
    behind: ['lock table plain in row exclusive mode'],
    clean: 'drop index if exists plain_a_idx_ccnew',
  },
  {
    sql: 'reindex (concurrently) table plain',
    behind: ['lock table plain in row exclusive mode'],
    clean: 'drop index if exists plain_pkey_ccnew, plain_a_idx_ccnew',
  },
  {
    sql: 'alter table parent detach partition parent_2 concurrently',
    behind: ['lock table parent_2 in access share mode'],
    clean: `alter table parent detach partition parent_2 finalize;
      alter table parent attach partition parent_2 for values from (100) to (200)`,
  },
  { sql: 'vacuum child', behind: ['lock table child in share update exclusive mode'] },
  {
    sql: 'vacuum (analyze) parent',
    behind: ['only parent', 'parent_1', 'parent_2'].map(
      (table) => `lock table ${table} in share update exclusive mode`,
    ),
  },
  { sql: 'vacuum (full) child', behind: ['lock table child in access share mode'] },
];

/** Whether a table is written anew: the server shows it by another file. */
const rewriting: [sql: string, table: string, rewrites: boolean | null][] = [
  ['alter table plain add column n int', 'plain', false],
  ['alter table plain add column n timestamptz default now()', 'plain', false],
  ['alter table plain add column n float8 default random()', 'plain', true],
  ['alter table plain add column n timestamptz default clock_timestamp()', 'plain', true],
  ['alter table plain add column n int generated always as identity', 'plain', true],
  ['alter table plain add column n serial', 'plain', true],
  ['alter table plain add column n int generated always as (a + 1) stored', 'plain', true],
  ['alter table plain alter a type bigint', 'plain', true],
  ['alter table plain alter a type int', 'plain', false],
  ['alter table plain alter b type varchar', 'plain', false],
  ['alter table plain alter b type varchar(90)', 'plain', null],
  ['alter table plain alter c type varchar(20)', 'plain', false],
  ['alter table plain alter c type varchar(5)', 'plain', true],
  ['alter table plain alter c type text', 'plain', false],
  ['alter table plain alter e type numeric(12, 2)', 'plain', false],
  ['alter table plain alter e type numeric(12, 3)', 'plain', true],
  ['alter table plain alter e type numeric', 'plain', false],
  ['alter table plain alter a type text using a::text', 'plain', true],
  ['alter table plain set unlogged', 'plain', true],
  ['alter table plain set (fillfactor = 50)', 'plain', false],
  ['alter table plain alter a set not null', 'plain', false],
  ['alter table plain drop column b', 'plain', false],
  ['cluster plain using plain_pkey', 'plain', true],
  ['refresh materialized view mv', 'mv', true],
  ['refresh materialized view concurrently mv', 'mv', false],
  ['truncate plain', 'plain', false],
];

describe.each([14, 18])('what DDL would block on PostgreSQL %i', (major) => {
  let stage: Stage;
  let migration: pg.Client;
  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(setup);
    migration = await stage.client('postgres', 'migration');
  });
  afterAll(() => stage?.end());
  const check = async (sql: string) => {
    const [checked] = (await checkDdl(stage.server, 'postgres', sql)).statements;
    if (!checked) throw new Error(`nothing was found in ${sql}`);
    return checked;
  };
  // MERGE came with PostgreSQL 15.
  const here = inTransaction.filter((sql) => major >= 15 || !sql.startsWith('merge'));

  it.each(here)('claims what the server takes: %s', async (sql) => {
    const { supported, inTransaction: possible, locks } = await check(sql);
    expect({ supported, possible }).toEqual({ supported: true, possible: true });
    const taken = await takenBy(stage, migration, sql.replace('to stdout', "to '/dev/null'"));
    expect(await told(stage, locks)).toEqual(await told(stage, taken));
  });

  it.each(standing)('claims what the server takes: $sql', async ({ sql, behind, clean }) => {
    const { supported, inTransaction: possible, locks, warnings } = await check(sql);
    expect({ supported, possible }).toEqual({ supported: true, possible: false });
    expect(warnings.join()).not.toContain('not known');
    const taken = [];
    for (const blocker of behind) taken.push(...(await takenBehind(stage, migration, sql, blocker)));
    expect(await told(stage, taken)).toEqual(await told(stage, locks));
    if (clean) await stage.root(clean);
  });

  it.each(rewriting)('knows whether the table is written anew: %s', async (sql, table, rewrites) => {
    expect((await check(sql)).rewrites).toBe(rewrites);
    const file = async () => (await migration.query(`select pg_relation_filenode('${table}') as file`)).rows[0].file;
    await migration.query('begin');
    const before = await file();
    await migration.query(sql);
    // An emptied table has another file as well, but nothing is written to it.
    const after = sql.startsWith('truncate') ? before : await file();
    await migration.query('rollback');
    if (rewrites !== null) expect(after !== before).toBe(rewrites);
  });

  it('says in words what is blocked, who stands in the way and what is safer', async () => {
    await migration.query("begin; select 'secret' from t limit 1");
    const checked = await check('alter table t add column n float8 default random()');
    expect(checked).toMatchObject({
      kind: 'ALTER TABLE ADD COLUMN',
      locks: [{ relation: 'public.t', mode: 'AccessExclusiveLock', blocks: 'everything, reads too' }],
      waitsFor: [{ pid: pidOf(migration), mode: 'AccessShareLock', granted: true }],
    });
    expect(checked.waitsFor[0]?.sentence).toContain('(migration) holds AccessShareLock on public.t');
    expect(checked.waitsFor[0]?.sentence).not.toContain('secret');
    expect(checked.warnings.join()).toContain('random() may give another value for each row');
    expect(checked.saferWay).toContain('without a default');
    expect(checked.wouldQueue[0]?.sentence).toContain('How often public.t is used is not known');
    expect(checked.estimates.map(({ label }) => label)).toEqual(['Size of public.t', 'Written anew']);
    await migration.query('rollback');
    expect((await check('create index on t (b)')).locks[0]?.blocks).toMatch(/writes.*; not reads$/);
    expect((await check('analyze t')).locks[0]?.blocks).toMatch(/VACUUM.*; not reads or writes$/);
  });

  // T11: fails where checkDdl() sends a statement of the text to the server, be it in a transaction that is rolled back.
  it('T11: runs nothing, and does not wait behind a lock on the table it looks at', async () => {
    await migration.query('begin; lock table plain in access exclusive mode');
    const { statements } = await checkDdl(
      stage.server,
      'postgres',
      'drop table plain; create table made (id int); insert into made values (1); select pg_advisory_lock(11); select pg_sleep(60)',
    );
    expect(statements.map(({ kind }) => kind)).toEqual(['DROP TABLE', 'CREATE TABLE', 'INSERT', 'SELECT', 'SELECT']);
    expect(statements[0]?.waitsFor).toMatchObject([{ pid: pidOf(migration), mode: 'AccessExclusiveLock' }]);
    expect(statements[2]?.warnings.join()).toContain('made is created or renamed earlier in this text');
    await migration.query('rollback');
    expect(await stage.root("select 1 from pg_class where relname = 'made'")).toEqual([]);
    // Every role may take it, and it outlives a transaction that is rolled back.
    expect(await stage.root("select 1 from pg_locks where locktype = 'advisory' and objid = 11")).toEqual([]);
    expect(await stage.oid('plain')).toBeGreaterThan(0);
  });

  it('says what it does not know', async () => {
    for (const sql of [
      'do $$ begin drop table t; end $$',
      'create extension nothing',
      'drop schema elsewhere cascade',
      'reindex database postgres',
      'call p()',
      'drop database other',
      'reassign owned by app to owner',
      'grant select on all tables in schema public to app',
    ])
      expect({ sql, supported: (await check(sql)).supported }).toEqual({
        sql,
        supported: sql.startsWith('grant') && major < 18,
      });
    const dropped = (await check('drop database other')).warnings.join(' ');
    expect(dropped).toContain('Every table of other is gone');
    expect(dropped).not.toContain('takes no lock');
    expect((await check('refresh materialized view not_there')).estimates).toEqual([]);
    const missing = await check('drop table not_there');
    expect(missing.warnings.join()).toContain('There is no relation not_there in this database now.');
    const guessed = await check('drop table only_there');
    expect(guessed.warnings.join()).toContain('only_there is taken to be elsewhere.only_there');
    expect(guessed.locks).toMatchObject([{ relation: 'elsewhere.only_there' }]);
    const { statements } = await checkDdl(
      stage.server,
      'postgres',
      'set search_path = elsewhere; drop table only_there',
    );
    expect(statements[1]).toMatchObject({ locks: [{ relation: 'elsewhere.only_there' }] });
    expect(statements[1]?.warnings.join()).not.toContain('is taken to be');
    expect((await check('set x.y = 1')).warnings).toEqual(['It takes no lock on a table that is there now.']);
  });

  it('refuses what does not parse, with the place, and a database that is not there', async () => {
    await stage.server.connections.probe();
    const refused = (sql: string, database = 'postgres') =>
      checkDdl(stage.server, database, sql).catch(({ status, code, message }) => `${status} ${code} ${message}`);
    expect(await refused('alter table t add colum n int;\ncreate indx')).toBe(
      '422 syntax_error syntax error at or near "int", at position 27 (line 1, column 27).',
    );
    expect(await refused("select 'ä', 'ö';\ncreate indx on t (a)")).toContain('at position 25 (line 2, column 8)');
    expect(await refused('select 1;'.repeat(31))).toBe(
      '422 too_many These are 31 statements; at most 30 are looked at together.',
    );
    expect(await refused('select 1', 'nowhere')).toContain('404 not_found');
  });
});
