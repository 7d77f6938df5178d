import { z } from 'zod';
import { quoted } from '@/lib/identifier';
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
import { keysOf } from './lookups';
import { exclusiveLocks, indexSizes, lockedBy, tableSettings } from './sizes';
import { defineTopic, type Known, type Lookup, type Partial, type Raw } from './topic';

/** Indexes that are being built: REINDEX CONCURRENTLY gives a new one the name and the constraint of the old one at its end. */
const notValid = (rows: Raw[]) =>
  keysOf(
    rows.filter((row) => !row.is_valid),
    'indexrelid',
  );

/** What an index is made of, by its OID, from raw catalogs: pg_get_indexdef() would open every index. */
const indexDefinitions: Lookup = {
  id: 'index-definitions',
  shared: false,
  everySeconds: 14_400,
  keys: (rows) => keysOf(rows, 'indexrelid'),
  unsettled: notValid,
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
  n.contype::text as contype, i.indpred is not null as is_partial,
  i.indexprs is not null as has_expressions, i.indisunique as is_unique, i.indisprimary as is_primary,
  i.indisreplident as is_replident, i.indisclustered as is_clustered
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_am as m on m.oid = c.relam
left join pg_catalog.pg_constraint as n on n.conindid = i.indexrelid and n.contype in ('p', 'u', 'x')
where i.indexrelid = any($1::text[]::oid[]) and c.relnamespace <> 99`,
  },
};

/** Names and blocks of indexes by OID; TOAST's own and those of temporary tables have none, and are left out so. */
const indexNames: Lookup = {
  id: 'index-names',
  shared: false,
  everySeconds: 900,
  keys: (rows) => keysOf(rows, 'indexrelid'),
  unsettled: notValid,
  sql: {
    14: `select /* pgdeck:index-names */ i.indexrelid::text as key, c.relname::text as indexrelname, c.relnamespace,
  i.indrelid as relid, t.relname::text as relname, c.relpages, c.relkind = 'I' as is_partitioned, c.relispartition as is_partition
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_class as t on t.oid = i.indrelid
where i.indexrelid = any($1::text[]::oid[]) and c.relnamespace <> 99 and c.relpersistence <> 't'`,
  },
};

/** Schemas of the database; few enough to be kept in one row, its key is `all`. */
const allSchemas: Lookup = {
  id: 'all-schemas',
  shared: false,
  everySeconds: 60,
  keys: () => ['all'],
  sql: {
    14: `select /* pgdeck:all-schemas */ k.key,
  (select json_object_agg(n.oid, n.nspname) from pg_catalog.pg_namespace as n) as names
from unnest($1::text[]) as k (key)`,
  },
};

/**
 * Whether a session builds or drops an invalid index, by its OID. CREATE INDEX and REINDEX show in their progress; a DROP
 * INDEX CONCURRENTLY, which makes a good index invalid first, shows only in its lock on the index.
 */
const indexBuilds: Lookup = {
  id: 'index-builds',
  shared: false,
  everySeconds: 0,
  keys: notValid,
  sql: {
    14: `with /* pgdeck:index-builds */ builds as materialized (
  select p.pid, p.relid, nullif(p.param7, 0)::oid as indexrelid, p.param1 = 4 as concurrent_reindex
  from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as p
  where p.datid = (select a.datid from pg_catalog.pg_stat_get_activity(pg_backend_pid()) as a)
)
select i.indexrelid::text as key, i.indisvalid, i.indisready,
  coalesce((
    select b.pid from builds as b
    where b.indexrelid = i.indexrelid or b.concurrent_reindex and b.relid = i.indrelid and c.relname ~ '_cc(new|old)[0-9]*$'
    limit 1
  ), (
    select l.pid from pg_catalog.pg_lock_status() as l
    where l.locktype = 'relation' and l.relation = i.indexrelid and l.pid <> pg_backend_pid()
      and l.mode in ('AccessExclusiveLock', 'ShareUpdateExclusiveLock')
    limit 1
  )) as pid,
  exists (select from builds as b where b.relid is null) as hidden
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
where i.indexrelid = any($1::text[]::oid[])`,
  },
};

/** The statement: what changes, from one catalog; what hardly does is remembered. */
const sql = (lastScan: string) => `select /* pgdeck:index-usage */ i.indexrelid, i.indisvalid as is_valid,
  pg_stat_get_numscans(i.indexrelid) as idx_scan, ${lastScan} as last_idx_scan,
  pg_stat_get_tuples_returned(i.indexrelid) as idx_tup_read, pg_stat_get_tuples_fetched(i.indexrelid) as idx_tup_fetch
from pg_catalog.pg_index as i
where i.indrelid >= 16384`;

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
  everywhereSeconds: 600,
  moments: { everySeconds: 3600, mostRows: 500 },
  slow: true,
  sql: { 14: sql('null::timestamptz'), 16: sql('pg_stat_get_lastscan(i.indexrelid)') },
  lookups: [exclusiveLocks, allSchemas, tableSettings, indexNames, indexDefinitions, indexBuilds, indexSizes],
  join: (rows, known) => {
    const context = {
      schemas: (known(allSchemas, 'all')?.names ?? {}) as Record<string, string>,
      sizes: (known(indexSizes, 'largest')?.sizes ?? {}) as Record<string, number>,
      blockSize: Number(known(tableSettings, 'settings')?.block_size ?? 8192),
      locks: lockedBy(known),
      now: Number(known(exclusiveLocks, 'now')?.now ?? Number.NaN),
    };
    const joined = rows.flatMap((row) => joinRow(row, known, context) ?? []);
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
    is_unique: maybeFlag('It keeps values unique.'),
    is_primary: maybeFlag('It is the primary key.'),
    is_partial: maybeFlag('It holds only rows that match its WHERE clause.'),
    has_expressions: maybeFlag('It holds computed values.'),
    is_partitioned: flag('It stands for the indexes of the partitions and holds nothing itself.'),
    is_partition: flag('It is the part of a partitioned index.'),
    is_replident: maybeFlag('Logical replication identifies rows by it.'),
    is_clustered: maybeFlag('CLUSTER orders the table by it.'),
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

type Context = {
  schemas: Record<string, string>;
  sizes: Record<string, number>;
  blockSize: number;
  locks: Map<number, number[]>;
  now: number;
};

function joinRow(row: Raw, known: Known, { schemas, sizes, blockSize, locks, now }: Context) {
  const names = known(indexNames, row.indexrelid);
  if (!names) return undefined;
  const definition = known(indexDefinitions, row.indexrelid);
  const size = sizes[String(row.indexrelid)];
  const holders = locks.get(names.relid as number) ?? locks.get(row.indexrelid as number) ?? [];
  const build = row.is_valid ? undefined : known(indexBuilds, row.indexrelid);
  const age = typeof row.last_idx_scan === 'string' ? now - Date.parse(row.last_idx_scan) / 1000 : Number.NaN;
  return {
    ...names,
    ...row,
    schemaname: schemas[String(names.relnamespace)] ?? `schema ${names.relnamespace}`,
    relname: String(names.relname),
    amname: definition?.amname ?? null,
    key_columns: definition?.key_columns ?? null,
    included_columns: definition?.included_columns ?? null,
    constraint_type: definition?.contype ?? null,
    is_partial: definition?.is_partial ?? null,
    has_expressions: definition?.has_expressions ?? null,
    is_unique: definition?.is_unique ?? null,
    is_primary: definition?.is_primary ?? null,
    is_replident: definition?.is_replident ?? null,
    is_clustered: definition?.is_clustered ?? null,
    // It became valid between the two statements.
    is_valid: row.is_valid === true || build?.indisvalid === true,
    is_ready: row.is_valid === true || build?.indisready === true,
    build_pid: build?.pid ?? null,
    is_building: row.is_valid ? false : build === undefined ? null : build.pid ? true : build.hidden ? null : false,
    size_bytes: size ?? Number(names.relpages) * blockSize,
    size_exact: holders.length === 0 && (size !== undefined || names.is_partitioned === true),
    last_idx_scan_seconds: Number.isFinite(age) ? Math.max(0, age) : null,
    locked_by: holders,
  };
}

/** One entry for each locked table, however many indexes it has. */
function lockedTables(rows: NonNullable<ReturnType<typeof joinRow>>[]): Partial[] {
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
