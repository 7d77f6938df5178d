import type { z } from 'zod';
import { shownTexts } from '@/lib/access/query-text';
import type { ServerAccess } from '@/lib/access/server-access';
import type { tableShape } from '@/lib/api/objects';
import type { Server } from '@/lib/runtime';
import { databaseOf, type Kept, keptAnswer, oneOf } from './kept';

/** What a table is made of. */
export type TableSchema = z.infer<typeof tableShape>;

/** How many partitions of a table are told. */
const mostPartitions = 200;

/** One statement, which waits for an exclusive lock of others no longer than 250 ms: definitions and sizes open the table. */
const tableSql = `select /* pgdeck:table-schema */ c.oid::int8::float8 as oid, n.nspname::text as schemaname, c.relname::text as relname,
  case c.relkind when 'p' then 'partitioned table' when 'm' then 'materialized view' when 'v' then 'view' when 'f' then 'foreign table' else 'table' end as kind,
  pg_get_userbyid(c.relowner)::text as owner,
  (select format('%I.%I', s.nspname, p.relname) from pg_catalog.pg_inherits as i join pg_catalog.pg_class as p on p.oid = i.inhparent
    join pg_catalog.pg_namespace as s on s.oid = p.relnamespace where i.inhrelid = c.oid and c.relispartition) as partition_of,
  pg_get_expr(c.relpartbound, 0) as bound,
  (select coalesce(json_agg(json_build_object('relid', x.oid::int8, 'schemaname', x.nspname, 'relname', x.relname, 'bound', pg_get_expr(x.relpartbound, 0)) order by x.oid desc), '[]')
    from (select r.oid, s.nspname, r.relname, r.relpartbound from pg_catalog.pg_inherits as i join pg_catalog.pg_class as r on r.oid = i.inhrelid
      join pg_catalog.pg_namespace as s on s.oid = r.relnamespace
      where i.inhparent = c.oid and c.relkind = 'p' order by r.oid desc limit ${mostPartitions}) as x) as partitions,
  (select greatest(count(*) - ${mostPartitions}, 0)::int from pg_catalog.pg_inherits as i where i.inhparent = c.oid and c.relkind = 'p') as partitions_left_out,
  (select coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
      'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
      'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end, 'generated', a.attgenerated <> '',
      'collation', l.collname) order by a.attnum), '[]')
    from pg_catalog.pg_attribute as a
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_catalog.pg_collation as l on l.oid = a.attcollation and a.attcollation not in (100, 950, 951)
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
  (select coalesce(json_agg(json_build_object('oid', i.indexrelid::int8, 'name', x.relname, 'definition', pg_get_indexdef(i.indexrelid),
      'is_primary', i.indisprimary, 'is_unique', i.indisunique, 'is_valid', i.indisvalid, 'size_bytes', pg_relation_size(i.indexrelid)) order by x.relname), '[]')
    from pg_catalog.pg_index as i join pg_catalog.pg_class as x on x.oid = i.indexrelid where i.indrelid = c.oid) as indexes,
  (select coalesce(json_agg(json_build_object('oid', k.oid::int8, 'name', k.conname, 'type', case k.contype when 'p' then 'primary key' when 'u' then 'unique'
      when 'f' then 'foreign key' when 'c' then 'check' when 'x' then 'exclusion' when 'n' then 'not null' else k.contype::text end,
      'definition', pg_get_constraintdef(k.oid), 'validated', k.convalidated) order by k.contype, k.conname), '[]')
    from pg_catalog.pg_constraint as k where k.conrelid = c.oid and k.contype <> 't') as constraints,
  pg_stat_get_live_tuples(c.oid)::float8 as n_live_tup,
  z.total::float8 as total_bytes, (z.total - z.indexes - z.toast)::float8 as heap_bytes, z.indexes::float8 as index_bytes, z.toast::float8 as toast_bytes
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
  select coalesce(sum(pg_total_relation_size(t.oid)), 0) as total, coalesce(sum(pg_indexes_size(t.oid)), 0) as indexes,
    coalesce(sum(case when t.reltoastrelid <> 0 then pg_total_relation_size(t.reltoastrelid) end), 0) as toast
  from pg_catalog.pg_class as t where t.oid = c.oid and c.relkind in ('r', 'm', 'p')
) as z
where c.relkind in ('r', 'p', 'm', 'v', 'f') and `;

/** Which table is meant: by its names, or by its OID. */
export type TableName = { schema: string; table: string } | { oid: number };

/** What a table is made of, kept under `{server}:{database}:{schema}.{table}`, with its expressions as somebody may see them. */
export async function tableSchema(
  server: Server,
  access: ServerAccess,
  asked: { database?: string | undefined; table: TableName; fresh: boolean },
): Promise<Kept<TableSchema> & { database: string }> {
  const database = databaseOf(server, access, asked.database);
  const { table } = asked;
  const [name, condition, values] =
    'oid' in table
      ? [`oid ${table.oid}`, 'c.oid = $1::oid', [table.oid]]
      : [`${table.schema}.${table.table}`, 'n.nspname = $1 and c.relname = $2', [table.schema, table.table]];
  const missing = `There is no table ${'oid' in table ? `with the OID ${table.oid}` : name} in ${database} now.`;
  const answer = await keptAnswer<TableSchema>(
    server,
    access,
    { kind: 'schema', database, name },
    () => oneOf(server, database, { text: tableSql + condition, values }, missing),
    asked.fresh,
  );
  if (answer.status === 'ok') return { ...answer, database, value: await shown(answer.value, access) };
  if (!answer.last) return { ...answer, database };
  return { ...answer, database, last: { ...answer.last, value: await shown(answer.last.value, access) } };
}

/** Constants of expressions may be data: they are masked as those of statements are. */
async function shown(table: TableSchema, access: ServerAccess): Promise<TableSchema> {
  const { columns, indexes, constraints } = table;
  const defaults = await told(columns, (column) => column.default, access);
  const definitions = await told(indexes, (index) => index.definition, access);
  const rules = await told(constraints, (constraint) => constraint.definition, access);
  return {
    ...table,
    columns: columns.map((column, at) => ({ ...column, default: defaults[at] ?? null })),
    indexes: indexes.map((index, at) => ({ ...index, definition: definitions[at] ?? null })),
    constraints: constraints.map((constraint, at) => ({ ...constraint, definition: rules[at] ?? null })),
  };
}

async function told<Part>(parts: Part[], of: (part: Part) => string | null, access: ServerAccess) {
  const texts = parts.map(of);
  const seen = await shownTexts(
    texts.map((text) => text ?? ''),
    access,
  );
  return texts.map((text, at) => (text === null ? null : (seen[at] ?? null)));
}
