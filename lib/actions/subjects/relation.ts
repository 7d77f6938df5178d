import type { RelationFit } from '../fits';
import { digits } from '../session';
import type { SubjectReader } from './subject';

/** What a role may do to relation `c` of database `d`: columns owns, owns_relation, may_maintain. */
export function rightsOf(major: number): string {
  const maintain =
    major >= 17
      ? `has_table_privilege($1::name, c.oid, 'MAINTAIN') or pg_has_role($1::name, 'pg_maintain', 'usage')`
      : 'false';
  return `pg_has_role($1::name, c.relowner, 'usage') or (not c.relisshared and pg_has_role($1::name, d.datdba, 'usage')) as owns,
  pg_has_role($1::name, c.relowner, 'usage') as owns_relation,
  (${maintain}) as may_maintain`;
}

/** Tables, materialized views, sequences and the like. */
export const relation: SubjectReader<'relation'> = {
  read: ({ oid }, { role, major }) => ({
    text: `select /* pgdeck:relation */ c.oid, case when c.relisshared then 0 else d.oid end as database_oid, n.nspname as schema, c.relname as name, c.relkind::text as relkind,
  c.relisshared as shared, format('%I.%I', n.nspname, c.relname) as quoted,
  json_build_array(c.oid, n.nspname, c.relname, c.relkind)::text as fingerprint, pg_get_userbyid(c.relowner) as owner,
  c.reltuples::float8 as estimated_rows, c.relpages::float8 as pages,
  ${rightsOf(major)},
  pg_stat_get_mod_since_analyze(c.oid)::float8 as changed_rows, pg_stat_get_dead_tuples(c.oid)::float8 as dead_rows,
  pg_stat_get_last_analyze_time(c.oid) as last_analyze, pg_stat_get_last_autoanalyze_time(c.oid) as last_autoanalyze,
  pg_stat_get_last_vacuum_time(c.oid) as last_vacuum, pg_stat_get_last_autovacuum_time(c.oid) as last_autovacuum
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_database as d on d.datname = current_database()
where c.oid = ${digits(oid)}::oid and c.relkind not in ('i', 'I')`,
    values: [role],
  }),
  choices: (_reader, _database, fit) => listing(fit),
};

const listed = ['r', 'p', 'm', 'f', 'S'];

function listing({ relkinds, partition }: Partial<RelationFit> = {}): string {
  const kinds = listed.filter((kind) => relkinds === undefined || relkinds.includes(kind));
  return `select /* pgdeck:choose-relation */ format('%I.%I', n.nspname, c.relname) as label,
  case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'm' then 'materialized view' when 'S' then 'sequence' else 'foreign table' end as detail,
  json_build_object('kind', 'relation', 'database', current_database(), 'oid', c.oid::bigint) as target
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = any ('{${kinds.join(',')}}'::"char"[])${partition === undefined ? '' : ` and ${partition ? '' : 'not '}c.relispartition`}
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and strpos(lower(format('%I.%I', n.nspname, c.relname)), $1) > 0
order by c.relpages desc, 1 limit $2::int`;
}
