import { z } from 'zod';
import {
  bytes,
  count,
  flag,
  identity,
  maybeFlag,
  maybeIdentity,
  maybeMoment,
  maybeSeconds,
  maybeText,
  pids,
  text,
} from './column';
import { keysOf, quoted, schemaNames } from './lookups';
import { indexSizes, largest, tableSettings } from './sizes';
import { defineTopic, type Known, type Lookup, type Partial, type Raw } from './topic';

/** What an index is made of, by its OID, from raw catalogs: pg_get_indexdef() would open every index. */
const indexDefinitions: Lookup = {
  id: 'index-definitions',
  shared: false,
  everySeconds: 3600,
  keys: (rows) => keysOf(rows, 'indexrelid'),
  sql: {
    14: `select /* pgdeck:index-definitions */ i.indexrelid::text as key, m.amname::text as amname,
  (select string_agg(coalesce(a.attname::text, '(expression)'), ', ' order by k.at)
    from unnest(i.indkey) with ordinality as k (attnum, at)
    left join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum and k.attnum > 0
    where k.at <= i.indnkeyatts) as key_columns,
  (select string_agg(a.attname::text, ', ' order by k.at)
    from unnest(i.indkey) with ordinality as k (attnum, at)
    join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where k.at > i.indnkeyatts) as included_columns,
  n.contype::text as contype
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_am as m on m.oid = c.relam
left join pg_catalog.pg_constraint as n on n.conindid = i.indexrelid and n.contype in ('p', 'u', 'x')
where i.indexrelid = any($1::text[]::oid[])`,
  },
};

/**
 * The statement. Whether an invalid index is being built is in the progress of CREATE INDEX and REINDEX; a DROP INDEX
 * CONCURRENTLY, which makes a good one invalid first, shows only in its lock on the index.
 */
const sql = (lastScan: string) => `with /* pgdeck:index-usage */ own as (
  select a.datid from pg_catalog.pg_stat_get_activity(pg_backend_pid()) as a
),
locks as materialized (
  select l.relation, l.pid, l.mode
  from pg_catalog.pg_lock_status() as l
  where l.locktype = 'relation' and l.mode in ('AccessExclusiveLock', 'ShareUpdateExclusiveLock')
    and l.pid is distinct from pg_backend_pid() and l.database = (select own.datid from own)
),
locked as (
  select l.relation, array_agg(distinct coalesce(l.pid, 0)) filter (where l.mode = 'AccessExclusiveLock') as exclusive,
    array_agg(distinct coalesce(l.pid, 0)) as holders
  from locks as l
  group by l.relation
),
builds as materialized (
  select p.pid, p.relid, nullif(p.param7, 0)::oid as indexrelid, p.param1 = 4 as concurrent_reindex
  from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as p
  where p.datid = (select own.datid from own)
)
select i.indexrelid, i.indrelid as relid, c.relnamespace, c.relname::text as indexrelname, t.relname::text as relname,
  c.relkind = 'I' as is_partitioned, c.relispartition as is_partition, c.relpages,
  i.indisunique as is_unique, i.indisprimary as is_primary, i.indisvalid as is_valid, i.indisready as is_ready,
  i.indisreplident as is_replident, i.indisclustered as is_clustered, i.indpred is not null as is_partial,
  i.indexprs is not null as has_expressions,
  pg_stat_get_numscans(i.indexrelid)::float8 as idx_scan, ${lastScan} as last_idx_scan,
  extract(epoch from now() - ${lastScan})::float8 as last_idx_scan_seconds,
  pg_stat_get_tuples_returned(i.indexrelid)::float8 as idx_tup_read,
  pg_stat_get_tuples_fetched(i.indexrelid)::float8 as idx_tup_fetch,
  case when not i.indisvalid then coalesce((
    select b.pid from builds as b
    where b.indexrelid = i.indexrelid or b.concurrent_reindex and b.relid = i.indrelid and c.relname ~ '_cc(new|old)[0-9]*$'
    limit 1
  ), (select l.holders[1] from locked as l where l.relation = i.indexrelid)) end as build_pid,
  case when not i.indisvalid then exists (select from builds as b where b.relid is null) end as build_hidden,
  coalesce(li.exclusive, '{}') || coalesce(lt.exclusive, '{}') as locked_by
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_class as t on t.oid = i.indrelid
left join locked as li on li.relation = i.indexrelid
left join locked as lt on lt.relation = i.indrelid
where i.indrelid >= 16384 and t.relkind in ('r', 'm', 'p') and t.relpersistence <> 't'`;

/** Indexes of one database: how much each is used, how large it is, whether it is whole. */
export const indexUsage = defineTopic({
  id: 'index-usage',
  title: 'Indexes',
  summary: 'Scans and size of each index, and whether it is valid.',
  scope: 'database',
  cadenceSeconds: 60,
  requires: [],
  sources: [
    'pg_index',
    'pg_stat_user_indexes',
    'pg_relation_size() for the 50 largest',
    'pg_stat_progress_create_index',
  ],
  always: true,
  slow: true,
  sql: { 14: sql('null::timestamptz'), 16: sql('pg_stat_get_lastscan(i.indexrelid)') },
  lookups: [schemaNames, tableSettings, indexDefinitions, indexSizes],
  join: (rows, known) => {
    const measured = new Set(largest(rows, 'indexrelid', (row) => Number(row.relpages)));
    const joined = rows.map((row) => joinRow(row, known, measured));
    return { rows: joined, partial: lockedTables(joined) };
  },
  row: z.object({
    indexrelid: identity('OID of the index.'),
    relid: identity('OID of its table.'),
    schemaname: text('Schema.'),
    relname: text('Table.'),
    indexrelname: text('Index.'),
    amname: maybeText('Access method: btree, gin, gist, brin, …'),
    key_columns: maybeText('Columns it is ordered by; (expression) for a computed one.'),
    included_columns: maybeText('Columns only carried along (INCLUDE).'),
    constraint_type: maybeText('Constraint it serves: p primary key, u unique, x exclusion; null: none.'),
    is_unique: flag('It keeps values unique.'),
    is_primary: flag('It is the primary key.'),
    is_partial: flag('It holds only rows that match its WHERE clause.'),
    has_expressions: flag('It holds computed values.'),
    is_partitioned: flag('It stands for the indexes of the partitions and holds nothing itself.'),
    is_partition: flag('It is the part of a partitioned index.'),
    is_replident: flag('Logical replication identifies rows by it.'),
    is_clustered: flag('CLUSTER orders the table by it.'),
    is_valid: flag(
      'Queries may use it. False: a build failed or is under way, or a part of a partitioned one is missing.',
    ),
    is_ready: flag('Writes keep it up to date.'),
    is_building: maybeFlag('For an invalid one: a session builds or drops it now; null: this role cannot see that.'),
    build_pid: maybeIdentity('The session that does.'),
    size_bytes: bytes('Size.'),
    size_exact: flag('Measured now; false: an estimate from pg_class.relpages.'),
    idx_scan: count('Times it was used, on this server, since the statistics began.'),
    last_idx_scan: maybeMoment('Last time it was used (PostgreSQL 16 and newer).'),
    last_idx_scan_seconds: maybeSeconds('Time since then.'),
    idx_tup_read: count('Entries read.'),
    idx_tup_fetch: count('Rows fetched through it.'),
    locked_by: pids('Sessions that hold AccessExclusiveLock on it or its table, or wait for it.'),
  }),
  key: ['indexrelid'],
  counters: ['idx_scan', 'idx_tup_read', 'idx_tup_fetch'],
});

function joinRow(row: Raw, known: Known, measured: Set<string>) {
  const definition = known(indexDefinitions, row.indexrelid);
  const size = measured.has(String(row.indexrelid)) ? known(indexSizes, row.indexrelid) : undefined;
  const blockSize = Number(known(tableSettings, 'settings')?.block_size ?? 8192);
  const lockedBy = [...new Set(row.locked_by as number[])];
  return {
    ...row,
    schemaname: String(known(schemaNames, row.relnamespace)?.nspname ?? `schema ${row.relnamespace}`),
    relname: String(row.relname),
    amname: definition?.amname ?? null,
    key_columns: definition?.key_columns ?? null,
    included_columns: definition?.included_columns ?? null,
    constraint_type: definition?.contype ?? null,
    is_building: row.build_pid ? true : row.build_hidden ? null : false,
    size_bytes: Number(size?.size_bytes ?? Number(row.relpages) * blockSize),
    size_exact: size !== undefined && lockedBy.length === 0,
    locked_by: lockedBy,
  };
}

/** One entry for each locked table, however many indexes it has. */
function lockedTables(rows: ReturnType<typeof joinRow>[]): Partial[] {
  const byTable = new Map<string, number[]>();
  for (const row of rows)
    if (row.locked_by.length > 0) byTable.set(`${quoted(row.schemaname)}.${quoted(row.relname)}`, row.locked_by);
  return [...byTable].slice(0, 20).map(([object, blockedBy]) => ({
    reason: 'locked',
    object,
    blockedBy,
    hint: `AccessExclusiveLock of session${blockedBy.length > 1 ? 's' : ''} ${blockedBy.join(', ')}, held or waited for: the sizes of its indexes are the last ones known, or estimates.`,
  }));
}
