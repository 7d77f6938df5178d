import { digits } from '../session';
import { lockedAway } from './locked-away';
import type { SubjectReader } from './subject';

/** Statistics objects (CREATE STATISTICS). */
export const statistics: SubjectReader<'statistics'> = {
  read: ({ oid }, { role }) => ({
    text: `select /* pgdeck:statistics */ s.oid, s.stxname as name, format('%I.%I', n.nspname, s.stxname) as quoted,
  case when not ${lockedAway('c.oid', 'd.oid')} then pg_get_statisticsobjdef(s.oid) end as definition,
  c.oid as table_oid, format('%I.%I', cn.nspname, c.relname) as table_quoted,
  pg_has_role($1::name, s.stxowner, 'usage') or pg_has_role($1::name, n.nspowner, 'usage') as owns,
  json_build_array(s.oid, n.nspname, s.stxname, c.oid, s.stxkeys::text, s.stxkind, s.stxexprs::text)::text as fingerprint
from pg_catalog.pg_statistic_ext as s
join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
join pg_catalog.pg_class as c on c.oid = s.stxrelid
join pg_catalog.pg_namespace as cn on cn.oid = c.relnamespace
join pg_catalog.pg_database as d on d.datname = current_database()
where s.oid = ${digits(oid)}::oid`,
    values: [role],
  }),
  choices: () => `select /* pgdeck:choose-statistics */ format('%I.%I', n.nspname, s.stxname) as label,
  format('on %I.%I', cn.nspname, c.relname) as detail,
  json_build_object('kind', 'statistics', 'database', current_database(), 'oid', s.oid::bigint) as target
from pg_catalog.pg_statistic_ext as s
join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
join pg_catalog.pg_class as c on c.oid = s.stxrelid
join pg_catalog.pg_namespace as cn on cn.oid = c.relnamespace
where strpos(lower(format('%I.%I', n.nspname, s.stxname)), $1) > 0
order by 1 limit $2::int`,
};
