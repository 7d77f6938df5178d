import { statementsExtension } from '../server/statements-extension';
import type { SubjectReader } from './subject';

/** Statements of pg_stat_statements; which rows there are is read in a second step, for the extension's schema is not known before. */
export const statement: SubjectReader<'statement'> = {
  read: ({ userid, dbid, queryid }, { role }) => ({
    text: `select /* pgdeck:statement */ 'statement ' || $4::bigint as quoted, ($4::bigint)::text as name,
  json_build_array($2::bigint, $3::bigint, $4::bigint, x.schema)::text as fingerprint,
  ($2::bigint)::text as userid, ($3::bigint)::text as dbid, ($4::bigint)::text as queryid,
  (select d.datname from pg_catalog.pg_database as d where d.oid = ($3::bigint)::oid) as of_database,
  case when $2::bigint = 0 then 'all roles' else coalesce((select 'role ' || r.rolname from pg_catalog.pg_roles as r where r.oid = ($2::bigint)::oid), 'a role that was dropped') end as of_role,
  x.*
from (${statementsExtension}) as x`,
    values: [role, userid, dbid, queryid],
  }),
};
