import { digits } from '../session';
import { lockedAway } from './locked-away';
import type { SubjectReader } from './subject';

/** Constraints of tables. */
export const constraint: SubjectReader<'constraint'> = {
  read: ({ oid }, { role }) => ({
    text: `select /* pgdeck:constraint */ k.oid, k.conname as name, format('%I', k.conname) as quoted, k.contype::text as contype,
  case when not ${lockedAway('c.oid', 'd.oid')} then pg_get_constraintdef(k.oid) end as definition, k.convalidated as validated, c.oid as table_oid, format('%I.%I', n.nspname, c.relname) as table_quoted,
  greatest(c.relpages, 0)::float8 as table_pages, c.reltuples::float8 as estimated_rows, d.oid as database_oid,
  nullif(k.confrelid, 0) as referenced_oid, case when r.oid is not null then format('%I.%I', rn.nspname, r.relname) end as referenced_quoted,
  pg_has_role($1::name, c.relowner, 'usage') as owns_relation,
  json_build_array(k.oid, k.conname, c.oid, n.nspname, c.relname, k.contype, k.conkey, k.confrelid, k.confkey, k.conbin::text)::text as fingerprint
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_database as d on d.datname = current_database()
left join pg_catalog.pg_class as r on r.oid = k.confrelid
left join pg_catalog.pg_namespace as rn on rn.oid = r.relnamespace
where k.oid = ${digits(oid)}::oid`,
    values: [role],
  }),
  choices: ({ major }) => `select /* pgdeck:choose-constraint */ o.label, o.detail,
  json_build_object('kind', 'constraint', 'database', current_database(), 'oid', o.oid) as target
from (
  select format('%I on %I.%I', k.conname, n.nspname, c.relname) as label, k.oid::bigint as oid, c.relpages,
    case k.contype when 'f' then 'foreign key' when 'c' then 'check' else 'not null' end || ', not valid' as detail
  from pg_catalog.pg_constraint as k
  join pg_catalog.pg_class as c on c.oid = k.conrelid
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where not k.convalidated and k.conparentid = 0${major >= 18 ? ' and k.conenforced' : ''}
) as o
where strpos(lower(o.label), $1) > 0
order by o.relpages desc, 1 limit $2::int`,
};
