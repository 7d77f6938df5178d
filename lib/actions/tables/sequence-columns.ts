import type { Reading } from '../action';
import { digits } from '../session';
import type { RelationSubject } from '../subjects/subject';

/** A column that holds a number of the sequence, or names one that does by a foreign key; one row of each. */
export type SequenceColumn = {
  oid: number;
  table: string;
  table_name: string;
  quoted_schema: string;
  relkind: string;
  /** Partitions, or a partition, or tables that inherit: its columns are changed at the root only. */
  inherits: boolean;
  pages: number;
  estimated_rows: number;
  owns: boolean;
  column: string;
  quoted_column: string;
  type: string;
  not_null: boolean;
  /** `a` always, `d` by default, empty: none. */
  identity: string;
  default_value: string | null;
  /** True: it takes its numbers from a sequence, or is the key; false: it names such a column. */
  is_source: boolean;
  sequence: {
    oid: number;
    quoted: string;
    name: string;
    type: string;
    last: string | null;
    full: number | null;
    most: string;
  } | null;
  indexes: {
    quoted: string;
    name: string;
    definition: string;
    unique: boolean;
    primary: boolean;
    alone: boolean;
    constraint: string | null;
  }[];
  /** Foreign keys of the table that hold this column. */
  foreign_keys: { name: string; definition: string }[];
  views: string[];
};

const uses = `(select d.refobjid as rel, d.refobjsubid::int2 as att, d.objid as seq from pg_catalog.pg_depend as d
    join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
  union
  select f.adrelid, f.adnum, d.refobjid from pg_catalog.pg_attrdef as f
    join pg_catalog.pg_depend as d on d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
    join pg_catalog.pg_class as s on s.oid = d.refobjid and s.relkind = 'S')`;

/** The columns of a sequence, or of a table with integer keys, and those that name them, as far as the foreign keys go. */
export function columnsReading(subject: RelationSubject, role: string): Reading {
  const oid = `${digits(subject.oid)}::oid`;
  const source =
    subject.relkind === 'S'
      ? `select u.rel, u.att from uses as u where u.seq = ${oid}`
      : `select u.rel, u.att from uses as u where u.rel = ${oid}
    union select i.indrelid, i.indkey[0] from pg_catalog.pg_index as i where i.indrelid = ${oid} and i.indisprimary and i.indnkeyatts = 1`;
  return {
    text: `with recursive /* pgdeck:sequence-columns */ uses as materialized ${uses},
source(rel, att) as (${source}),
col(rel, att) as (
  select s.rel, s.att from source as s
  union
  select f.conrelid, f.conkey[n] from col
  join pg_catalog.pg_constraint as f on f.contype = 'f' and f.confrelid = col.rel
  cross join lateral generate_subscripts(f.confkey, 1) as n
  where f.confkey[n] = col.att
)
select c.oid, format('%I.%I', s.nspname, c.relname) as "table", c.relname as table_name, format('%I', s.nspname) as quoted_schema, c.relkind::text as relkind,
  c.relkind = 'p' or c.relispartition or exists (select from pg_catalog.pg_inherits as h where h.inhparent = c.oid or h.inhrelid = c.oid) as inherits,
  c.relpages::float8 as pages, c.reltuples::float8 as estimated_rows, pg_has_role($1::name, c.relowner, 'usage') as owns,
  a.attname as "column", format('%I', a.attname) as quoted_column, format_type(a.atttypid, null) as type, a.attnotnull as not_null,
  a.attidentity::text as identity, pg_get_expr(d.adbin, d.adrelid) as default_value,
  exists (select from source as o where o.rel = col.rel and o.att = col.att) as is_source,
  (select json_build_object('oid', q.oid::bigint, 'quoted', format('%I.%I', qs.nspname, q.relname), 'name', q.relname, 'type', format_type(r.seqtypid, null), 'last', v.last::text,
      'full', v.last::float8 / v.most::float8, 'most', v.most::text)
    from uses as u
    join pg_catalog.pg_class as q on q.oid = u.seq
    join pg_catalog.pg_namespace as qs on qs.oid = q.relnamespace
    join pg_catalog.pg_sequence as r on r.seqrelid = q.oid
    cross join lateral (select case when has_sequence_privilege(q.oid, 'select, usage') then pg_sequence_last_value(q.oid) end as last,
      least(r.seqmax, case a.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647 else r.seqmax end) as most) as v
    where u.rel = col.rel and u.att = col.att limit 1) as sequence,
  coalesce((select json_agg(json_build_object('quoted', format('%I.%I', s.nspname, x.relname), 'name', x.relname, 'definition', pg_get_indexdef(i.indexrelid),
      'unique', i.indisunique, 'primary', i.indisprimary, 'alone', i.indnatts = 1 and i.indpred is null and i.indkey[0] = col.att,
      'constraint', (select k.conname from pg_catalog.pg_constraint as k where k.conindid = i.indexrelid and k.conrelid = c.oid and k.contype in ('p', 'u'))) order by not i.indisprimary, x.relname)
    from pg_catalog.pg_index as i join pg_catalog.pg_class as x on x.oid = i.indexrelid
    where i.indrelid = c.oid and (col.att = any(i.indkey) or i.indexprs is not null or i.indpred is not null)), '[]') as indexes,
  coalesce((select json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid)) order by k.conname)
    from pg_catalog.pg_constraint as k where k.conrelid = c.oid and k.contype = 'f' and col.att = any(k.conkey) and k.conparentid = 0), '[]') as foreign_keys,
  coalesce((select json_agg(distinct format('%I.%I', vn.nspname, v.relname)) from pg_catalog.pg_depend as u
    join pg_catalog.pg_rewrite as w on w.oid = u.objid and u.classid = 'pg_rewrite'::regclass
    join pg_catalog.pg_class as v on v.oid = w.ev_class
    join pg_catalog.pg_namespace as vn on vn.oid = v.relnamespace
    where u.refclassid = 'pg_class'::regclass and u.refobjid = c.oid and u.refobjsubid = a.attnum), '[]') as views
from col
join pg_catalog.pg_class as c on c.oid = col.rel
join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = col.rel and a.attnum = col.att
left join pg_catalog.pg_attrdef as d on d.adrelid = col.rel and d.adnum = col.att
where not c.relispartition and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
order by is_source desc, 2, a.attnum
limit 200`,
    values: [role],
  };
}
