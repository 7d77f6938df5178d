import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takenBehind, takenBy, takenSlowly, told } from '@/lib/runner/test-locks';
import { Stage } from '@/lib/runner/test-stage';
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

describe.each([14, 18])('what DDL would block on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root(setup);
  });
  afterAll(() => stage?.end());
  const check = async (sql: string) => (await checkDdl(stage.server, 'postgres', sql)).statements;

  it.each(inTransaction)('claims what the server takes: %s', async (sql) => {
    if (/merge/.test(sql) && major < 15) return;
    const client = await stage.client('postgres', 'ddl');
    const first = sql.split(';')[0] as string;
    const [checked] = await check(first);
    let taken: Awaited<ReturnType<typeof takenBy>>;
    try {
      taken = await takenBy(stage, client, first.replace('to stdout', "to '/dev/null'"));
    } catch (error) {
      throw new Error(`${sql}: ${(error as Error).message}`);
    }
    expect(checked?.supported).toBe(true);
    expect(await told(stage, checked?.locks ?? [])).toEqual(await told(stage, taken));
    await client.end();
  });
});
