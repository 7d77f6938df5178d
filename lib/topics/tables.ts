import { z } from 'zod';
import { quoted } from '@/lib/identifier';
import { autovacuumTriggers } from './autovacuum-trigger';
import {
  bytes,
  count,
  flag,
  identity,
  maybeCount,
  maybeMoment,
  maybeSeconds,
  maybeText,
  pids,
  ratio,
  text,
} from './column';
import { keysOf, schemaNames } from './lookups';
import { exclusiveLocks, largest, lockedBy, tableBlocks, tableSettings, tableSizes } from './sizes';
import { defineTopic, type Known, type Lookup, type Partial, type Raw } from './topic';

/** The table that a partition belongs to, by the partition's OID. */
const partitionParents: Lookup = {
  id: 'partition-parents',
  shared: false,
  everySeconds: 600,
  keys: (rows) =>
    keysOf(
      rows.filter((row) => row.relispartition),
      'relid',
    ),
  sql: {
    14: `select /* pgdeck:partition-parents */ i.inhrelid::text as key, i.inhparent as parent
from pg_catalog.pg_inherits as i
where i.inhrelid = any($1::text[]::oid[])`,
  },
};

/** Indexes and TOAST of tables by OID: to add them up takes longer than all figures of the tables themselves. */
export const tableParts: Lookup = {
  id: 'table-parts',
  shared: false,
  everySeconds: 290,
  keys: (rows) => keysOf(rows, 'relid'),
  sql: {
    14: `with /* pgdeck:table-parts */ indexes as materialized (
  select i.indrelid, count(*) as indexes, sum(c.relpages) as pages, sum(pg_stat_get_numscans(i.indexrelid)) as scans
  from pg_catalog.pg_index as i
  join pg_catalog.pg_class as c on c.oid = i.indexrelid
  where i.indrelid >= 16384 and c.relnamespace <> 99
  group by i.indrelid
)
select c.oid::text as key, i.indexes, i.pages as index_pages, i.scans::float8 as idx_scan,
  t.relpages as toast_pages
from pg_catalog.pg_class as c
left join indexes as i on i.indrelid = c.oid
left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid
where c.oid = any($1::text[]::oid[])`,
  },
};

/** The statement: one catalog and statistics functions only, so that no lock on a table can hold it up. */
const sql = (names: {
  allFrozen: string;
  lastScan: string;
}) => `select /* pgdeck:tables */ c.oid as relid, c.relnamespace, c.relname::text as relname, c.relkind::text as relkind,
  c.relispartition, c.relpages, c.reltuples::float8 as reltuples, ${names.allFrozen} as relallfrozen, c.reloptions,
  pg_stat_get_live_tuples(c.oid) as n_live_tup, pg_stat_get_dead_tuples(c.oid) as n_dead_tup,
  case when c.reltoastrelid <> 0 then pg_stat_get_live_tuples(c.reltoastrelid) end as toast_n_live_tup,
  case when c.reltoastrelid <> 0 then pg_stat_get_dead_tuples(c.reltoastrelid) end as toast_n_dead_tup,
  pg_stat_get_mod_since_analyze(c.oid) as n_mod_since_analyze,
  pg_stat_get_ins_since_vacuum(c.oid) as n_ins_since_vacuum,
  pg_stat_get_numscans(c.oid) as seq_scan, pg_stat_get_tuples_returned(c.oid) as seq_tup_read,
  pg_stat_get_tuples_fetched(c.oid) as idx_tup_fetch, ${names.lastScan} as last_seq_scan,
  pg_stat_get_tuples_inserted(c.oid) as n_tup_ins, pg_stat_get_tuples_updated(c.oid) as n_tup_upd,
  pg_stat_get_tuples_deleted(c.oid) as n_tup_del, pg_stat_get_tuples_hot_updated(c.oid) as n_tup_hot_upd,
  pg_stat_get_last_vacuum_time(c.oid) as last_vacuum, pg_stat_get_last_autovacuum_time(c.oid) as last_autovacuum,
  pg_stat_get_last_analyze_time(c.oid) as last_analyze, pg_stat_get_last_autoanalyze_time(c.oid) as last_autoanalyze
from pg_catalog.pg_class as c
where c.relkind in ('r', 'm', 'p') and c.oid >= 16384 and c.relpersistence <> 't'`;

/** Tables, materialized views and partitioned tables of one database. */
export const tables = defineTopic({
  id: 'tables',
  title: 'Tables',
  summary: 'Sizes with indexes and TOAST, rows, dead rows, scans, and how far each is from its own autovacuum trigger.',
  scope: 'database',
  cadenceSeconds: 60,
  requires: [],
  sources: ['pg_class', 'pg_stat_user_tables', 'pg_total_relation_size() for the 50 largest', 'pg_locks'],
  always: true,
  everywhereSeconds: 600,
  moments: { everySeconds: 1800, mostRows: 500 },
  slow: true,
  sql: {
    14: sql({ allFrozen: 'null::int4', lastScan: 'null::timestamptz' }),
    16: sql({ allFrozen: 'null::int4', lastScan: 'pg_stat_get_lastscan(c.oid)' }),
    18: sql({ allFrozen: 'c.relallfrozen', lastScan: 'pg_stat_get_lastscan(c.oid)' }),
  },
  lookups: [exclusiveLocks, schemaNames, tableSettings, partitionParents, tableParts, tableSizes],
  join: (rows, known) => {
    const measured = new Set(largest(rows, 'relid', tableBlocks));
    const locks = lockedBy(known);
    const joined = rollUp(
      rows.map((row) => joinRow(row, known, measured, locks)),
      known,
    );
    return {
      rows: joined,
      partial: joined
        .filter((row) => row.locked_by.length > 0)
        .slice(0, 20)
        .map(lockedTable),
    };
  },
  row: z.object({
    relid: identity('OID of the table.'),
    schemaname: text('Schema.'),
    relname: text('Name.'),
    relkind: text('r: table, m: materialized view, p: partitioned table (its partitions hold the rows).'),
    partition_of: maybeText('Partitioned table it belongs to.'),
    partitions: maybeCount('For a partitioned table: partitions below it; its sizes and rows are theirs together.'),
    total_bytes: bytes('Size with indexes and TOAST.'),
    heap_bytes: bytes('Size of the rows themselves, with free space and visibility map.'),
    index_bytes: bytes('Size of its indexes.'),
    toast_bytes: bytes('Size of what is stored out of line, with its index.'),
    size_exact: flag('Measured now; false: an estimate from pg_class.relpages, as old as its last VACUUM or ANALYZE.'),
    indexes: count('Number of indexes.'),
    reltuples: maybeCount('Rows as of its last VACUUM or ANALYZE; null: neither ever ran.'),
    n_live_tup: count('Rows, estimated from changes since.'),
    n_dead_tup: count('Dead rows that VACUUM would remove.'),
    toast_n_dead_tup: maybeCount('Dead rows of its TOAST table; null: it has none.'),
    dead_ratio: ratio('Dead rows among all rows.'),
    n_mod_since_analyze: count('Rows changed since its statistics were made.'),
    n_ins_since_vacuum: count('Rows inserted since its last VACUUM.'),
    autovacuum_enabled: flag('Autovacuum may take it: neither the server nor the table has it off.'),
    vacuum_trigger: maybeCount('Dead rows from which autovacuum takes it, by its own settings; null: not a table.'),
    vacuum_insert_trigger: maybeCount('Inserted rows from which autovacuum takes it; null: off.'),
    analyze_trigger: maybeCount('Changed rows from which autovacuum makes new statistics.'),
    seq_scan: count('Times it was read from end to end.'),
    seq_tup_read: count('Rows read that way.'),
    idx_scan: count('Times one of its indexes was used; read every 5 minutes, for it has to be added up.'),
    idx_tup_fetch: count('Rows fetched through its indexes.'),
    last_seq_scan: maybeMoment('Last time it was read from end to end (PostgreSQL 16 and newer).'),
    n_tup_ins: count('Rows inserted.'),
    n_tup_upd: count('Rows updated.'),
    n_tup_del: count('Rows deleted.'),
    n_tup_hot_upd: count('Updates that touched no index (HOT).'),
    last_vacuum: maybeMoment('Last VACUUM by hand.'),
    last_autovacuum: maybeMoment('Last VACUUM by autovacuum.'),
    last_analyze: maybeMoment('Last ANALYZE by hand.'),
    last_autoanalyze: maybeMoment('Last ANALYZE by autovacuum.'),
    vacuum_age_seconds: maybeSeconds('Time since the later of the two vacuums; null: never.'),
    analyze_age_seconds: maybeSeconds('Time since the later of the two analyzes; null: never.'),
    locked_by: pids('Sessions that hold AccessExclusiveLock on it or wait for it: its size is then not measured.'),
  }),
  key: ['relid'],
  counters: [
    'seq_scan',
    'seq_tup_read',
    'idx_scan',
    'idx_tup_fetch',
    'n_tup_ins',
    'n_tup_upd',
    'n_tup_del',
    'n_tup_hot_upd',
  ],
});

function joinRow(row: Raw, known: Known, measured: Set<string>, locks: Map<number, number[]>) {
  const settings = known(tableSettings, 'settings') ?? {};
  const blockSize = Number(settings.block_size ?? 8192);
  const holders = locks.get(row.relid as number) ?? [];
  const parts = known(tableParts, row.relid);
  const now = Number(known(exclusiveLocks, 'now')?.now ?? Number.NaN);
  const size = measured.has(String(row.relid)) ? known(tableSizes, row.relid) : undefined;
  const estimate = (pages: unknown) => Number(pages) * blockSize;
  const heap = Number(size?.heap_bytes ?? estimate(row.relpages));
  const index = Number(size?.index_bytes ?? estimate(parts?.index_pages ?? 0));
  const toast = Number(size?.toast_bytes ?? estimate(parts?.toast_pages ?? 0));
  const live = Number(row.n_live_tup);
  const dead = Number(row.n_dead_tup);
  const triggers = autovacuumTriggers(settings, {
    reltuples: Number(row.reltuples),
    relpages: Number(row.relpages),
    relallfrozen: row.relallfrozen as number | null,
    reloptions: row.reloptions as string[] | null,
  });
  const partitioned = row.relkind === 'p';
  return {
    ...row,
    relid: row.relid as number,
    relkind: row.relkind as string,
    schemaname: String(known(schemaNames, row.relnamespace)?.nspname ?? `schema ${row.relnamespace}`),
    relname: String(row.relname),
    partition_of: null as string | null,
    partitions: (partitioned ? 0 : null) as number | null,
    total_bytes: heap + index + toast,
    heap_bytes: heap,
    index_bytes: index,
    toast_bytes: toast,
    // Nothing to measure is measured; behind a lock it is what was measured before.
    size_exact: holders.length === 0 && (size !== undefined || tableBlocks(row) === 0),
    n_live_tup: live,
    n_dead_tup: dead,
    dead_ratio: live + dead > 0 ? dead / (live + dead) : null,
    reltuples: Number(row.reltuples) < 0 ? null : Number(row.reltuples),
    ...triggers,
    // Autovacuum looks at partitions, never at the table above them, and so do its triggers.
    ...((partitioned || settings.vacuum_threshold === undefined) && {
      vacuum_trigger: null,
      vacuum_insert_trigger: null,
      analyze_trigger: null,
    }),
    indexes: Number(parts?.indexes ?? 0),
    idx_scan: Number(parts?.idx_scan ?? 0),
    vacuum_age_seconds: ageOf(now, row.last_vacuum, row.last_autovacuum),
    analyze_age_seconds: ageOf(now, row.last_analyze, row.last_autoanalyze),
    locked_by: holders,
  };
}

/** Seconds from the later of some moments (ISO 8601) to `now` (epoch seconds); null where there is none. */
function ageOf(now: number, ...moments: unknown[]): number | null {
  const latest = Math.max(...moments.map((moment) => (typeof moment === 'string' ? Date.parse(moment) : 0)));
  return latest > 0 && Number.isFinite(now) ? Math.max(0, now - latest / 1000) : null;
}

const summed = ['total_bytes', 'heap_bytes', 'index_bytes', 'toast_bytes', 'n_live_tup', 'n_dead_tup'] as const;

/** Adds the partitions of a partitioned table up, through all levels, and names their parents. */
function rollUp(rows: ReturnType<typeof joinRow>[], known: Known) {
  const byOid = new Map(rows.map((row) => [row.relid, row]));
  for (const row of rows) {
    const parent = byOid.get(known(partitionParents, row.relid)?.parent as number);
    if (!parent) continue;
    row.partition_of = `${quoted(parent.schemaname)}.${quoted(parent.relname)}`;
    if (row.relkind === 'p') continue;
    for (let above: typeof parent | undefined = parent, steps = 0; above && steps < 32; steps++) {
      above.partitions = (above.partitions ?? 0) + 1;
      above.size_exact = row.size_exact && (above.partitions === 1 || above.size_exact);
      for (const column of summed) above[column] += row[column];
      above = byOid.get(known(partitionParents, above.relid)?.parent as number);
    }
  }
  for (const row of rows)
    if (row.relkind === 'p' && row.n_live_tup + row.n_dead_tup > 0)
      row.dead_ratio = row.n_dead_tup / (row.n_live_tup + row.n_dead_tup);
  return rows;
}

function lockedTable(row: ReturnType<typeof joinRow>): Partial {
  const sessions = `session${row.locked_by.length > 1 ? 's' : ''} ${row.locked_by.join(', ')}`;
  return {
    reason: 'locked',
    object: `${quoted(row.schemaname)}.${quoted(row.relname)}`,
    blockedBy: row.locked_by,
    hint: `AccessExclusiveLock of ${sessions}, held or waited for: its size cannot be measured now and is the last one known, or an estimate.`,
  };
}
