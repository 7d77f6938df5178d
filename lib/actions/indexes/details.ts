import type { Reading } from '../action';
import { digits } from '../session';
import { lockedAway } from '../subjects/locked-away';
import type { RelationSubject } from '../subjects/subject';
import { builderOf } from './builder';
import type { IndexOptions } from './definition';

/** The longest start of a text that has at most so many bytes. */
const clipped = (text: string, bytes: string) =>
  `(select left(${text}, j) from generate_series(${bytes}, 0, -1) as j where octet_length(left(${text}, j)) <= ${bytes} limit 1)`;

/** A free name of an index on `c` over the columns `k.cols`, made as PostgreSQL makes it: the longer of both parts is cut. */
const proposed = `(select f.name
    from generate_series(0, 99) as s(nth)
    cross join lateral (select 'idx' || case when s.nth > 0 then s.nth::text else '' end as label) as l
    cross join lateral (select 61 - octet_length(l.label) as room, octet_length(c.relname::text) as one, octet_length(k.cols) as two) as b
    cross join lateral (select
      case when one + two <= room then one when two <= room / 2 then room - two when one <= room / 2 then one else (room + 1) / 2 end as one,
      case when one + two <= room then two when two <= room / 2 then two when one <= room / 2 then room - one else room / 2 end as two) as w
    cross join lateral (select ${clipped('c.relname::text', 'w.one')} || '_' || ${clipped('k.cols', 'w.two')} || '_' || l.label as name) as f
    where not exists (select from pg_catalog.pg_class as o where o.relname = f.name::name and o.relnamespace = c.relnamespace)
    order by s.nth limit 1)`;

/** The indexes of table `c` that may say the same as the wanted one, by name. */
const indexes = `(select coalesce(json_agg(json_build_object('oid', i.oid::bigint, 'name', i.relname,
      'quoted', format('%I.%I', m.nspname, i.relname), 'definition', case when not ${lockedAway('c.oid')} then pg_get_indexdef(i.oid) end, 'valid', x.indisvalid,
      'builder', case when not x.indisvalid and i.relkind = 'i' then ${builderOf('i.oid', 'c.oid')} end,
      'parent', (select h.inhparent::bigint from pg_catalog.pg_inherits as h where h.inhrelid = i.oid)) order by i.relname), '[]')
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as i on i.oid = x.indexrelid
    join pg_catalog.pg_namespace as m on m.oid = i.relnamespace
    join pg_catalog.pg_am as am on am.oid = i.relam
    where x.indrelid = c.oid and am.amname = $4::name and x.indisunique = $6 and x.indnkeyatts = $7 and x.indnatts = $8
      and (x.indpred is not null) = $9)`;

const property = (name: string) => `coalesce(pg_indexam_has_property(am.oid, '${name}'), false)`;

/** What a new index on a table depends on, in one row. */
export function indexDetails(subject: RelationSubject, options: IndexOptions, role: string): Reading {
  const keys = [...options.columns.map(({ attnum }) => attnum ?? 0), ...(options.include ?? [])];
  const table = `${digits(subject.oid)}::oid`;
  return {
    text: `with /* pgdeck:index-details */ k as (
  select string_agg(coalesce(a.attname::text, 'expr'), '_' order by u.nth) as cols
  from unnest($2::int[]) with ordinality as u(attnum, nth)
  left join pg_catalog.pg_attribute as a on a.attrelid = ${table} and a.attnum = u.attnum and not a.attisdropped
), tree as (
  select ${table} as oid, null::oid as parent, 0 as level
  union all
  select p.relid::oid, p.parentrelid::oid, p.level from pg_catalog.pg_partition_tree(${table}) as p where p.level > 0
)
select r.relpersistence::text as persistence, has_schema_privilege($1::name, r.relnamespace, 'CREATE') as may_create,
  (select json_agg(json_build_object('attnum', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'width', case when a.attlen > 0 then a.attlen else 24 end) order by a.attnum)
    from pg_catalog.pg_attribute as a where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select coalesce(json_agg(json_build_object('oid', o.oid::bigint, 'quoted', format('%I.%I', n.nspname, o.opcname), 'method', am.amname, 'isDefault', o.opcdefault)), '[]')
    from pg_catalog.pg_opclass as o
    join pg_catalog.pg_namespace as n on n.oid = o.opcnamespace
    join pg_catalog.pg_am as am on am.oid = o.opcmethod
    where o.oid = any($3::oid[])) as opclasses,
  (select json_build_object('name', am.amname, 'order', ${property('can_order')}, 'unique', ${property('can_unique')},
      'many', ${property('can_multi_col')}, 'include', ${property('can_include')})
    from pg_catalog.pg_am as am where am.amname = $4::name and am.amtype = 'i') as method,
  (select json_build_object('oid', o.oid::bigint, 'what', case o.relkind when 'i' then 'an index of ' || x.indrelid::regclass when 'I' then 'a partitioned index of ' || x.indrelid::regclass when 'S' then 'a sequence' else 'a relation' end,
      'valid', x.indisvalid, 'builder', case when not x.indisvalid and o.relkind = 'i' then ${builderOf('o.oid', 'x.indrelid')} end)
    from pg_catalog.pg_class as o left join pg_catalog.pg_index as x on x.indexrelid = o.oid
    where o.relname = $5::name and o.relnamespace = r.relnamespace) as named,
  (select json_agg(json_build_object('oid', c.oid::bigint, 'parent', t.parent::bigint, 'relkind', c.relkind, 'quoted', format('%I.%I', n.nspname, c.relname),
      'schema', n.nspname, 'pages', c.relpages, 'proposed', ${proposed}, 'indexes', ${indexes}) order by t.level, n.nspname, c.relname)
    from tree as t
    join pg_catalog.pg_class as c on c.oid = t.oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    cross join k) as tree
from pg_catalog.pg_class as r
where r.oid = ${table}`,
    values: [
      role,
      keys,
      options.columns.flatMap(({ opclass }) => opclass ?? []),
      options.method,
      options.name ?? null,
      options.unique,
      options.columns.length,
      keys.length,
      options.where !== undefined,
    ],
  };
}
