import { digits } from './session';

/** A relation as the catalog tells it, with what a role may do to it; sizes are the planner's estimates. */
export type Relation = {
  oid: number;
  database: string;
  /** 0 for a relation that all databases share, as pg_locks has it. */
  database_oid: number;
  schema: string;
  name: string;
  relkind: string;
  shared: boolean;
  /** `schema.name`, quoted by the server where it needs it. */
  quoted: string;
  owner: string | null;
  estimated_rows: number;
  pages: number;
  /** The role owns it, or the database it is in, or is a superuser. */
  owns: boolean;
  /** The role has MAINTAIN on it (from PostgreSQL 17). */
  may_maintain: boolean;
  changed_rows: number | null;
  last_analyze: string | null;
  last_autoanalyze: string | null;
};

/** The relation of an OID for role `$1`; the database it belongs to is the one that is asked. */
export function relationSql(oid: number, major: number): string {
  const id = `${digits(oid)}::oid`;
  const maintain =
    major >= 17
      ? `has_table_privilege($1::name, c.oid, 'MAINTAIN') or pg_has_role($1::name, 'pg_maintain', 'usage')`
      : 'false';
  return `select /* pgdeck:relation */ c.oid, case when c.relisshared then 0 else d.oid end as database_oid, n.nspname as schema, c.relname as name, c.relkind::text as relkind,
  c.relisshared as shared, format('%I.%I', n.nspname, c.relname) as quoted, pg_get_userbyid(c.relowner) as owner,
  c.reltuples::float8 as estimated_rows, c.relpages::float8 as pages,
  (pg_has_role($1::name, c.relowner, 'usage') or (not c.relisshared and pg_has_role($1::name, d.datdba, 'usage'))) as owns,
  (${maintain}) as may_maintain,
  pg_stat_get_mod_since_analyze(c.oid)::float8 as changed_rows,
  pg_stat_get_last_analyze_time(c.oid) as last_analyze, pg_stat_get_last_autoanalyze_time(c.oid) as last_autoanalyze
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_database as d on d.datname = current_database()
where c.oid = ${id}`;
}

/** What the name and kind of a relation are now; another value means that it is not the one previewed. */
export function fingerprint(relation: Relation): string {
  return JSON.stringify([relation.oid, relation.schema, relation.name, relation.relkind]);
}

/** How many times the relation (and its partitions) were analyzed by hand, as text, and when last. */
export function analyzedSql(relation: Relation): string {
  const id = digits(relation.oid);
  const members =
    relation.relkind === 'p'
      ? `(select p.relid as oid from pg_catalog.pg_partition_tree(${id}::oid) as p)`
      : `(select ${id}::oid as oid)`;
  return `select /* pgdeck:analyzed */ coalesce(sum(pg_stat_get_analyze_count(r.oid)), 0)::text as value,
  max(pg_stat_get_last_analyze_time(r.oid)) as at
from ${members} as r`;
}

/**
 * Sessions that hold or await a lock on relation `$1` of database `$2` in one of the modes `$3::text[]`, holders first;
 * database 0 is that of shared relations.
 */
export const inTheWaySql = `select /* pgdeck:in-the-way */ l.pid, l.mode, l.granted,
  extract(epoch from clock_timestamp() - coalesce(l.waitstart, a.xact_start))::float8 as seconds,
  a.state, a.application_name, a.backend_type
from pg_catalog.pg_locks as l
left join pg_catalog.pg_stat_get_activity(null) as a on a.pid = l.pid
where l.locktype = 'relation' and l.relation = $1::oid and l.database = $2::oid and l.mode = any($3::text[])
  and l.pid <> pg_catalog.pg_backend_pid()
order by l.granted desc, l.waitstart nulls last, l.pid
limit 50`;
