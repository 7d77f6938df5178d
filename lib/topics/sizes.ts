import type { Known, Lookup, Raw } from './topic';

/** Relations locked exclusively, held or only queued: functions that open a relation would wait behind that lock. */
const locked = `locked as materialized (
  select distinct l.relation from pg_catalog.pg_lock_status() as l
  where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid is distinct from pg_backend_pid()
)`;

/** How many relations get exact sizes: the largest ones; the size functions open each one they measure. */
export const exactSizes = 50;

/** The OIDs of the relations that take most blocks, as lookup keys. */
export function largest(rows: Raw[], oid: string, blocks: (row: Raw) => number): string[] {
  return rows
    .filter((row) => blocks(row) > 0)
    .sort((a, b) => blocks(b) - blocks(a))
    .slice(0, exactSizes)
    .map((row) => String(row[oid]));
}

/**
 * Which tables to measure, before their indexes and TOAST are known: by blocks, or by rows where there was no VACUUM or
 * ANALYZE yet; what is toasted (about 8 kB in four rows) counts by the rows of the TOAST table.
 */
export const tableBlocks = (row: Raw) =>
  (Number(row.relpages) || Number(row.n_live_tup) / 50) + Number(row.toast_n_live_tup ?? 0) / 4;

/** Exact sizes of tables by OID, but for those that somebody locks exclusively or waits to. */
export const tableSizes: Lookup = {
  id: 'table-sizes',
  shared: false,
  everySeconds: 45,
  keys: (rows) => largest(rows, 'relid', tableBlocks),
  sql: {
    14: `with /* pgdeck:table-sizes */ ${locked}
select c.oid::text as key, (pg_table_size(c.oid) - toast.bytes)::float8 as heap_bytes,
  pg_indexes_size(c.oid)::float8 as index_bytes, toast.bytes::float8 as toast_bytes
from pg_catalog.pg_class as c
cross join lateral (
  select case when c.reltoastrelid = 0 then 0 else pg_total_relation_size(c.reltoastrelid) end as bytes
) as toast
where c.oid = any($1::text[]::oid[]) and c.relkind in ('r', 'm')
  and not exists (select from locked as l where l.relation in (c.oid, c.reltoastrelid))
  and not exists (
    select from locked as l join pg_catalog.pg_index as i on i.indexrelid = l.relation
    where i.indrelid in (c.oid, c.reltoastrelid)
  )`,
  },
};

/** Exact sizes of the largest indexes, but for those that somebody locks exclusively or waits to; one row, `largest`. */
export const indexSizes: Lookup = {
  id: 'index-sizes',
  shared: false,
  everySeconds: 290,
  keys: () => ['largest'],
  sql: {
    14: `with /* pgdeck:index-sizes */ ${locked},
largest as (
  select c.oid
  from pg_catalog.pg_class as c
  where c.relkind = 'i' and c.oid >= 16384 and c.relnamespace <> 99 and c.relpersistence <> 't'
  order by c.relpages desc
  limit ${exactSizes}
)
select k.key, (
    select json_object_agg(i.indexrelid, pg_relation_size(i.indexrelid))
    from largest as c
    join pg_catalog.pg_index as i on i.indexrelid = c.oid
    where not exists (select from locked as l where l.relation in (i.indexrelid, i.indrelid))
  ) as sizes
from unnest($1::text[]) as k (key)`,
  },
};

/** Settings that decide when autovacuum takes a table, and the size of a block; one row, its key is `settings`. */
export const tableSettings: Lookup = {
  id: 'table-settings',
  shared: true,
  everySeconds: 300,
  keys: () => ['settings'],
  sql: {
    14: `select /* pgdeck:table-settings */ k.key, current_setting('block_size')::float8 as block_size,
  current_setting('autovacuum')::bool as autovacuum, current_setting('track_counts')::bool as track_counts,
  current_setting('autovacuum_vacuum_threshold')::float8 as vacuum_threshold,
  current_setting('autovacuum_vacuum_scale_factor')::float8 as vacuum_scale_factor,
  current_setting('autovacuum_vacuum_max_threshold', true)::float8 as vacuum_max_threshold,
  current_setting('autovacuum_vacuum_insert_threshold')::float8 as vacuum_insert_threshold,
  current_setting('autovacuum_vacuum_insert_scale_factor')::float8 as vacuum_insert_scale_factor,
  current_setting('autovacuum_analyze_threshold')::float8 as analyze_threshold,
  current_setting('autovacuum_analyze_scale_factor')::float8 as analyze_scale_factor
from unnest($1::text[]) as k (key)`,
  },
};

/**
 * Who locks relations of this database exclusively, or waits to, and the server's clock (epoch seconds) at that time; one
 * row, its key is `now`, and it is asked each time. Apart from the statements over all tables because most often it is empty.
 */
export const exclusiveLocks: Lookup = {
  id: 'exclusive-locks',
  shared: false,
  everySeconds: 0,
  keys: () => ['now'],
  sql: {
    14: `select /* pgdeck:exclusive-locks */ k.key, extract(epoch from clock_timestamp())::float8 as now,
  (select json_agg(json_build_object('relation', l.relation::int8, 'table', i.indrelid::int8, 'pid', coalesce(l.pid, 0)))
    from pg_catalog.pg_lock_status() as l
    left join pg_catalog.pg_index as i on i.indexrelid = l.relation
    where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid is distinct from pg_backend_pid()
      and l.database = own.datid) as locks
from unnest($1::text[]) as k (key)
cross join pg_catalog.pg_stat_get_activity(pg_backend_pid()) as own`,
  },
};

/** The sessions that lock each relation exclusively or wait to, by OID; those of an index also by its table. */
export function lockedBy(known: Known): Map<number, number[]> {
  const locks = (known(exclusiveLocks, 'now')?.locks ?? []) as {
    relation: number;
    table: number | null;
    pid: number;
  }[];
  const byOid = new Map<number, number[]>();
  for (const { relation, table, pid } of locks)
    for (const oid of [relation, table])
      if (oid !== null) byOid.set(oid, [...new Set([...(byOid.get(oid) ?? []), pid])]);
  return byOid;
}
