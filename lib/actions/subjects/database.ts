import type { SubjectReader } from './subject';

/** Databases. */
export const database: SubjectReader<'database'> = {
  database: ({ database }) => database,
  read: ({ database }, { role, major }) => ({
    text: `select /* pgdeck:database */ d.oid, d.datname as name, format('%I', d.datname) as quoted,
  json_build_array(d.oid, d.datname)::text as fingerprint, pg_get_userbyid(d.datdba) as owner,
  pg_has_role($1::name, d.datdba, 'usage') as owns,
  case when has_database_privilege($1::name, d.oid, 'connect') then pg_database_size(d.oid)::float8 end as size_bytes,
  ${major >= 15 ? 'd.datcollversion as collation_version, pg_database_collation_actual_version(d.oid)' : 'null::text as collation_version, null::text'} as actual_collation_version
from pg_catalog.pg_database as d
where d.datname = $2`,
    values: [role, database],
  }),
  choices: () => `select /* pgdeck:choose-database */ d.datname as label, '' as detail,
  json_build_object('kind', 'database', 'database', d.datname) as target
from pg_catalog.pg_database as d
where d.datallowconn and strpos(lower(d.datname), $1) > 0
order by 1 limit $2::int`,
};
