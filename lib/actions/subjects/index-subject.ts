import { builderOf } from '../indexes/builder';
import { digits } from '../session';
import { lockedAway } from './locked-away';
import type { SubjectReader } from './subject';

/** Indexes, each with its table. */
export const index: SubjectReader<'index'> = {
  read: ({ oid }, { role, major }) => ({
    text: `select /* pgdeck:index */ c.oid, case when c.relisshared then 0 else d.oid end as database_oid, n.nspname as schema, c.relname as name,
  c.relkind::text as relkind, format('%I.%I', n.nspname, c.relname) as quoted,
  json_build_array(c.oid, n.nspname, c.relname, c.relkind, t.oid, c.relam, c.reloptions, i.indisunique, i.indnkeyatts, i.indkey::text,
    i.indclass::text, i.indcollation::text, i.indoption::text, i.indexprs::text, i.indpred::text)::text as fingerprint, pg_get_userbyid(c.relowner) as owner,
  pg_has_role($1::name, c.relowner, 'usage') as owns_relation,
  ${major >= 17 ? `(has_table_privilege($1::name, t.oid, 'MAINTAIN') or pg_has_role($1::name, 'pg_maintain', 'usage'))` : 'false'} as may_maintain,
  c.relpages::float8 as pages, am.amname as method,
  case when not ${lockedAway('t.oid', 'd.oid')} then pg_get_indexdef(c.oid) end as definition,
  i.indisvalid as valid, case when not i.indisvalid and c.relkind = 'i' then ${builderOf('c.oid', 't.oid')} end as builder, i.indisready as ready, i.indisunique as unique, i.indisprimary as primary, i.indisreplident as replica_identity,
  pg_stat_get_numscans(c.oid)::float8 as scans,
  (select format('%I', k.conname) from pg_catalog.pg_constraint as k where k.conindid = c.oid and k.contype in ('p', 'u', 'x') limit 1) as constraint,
  (select format('%I.%I', pn.nspname, p.relname) from pg_catalog.pg_inherits as h
    join pg_catalog.pg_class as p on p.oid = h.inhparent
    join pg_catalog.pg_namespace as pn on pn.oid = p.relnamespace
    where h.inhrelid = c.oid limit 1) as parent,
  t.oid as table_oid, format('%I.%I', tn.nspname, t.relname) as table_quoted, t.relkind::text as table_relkind, t.relpages::float8 as table_pages
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_am as am on am.oid = c.relam
join pg_catalog.pg_index as i on i.indexrelid = c.oid
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
join pg_catalog.pg_database as d on d.datname = current_database()
where c.oid = ${digits(oid)}::oid and c.relkind in ('i', 'I')`,
    values: [role],
  }),
  choices: () => `select /* pgdeck:choose-index */ format('%I.%I', n.nspname, c.relname) as label,
  'on ' || format('%I', t.relname) || case when i.indisvalid then '' else ', INVALID' || coalesce(': it ' || ${builderOf('c.oid', 't.oid')}, '') end as detail,
  json_build_object('kind', 'index', 'database', current_database(), 'oid', c.oid::bigint) as target
from pg_catalog.pg_class as c
join pg_catalog.pg_index as i on i.indexrelid = c.oid
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname <> 'information_schema' and (n.nspname !~ '^pg_' or (n.nspname = 'pg_toast' and not i.indisvalid))
  and strpos(lower(format('%I.%I', n.nspname, c.relname)), $1) > 0
order by i.indisvalid, c.relpages desc, 1 limit $2::int`,
};
