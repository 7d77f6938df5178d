import type { Row } from '@/lib/actions/action';
import type { Reads } from '@/lib/runner/subject-now';
import type { Name } from './effect';
import type { Statement } from './parse';

/** A relation as the catalog has it. */
export type Relation = {
  oid: number;
  quoted: string;
  relkind: string;
  pages: number;
  index_pages: number;
  rows: number;
  /** False: it was found in another schema than those that are looked through. */
  in_path: boolean;
  /** Where several schemas that are not looked through have one of this name. */
  others: number;
};

/** Catalogs only, so that no lock on the relation itself holds it up. */
const relationSql = `select /* pgdeck:ddl-relation */ c.oid, format('%I.%I', n.nspname, c.relname) as quoted, c.relkind::text as relkind,
  c.relpages::float8 as pages, c.reltuples::float8 as rows,
  (select coalesce(sum(x.relpages), 0)::float8 from pg_catalog.pg_index as i join pg_catalog.pg_class as x on x.oid = i.indexrelid where i.indrelid = c.oid) as index_pages,
  $2::text is not null or array_position($3::text[], n.nspname::text) is not null as in_path,
  (count(*) over ())::int - 1 as others
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relname = $1 and ($2::text is null or n.nspname = $2)
order by array_position($3::text[], n.nspname::text) nulls last, n.nspname
limit 1`;

const viewsSql = (from: string, to: string) => `with recursive views as (
  select distinct d.refobjid as source, r.ev_class as view from pg_catalog.pg_rewrite as r
  join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
), found as (
  select v.${to} as oid from views as v where v.${from} = $1::oid
  union select v.${to} from found as f join views as v on v.${from} = f.oid
)
select /* pgdeck:ddl-views */ f.oid, c.relkind::text as relkind from found as f join pg_catalog.pg_class as c on c.oid = f.oid
where c.relkind in ('r', 'p', 'v', 'm', 'f') limit 200`;

/** What a statement's names mean in one database; each question is asked once. */
export class Catalog {
  #reads: Reads;
  #path: string[];
  #role: string;
  #relations = new Map<string, Promise<Relation | undefined>>();

  /** `role` is the one whose own schema is looked through first, as "$user" of the usual search_path. */
  constructor(reads: Reads, role: string) {
    this.#reads = reads;
    this.#role = role;
    this.#path = ['pg_catalog', role, 'public'];
  }

  /** Goes by the search_path that a statement of the text sets, for those after it. */
  follow({ kind, node }: Statement): void {
    if (kind !== 'VariableSetStmt' || node.name !== 'search_path' || !Array.isArray(node.args)) return;
    const names = (node.args as { A_Const?: { sval?: { sval?: string } } }[]).flatMap(
      ({ A_Const }) => A_Const?.sval?.sval ?? [],
    );
    this.#path = ['pg_catalog', ...names.map((name) => (name === '$user' ? this.#role : name))];
    this.#relations.clear();
  }

  /** The relation of a name, by the usual search_path where it names no schema. */
  relation({ schema, name }: Name): Promise<Relation | undefined> {
    const key = JSON.stringify([schema, name]);
    let relation = this.#relations.get(key);
    if (!relation) {
      relation = this.#row<Relation>(relationSql, [name, schema ?? null, this.#path]);
      this.#relations.set(key, relation);
    }
    return relation;
  }

  /** The table of an index, and the partitioned table's where it belongs to one. */
  async tableOf(index: number): Promise<number | undefined> {
    return (
      await this.#row<{ oid: number }>(
        'select /* pgdeck:ddl-table */ i.indrelid as oid from pg_catalog.pg_index as i where i.indexrelid = $1::oid',
        [index],
      )
    )?.oid;
  }

  /** Tables and views that a view reads, through all its views. */
  async sourcesOf(view: number): Promise<number[]> {
    return (await this.#all<{ oid: number }>(viewsSql('view', 'source'), [view])).map(({ oid }) => oid);
  }

  /** Views and materialized views that depend on a relation. */
  async viewsOn(relation: number): Promise<number[]> {
    return (await this.#all<{ oid: number }>(viewsSql('source', 'view'), [relation])).map(({ oid }) => oid);
  }

  /** The default partition of a partitioned table. */
  async defaultPartition(parent: number): Promise<number | undefined> {
    const row = await this.#row<{ oid: number }>(
      'select /* pgdeck:ddl-default */ p.partdefid as oid from pg_catalog.pg_partitioned_table as p where p.partrelid = $1::oid and p.partdefid <> 0',
      [parent],
    );
    return row?.oid;
  }

  /** The tables that a partition or child belongs to. */
  async parentsOf(relation: number): Promise<number[]> {
    const rows = await this.#all<{ oid: number }>(
      'select /* pgdeck:ddl-parents */ i.inhparent as oid from pg_catalog.pg_inherits as i where i.inhrelid = $1::oid',
      [relation],
    );
    return rows.map(({ oid }) => oid);
  }

  /** Tables that a table's own foreign keys name: not those that it has as a partition. */
  async ownReferencedOf(table: number): Promise<number[]> {
    const rows = await this.#all<{ oid: number }>(
      `select /* pgdeck:ddl-referenced */ k.confrelid as oid from pg_catalog.pg_constraint as k
where k.conrelid = $1::oid and k.contype = 'f' and k.conparentid = 0`,
      [table],
    );
    return rows.map(({ oid }) => oid);
  }

  /** Tables that TRUNCATE … CASCADE empties with one: by their foreign keys, and by those that lead to them in turn. */
  async emptiedWith(table: number, withChildren: boolean): Promise<number[]> {
    const rows = await this.#all<{ oid: number }>(
      `with recursive /* pgdeck:ddl-emptied */ named as (
  select $1::oid as oid
  union select i.inhrelid from named as n join pg_catalog.pg_inherits as i on i.inhparent = n.oid
    join pg_catalog.pg_class as p on p.oid = n.oid where $2::bool or p.relkind = 'p'
), reached as (
  select n.oid, true as emptied from named as n
  union
  select t.oid, t.emptied from reached as r
  join pg_catalog.pg_constraint as k on k.confrelid = r.oid and k.contype = 'f'
  -- The key of a partition leads to whoever names the whole: it is looked through, but not itself emptied by that.
  cross join lateral (
    select k.conrelid as oid, true as emptied
    union all
    select w.confrelid, false from pg_catalog.pg_constraint as w where w.oid = k.conparentid
  ) as t
)
select distinct r.oid from reached as r where r.emptied and r.oid not in (select n.oid from named as n)`,
      [table, withChildren],
    );
    return rows.map(({ oid }) => oid);
  }

  /** Tables at the other end of foreign keys that a column belongs to, in either direction. */
  async partnersOf(table: number, column: string): Promise<number[]> {
    const rows = await this.#all<{ oid: number }>(
      `select /* pgdeck:ddl-partners */ distinct case when k.conrelid = a.attrelid then k.confrelid else k.conrelid end as oid
from pg_catalog.pg_attribute as a
join pg_catalog.pg_constraint as k on k.contype = 'f' and (k.conrelid = a.attrelid and a.attnum = any (k.conkey)
  or k.confrelid = a.attrelid and a.attnum = any (k.confkey))
where a.attrelid = $1::oid and a.attname = $2`,
      [table, column],
    );
    return rows.map(({ oid }) => oid);
  }

  /** Whether columns are declared NOT NULL, all of them. */
  async areNotNull(table: number, columns: string[]): Promise<boolean> {
    const row = await this.#row<{ all: boolean }>(
      `select /* pgdeck:ddl-not-null-columns */ bool_and(a.attnotnull) as all from pg_catalog.pg_attribute as a
where a.attrelid = $1::oid and a.attname = any ($2::text[])`,
      [table, columns],
    );
    return row?.all === true;
  }

  /** Sequences that belong to columns of a table. */
  async sequencesOf(table: number): Promise<number[]> {
    const rows = await this.#all<{ oid: number }>(
      `select /* pgdeck:ddl-sequences */ c.oid from pg_catalog.pg_depend as d join pg_catalog.pg_class as c on c.oid = d.objid
where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = $1::oid and d.deptype in ('a', 'i') and c.relkind = 'S'`,
      [table],
    );
    return rows.map(({ oid }) => oid);
  }

  /** The table of a statistics object. */
  async tableOfStatistics({ schema, name }: Name): Promise<number | undefined> {
    const row = await this.#row<{ oid: number }>(
      `select /* pgdeck:ddl-statistics */ s.stxrelid as oid from pg_catalog.pg_statistic_ext as s
join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
where s.stxname = $1 and ($2::text is null or n.nspname = $2) order by array_position($3::text[], n.nspname::text) nulls last limit 1`,
      [name, schema ?? null, this.#path],
    );
    return row?.oid;
  }

  /** A constraint of a table. */
  constraint(
    table: number,
    name: string,
  ): Promise<{ contype: string; referenced: number; validated: boolean } | undefined> {
    return this.#row(
      `select /* pgdeck:ddl-constraint */ k.contype::text as contype, k.confrelid as referenced, k.convalidated as validated
from pg_catalog.pg_constraint as k where k.conrelid = $1::oid and k.conname = $2`,
      [table, name],
    );
  }

  /** Whether a check constraint that holds already proves that a column is not null. */
  async provenNotNull(table: number, column: string): Promise<boolean> {
    const row = await this.#row<{ proven: boolean }>(
      `select /* pgdeck:ddl-not-null */ a.attnotnull or exists (
    select from pg_catalog.pg_constraint as k where k.conrelid = a.attrelid and k.contype = 'c' and k.convalidated
      and a.attnum = any (k.conkey) and pg_get_expr(k.conbin, k.conrelid) = format('(%I IS NOT NULL)', a.attname)
  ) as proven
from pg_catalog.pg_attribute as a where a.attrelid = $1::oid and a.attname = $2`,
      [table, column],
    ).catch(() => undefined);
    return row?.proven ?? false;
  }

  /** Functions of these names that are volatile, or that are not known; none: each value is the same for all rows. */
  async notStable(functions: string[]): Promise<string[]> {
    if (functions.length === 0) return [];
    const rows = await this.#all<{ name: string; volatile: boolean | null }>(
      `select /* pgdeck:ddl-volatile */ f.name, bool_or(p.provolatile = 'v') as volatile
from unnest($1::text[]) as f(name) left join pg_catalog.pg_proc as p on p.proname = f.name group by f.name`,
      [functions],
    );
    return rows.filter(({ volatile }) => volatile !== false).map(({ name }) => name);
  }

  /** Whether a change of a column's type leaves the rows as they are; undefined where that is not known. */
  async keepsRows(table: number, column: string, type: { name: string; mods: number[] }): Promise<boolean | undefined> {
    const row = await this.#row<{
      same: boolean;
      binary: boolean;
      old_name: string;
      old_mods: number;
      domain: boolean;
    }>(
      `select /* pgdeck:ddl-type */ a.atttypid = to_regtype($3)::oid as same, t.typname::text as old_name, a.atttypmod as old_mods,
  t.typtype = 'd' or exists (select from pg_catalog.pg_type as n where n.oid = to_regtype($3)::oid and n.typtype = 'd') as domain,
  exists (select from pg_catalog.pg_cast as c where c.castsource = a.atttypid and c.casttarget = to_regtype($3)::oid and c.castmethod = 'b') as binary
from pg_catalog.pg_attribute as a join pg_catalog.pg_type as t on t.oid = a.atttypid
where a.attrelid = $1::oid and a.attname = $2 and not a.attisdropped and to_regtype($3) is not null`,
      [table, column, type.name],
    ).catch(() => undefined);
    if (!row || row.domain) return undefined;
    if (!row.same) return row.binary && (type.mods.length === 0 || undefined);
    if (type.mods.length === 0) return row.old_mods === -1 || !['bpchar', 'bit'].includes(row.old_name);
    if (row.old_mods === -1) return false;
    return wider(row.old_name, row.old_mods, type.mods);
  }

  async #row<T = Row>(text: string, values: unknown[]): Promise<T | undefined> {
    return (await this.#all<T>(text, values))[0];
  }

  async #all<T = Row>(text: string, values: unknown[]): Promise<T[]> {
    return (await this.#reads<T>(text, values)).rows;
  }
}

/** Whether a type with these modifiers takes every value of the old one as it is stored. */
function wider(type: string, old: number, mods: number[]): boolean {
  const [first = 0, scale = 0] = mods;
  if (type === 'varchar') return first + 4 >= old;
  if (type === 'varbit') return first >= old;
  if (type === 'numeric') return first >= (((old - 4) >> 16) & 0xffff) && scale === ((old - 4) & 0x7ff);
  if (['timestamp', 'timestamptz', 'time', 'timetz'].includes(type)) return first >= old;
  return type === 'bpchar' ? first + 4 === old : false;
}
