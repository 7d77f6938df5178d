import type { Lookup, Raw } from './topic';

/** The most objects of a kind that are compared; beyond, the oldest by OID. */
export const mostObjects = 10_000;

/** The first bytes of a fingerprint: enough to tell two definitions of one object apart. */
const mark = (expression: string) => `left(md5(${expression}), 8)`;

/** Members of extensions come and go with them. */
const memberOf = (catalog: number, oid: string) =>
  `exists (select from members as m where m.classid = ${catalog} and m.objid = ${oid})`;

/**
 * Every object of one database from the catalogs alone: functions that put a definition into words open the relation and
 * wait behind its locks, so expressions are told apart by fingerprints of their stored trees. Partitions have the columns,
 * constraints and indexes of their table.
 */
const sql = (nullsNotDistinct: string) => `with /* pgdeck:schema-objects */ schemas as materialized (
  select n.oid, n.nspname, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace as n
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
),
members as materialized (
  select d.classid, d.objid from pg_catalog.pg_depend as d where d.deptype = 'e'
),
classes as materialized (
  select c.*, s.nspname
  from pg_catalog.pg_class as c
  join schemas as s on s.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'c') and c.relpersistence <> 't'
    and not ${memberOf(1259, 'c.oid')}
  order by c.oid
  limit ${mostObjects}
),
columns as (
  select a.attrelid, json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)
      || coalesce(' collate ' || l.collname, '') || case when a.attnotnull then ' not null' else '' end
      || case when a.attidentity <> '' then ' identity' when a.attgenerated <> '' then ' generated' else '' end
      || coalesce(' default #' || ${mark('d.adbin::text')}, '') order by a.attnum) as columns
  from classes as c
  join pg_catalog.pg_attribute as a on a.attrelid = c.oid
  left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_catalog.pg_collation as l on l.oid = a.attcollation and a.attcollation not in (100, 950, 951)
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c') and not c.relispartition and a.attnum > 0 and not a.attisdropped
  group by a.attrelid
),
constraints as (
  select k.conrelid, json_object_agg(k.conname, case k.contype when 'p' then 'primary key' when 'u' then 'unique'
      when 'f' then 'foreign key' when 'c' then 'check' else 'exclusion' end
      || case when k.convalidated then '' else ' not valid' end || ' #'
      || ${mark(`concat_ws('/', k.condeferrable, k.condeferred, k.conkey, k.confrelid, k.confkey, k.confupdtype,
        k.confdeltype, k.confmatchtype, k.conexclop, k.conbin)`)} order by k.conname) as constraints
  from pg_catalog.pg_constraint as k
  where k.conrelid >= 16384 and k.conparentid = 0 and k.contype in ('p', 'u', 'f', 'c', 'x')
  group by k.conrelid
),
triggers as (
  select t.tgrelid, json_object_agg(t.tgname, case t.tgenabled when 'O' then '' when 'D' then 'disabled '
      when 'R' then 'on replicas ' else 'always ' end
      || '#' || ${mark(`concat_ws('/', t.tgfoid, t.tgtype, t.tgattr, t.tgargs, t.tgqual)`)} order by t.tgname) as triggers
  from pg_catalog.pg_trigger as t
  where not t.tgisinternal and t.tgparentid = 0
  group by t.tgrelid
),
policies as (
  select p.polrelid, json_object_agg(p.polname,
      '#' || ${mark(`concat_ws('/', p.polcmd, p.polpermissive, p.polroles, p.polqual, p.polwithcheck)`)}
      order by p.polname) as policies
  from pg_catalog.pg_policy as p
  group by p.polrelid
),
rules as (
  select r.ev_class, json_object_agg(r.rulename, '#' || ${mark(`concat_ws('/', r.ev_type, r.ev_enabled, r.ev_action)`)}
      order by r.rulename) as rules
  from pg_catalog.pg_rewrite as r
  where r.ev_class >= 16384 and not ${memberOf(1259, 'r.ev_class')}
  group by r.ev_class
),
extended as (
  select x.stxrelid, json_object_agg(x.stxname, '#' || ${mark(`concat_ws('/', x.stxkeys, x.stxkind, x.stxexprs)`)}
      order by x.stxname) as extended
  from pg_catalog.pg_statistic_ext as x
  group by x.stxrelid
),
owned as (
  select d.objid, min(d.refobjid::int8)::oid as refobjid
  from pg_catalog.pg_depend as d
  where d.classid = 1259 and d.refclassid = 1259 and d.deptype in ('a', 'i') and d.refobjsubid > 0
  group by d.objid
),
objects as (
  select c.nspname, case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
      when 'c' then 'type' else 'table' end as kind,
    c.relname::text as name, c.oid, t.relname as of, json_strip_nulls(json_build_object(
      'kind', case c.relkind when 'p' then 'partitioned' when 'f' then 'foreign' end,
      'persistence', case c.relpersistence when 'u' then 'unlogged' end,
      'partition of', parent.relname, 'bound', ${mark('c.relpartbound::text')},
      'columns', columns.columns,
      'constraints', case when not c.relispartition then constraints.constraints end,
      'triggers', triggers.triggers, 'policies', policies.policies,
      'definition', case when c.relkind in ('v', 'm') then rules.rules ->> '_RETURN' end,
      'rules', case when c.relkind in ('r', 'p') then rules.rules end, 'statistics', extended.extended,
      'row security', case when c.relforcerowsecurity then 'forced' when c.relrowsecurity then 'on' end,
      'replica identity', case c.relreplident when 'f' then 'full' when 'i' then 'index'
        when 'n' then case when c.relkind in ('r', 'p') then 'nothing' end end,
      'sequence', case when q.seqrelid is not null then concat_ws(' ', format_type(q.seqtypid, null), 'start', q.seqstart,
        'increment', q.seqincrement, 'from', q.seqmin, 'to', q.seqmax, 'cache', q.seqcache,
        case when q.seqcycle then 'cycle' end) end,
      'tablespace', space.spcname, 'options', array_to_string(c.reloptions, ', '),
      'owner', pg_get_userbyid(c.relowner), 'privileges', c.relacl::text)) as parts
  from classes as c
  left join columns on columns.attrelid = c.oid
  left join constraints on constraints.conrelid = c.oid
  left join triggers on triggers.tgrelid = c.oid
  left join policies on policies.polrelid = c.oid
  left join rules on rules.ev_class = c.oid
  left join extended on extended.stxrelid = c.oid
  left join pg_catalog.pg_sequence as q on q.seqrelid = c.oid
  left join owned on owned.objid = c.oid and c.relkind = 'S'
  left join classes as t on t.oid = owned.refobjid
  left join pg_catalog.pg_inherits as i on i.inhrelid = c.oid and c.relispartition
  left join pg_catalog.pg_class as parent on parent.oid = i.inhparent
  left join pg_catalog.pg_tablespace as space on space.oid = c.reltablespace
  union all
  select t.nspname, 'index', c.relname::text, c.oid, t.relname, json_strip_nulls(json_build_object(
      'columns', (select string_agg(coalesce(a.attname, 'an expression'), ', ' order by k.at)
        from unnest(i.indkey::int2[]) with ordinality as k (attnum, at)
        left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum),
      'unique', case when i.indisunique then 'unique' end, 'validity', case when not i.indisvalid then 'not valid' end,
      'definition', ${mark(`concat_ws('/', c.relam, i.indkey, i.indclass, i.indcollation, i.indoption, i.indnkeyatts,
        ${nullsNotDistinct}, i.indexprs, i.indpred)`)},
      'tablespace', space.spcname, 'options', array_to_string(c.reloptions, ', ')))
  from pg_catalog.pg_index as i
  join classes as t on t.oid = i.indrelid
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  left join pg_catalog.pg_tablespace as space on space.oid = c.reltablespace
  where not c.relispartition and not (c.relname ~ '_cc(new|old)[0-9]*$' and not i.indisvalid)
    and not exists (
      select from pg_catalog.pg_constraint as k where k.conindid = c.oid and k.contype in ('p', 'u', 'x')
    )
  union all
  (
    select s.nspname, case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
      p.proname || '(' || oidvectortypes(p.proargtypes) || ')', p.oid, null, json_strip_nulls(json_build_object(
        'body', ${mark(`concat_ws('/', p.prosrc, p.probin, p.prosqlbody)`)},
        'returns', case when p.proretset then 'setof ' else '' end || format_type(p.prorettype, null),
        'language', l.lanname,
        'arguments', ${mark(`concat_ws('/', p.proargmodes, p.proargnames, p.proargdefaults, p.provariadic)`)},
        'options', nullif(concat_ws(', ', case p.provolatile when 'i' then 'immutable' when 's' then 'stable' end,
          case when p.proisstrict then 'strict' end, case when p.prosecdef then 'security definer' end,
          case when p.proleakproof then 'leakproof' end,
          case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end,
          array_to_string(p.proconfig, ', ')), ''),
        'owner', pg_get_userbyid(p.proowner), 'privileges', p.proacl::text))
    from pg_catalog.pg_proc as p
    join schemas as s on s.oid = p.pronamespace
    join pg_catalog.pg_language as l on l.oid = p.prolang
    where p.oid >= 16384 and not ${memberOf(1255, 'p.oid')}
    order by p.oid
    limit ${mostObjects}
  )
  union all
  select s.nspname, 'type', t.typname::text, t.oid, null, json_strip_nulls(json_build_object(
      'kind', case t.typtype when 'e' then 'enum' when 'd' then 'domain' when 'r' then 'range' end,
      'labels', (select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
        from pg_catalog.pg_enum as e where e.enumtypid = t.oid),
      'of', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod)
        || case when t.typnotnull then ' not null' else '' end end,
      'default', ${mark('t.typdefaultbin::text')},
      'constraints', (select json_object_agg(k.conname, '#' || ${mark('k.conbin::text')} order by k.conname)
        from pg_catalog.pg_constraint as k where k.contypid = t.oid and k.contype = 'c'),
      'owner', pg_get_userbyid(t.typowner), 'privileges', t.typacl::text))
  from pg_catalog.pg_type as t
  join schemas as s on s.oid = t.typnamespace
  where t.oid >= 16384 and t.typtype in ('e', 'd', 'r', 'b') and t.typelem = 0 and not ${memberOf(1247, 't.oid')}
  union all
  select s.nspname, 'schema', s.nspname::text, s.oid, null, json_strip_nulls(json_build_object(
      'owner', pg_get_userbyid(s.nspowner), 'privileges', s.nspacl::text))
  from schemas as s
  where not ${memberOf(2615, 's.oid')}
  union all
  select '', 'extension', e.extname::text, e.oid, null, json_build_object('version', e.extversion, 'schema', n.nspname)
  from pg_catalog.pg_extension as e
  join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
)
select ($1::text[])[1] as key, (select count(*) >= ${mostObjects} from classes) as capped, json_agg(g) as groups
from (
  select o.nspname::text as schemaname, o.kind, count(*) as objects,
    md5(string_agg(concat_ws('/', o.name, o.oid, o.of, o.parts), '' order by o.name, o.oid)) as fingerprint,
    json_agg(json_strip_nulls(json_build_object('name', o.name, 'oid', o.oid, 'of', o.of, 'parts', o.parts))
      order by o.name, o.oid) as definitions
  from objects as o
  group by o.nspname, o.kind
) as g`;

/** All objects of a database, in groups by schema and kind; read again when the catalogs were written to. */
export const schemaObjects: Lookup = {
  id: 'schema-objects',
  shared: false,
  single: true,
  everySeconds: 86_400,
  // What ran into its time limit once will do so again.
  retrySeconds: 600,
  keys: (rows) => rows.map((row: Raw) => String(row.key)),
  sql: { 14: sql('false'), 15: sql('i.indnullsnotdistinct') },
};
