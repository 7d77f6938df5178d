import type { z } from 'zod';
import { badInput, notFound } from '@/lib/access/errors';
import type { indexFormAnswer } from '@/lib/api/actions';
import type { Server } from '@/lib/runtime';
import type { Keep } from './choices';

/** What an index of a table can be made of, and what is set of the table. */
export type IndexForm = z.infer<typeof indexFormAnswer>;

/** An operator class that fits a column; `isDefault`: what is taken where none is named. */
export type OperatorClass = IndexForm['columns'][number]['opclasses'][number];

// A type without classes of its own takes those of what it is stored like (varchar: text) and of what it is one of (any array).
const formSql = `select /* pgdeck:index-form */ format('%I.%I', n.nspname, c.relname) as relation, c.relkind = 'p' as partitioned,
  to_json(coalesce(c.reloptions, '{}') || array(select 'toast.' || o from pg_catalog.pg_class as x cross join unnest(x.reloptions) as o
    where x.oid = c.reltoastrelid)) as parameters,
  (select json_agg(am.amname order by am.amname <> 'btree', am.amname) from pg_catalog.pg_am as am where am.amtype = 'i') as methods,
  (select coalesce(json_agg(json_build_object('attnum', a.attnum, 'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'opclasses',
      (select coalesce(json_agg(json_build_object('oid', o.oid::bigint, 'name', o.opcname, 'method', am.amname, 'isDefault', o.opcdefault)
          order by am.amname, o.opcdefault desc, o.opcname), '[]')
        from pg_catalog.pg_opclass as o
        join pg_catalog.pg_am as am on am.oid = o.opcmethod
        where o.opcintype = b.oid or (o.opcintype = any(like_it.types)
          and not exists (select from pg_catalog.pg_opclass as own where own.opcmethod = o.opcmethod and own.opcintype = b.oid))))
      order by a.attnum), '[]')
    from pg_catalog.pg_attribute as a
    join pg_catalog.pg_type as t on t.oid = a.atttypid
    join pg_catalog.pg_type as b on b.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
    cross join lateral (select array(select k.casttarget from pg_catalog.pg_cast as k join pg_catalog.pg_type as p on p.oid = k.casttarget
        where k.castsource = b.oid and k.castmethod = 'b' and k.castcontext = 'i' and p.typispreferred)
      || case when b.typcategory = 'A' then 'anyarray'::regtype when b.typtype = 'e' then 'anyenum'::regtype
        when b.typtype = 'r' then 'anyrange'::regtype when b.typtype = 'm' then 'anymultirange'::regtype
        when b.typtype = 'c' then 'record'::regtype end::oid as types) as like_it
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = $1::oid and c.relkind in ('r', 'p', 'm')`;

/** What an index of a table can be made of; 404 where there is no such table. */
export async function indexForm(
  { connections }: Server,
  { database, oid }: { database: string; oid: number },
  keep: Keep = (_, ask) => ask(),
): Promise<IndexForm> {
  const known = connections.capabilities?.databases;
  // A failed attempt to connect would make every other question to this server wait.
  if (known && !known.includes(database))
    throw badInput(`database: there is no database "${database}" to connect to.`, 'database');
  const [form] = await keep({ database, name: `index-form ${oid}` }, () =>
    connections.ask<IndexForm>('walking', database, formSql, [oid], { rarely: true }),
  );
  if (!form) throw notFound(`There is no table with the OID ${oid} in ${database} now.`);
  return form;
}
