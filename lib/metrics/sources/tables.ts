import type { Row } from '@/lib/topics/index';
import { defineSource, epochSeconds, type Figure } from '../source';

/** The largest tables of a server are told of; each has a dozen and a half series. */
export const mostTables = 50;

type Table = Row<'tables'>;

const counted = (help: string, value: (row: Table) => number): Figure<Table & { datname: string }> => ({
  type: 'untyped',
  help,
  value,
});
const now = (help: string, value: (row: Table) => number | null): Figure<Table & { datname: string }> => ({
  type: 'gauge',
  help,
  value,
});

/** What PostgreSQL counts for each of the largest tables. */
export const tables = defineSource({
  topic: 'tables',
  // A partitioned table has no figures of its own: its partitions do.
  rows: (rows, _, database) =>
    rows
      .filter(({ relkind }) => relkind !== 'p')
      .sort((a, b) => b.total_bytes - a.total_bytes || a.relid - b.relid)
      .slice(0, mostTables)
      .map((row) => ({ ...row, datname: database ?? '' })),
  labels: ['datname', 'schemaname', 'relname'],
  from: 'postgres_exporter',
  figures: {
    pg_stat_user_tables_seq_scan: counted('Times it was read from end to end.', (row) => row.seq_scan),
    pg_stat_user_tables_seq_tup_read: counted('Rows read that way.', (row) => row.seq_tup_read),
    pg_stat_user_tables_idx_scan: counted('Times one of its indexes was used.', (row) => row.idx_scan),
    pg_stat_user_tables_idx_tup_fetch: counted('Rows fetched through its indexes.', (row) => row.idx_tup_fetch),
    pg_stat_user_tables_n_tup_ins: counted('Rows inserted.', (row) => row.n_tup_ins),
    pg_stat_user_tables_n_tup_upd: counted('Rows updated.', (row) => row.n_tup_upd),
    pg_stat_user_tables_n_tup_del: counted('Rows deleted.', (row) => row.n_tup_del),
    pg_stat_user_tables_n_tup_hot_upd: counted('Updates that touched no index (HOT).', (row) => row.n_tup_hot_upd),
    pg_stat_user_tables_n_live_tup: now('Rows, estimated.', (row) => row.n_live_tup),
    pg_stat_user_tables_n_dead_tup: now('Dead rows, estimated.', (row) => row.n_dead_tup),
    pg_stat_user_tables_n_mod_since_analyze: now(
      'Rows changed since its statistics were made.',
      (row) => row.n_mod_since_analyze,
    ),
    pg_stat_user_tables_last_vacuum: now('Last VACUUM by hand, in seconds since 1970; missing: never.', (row) =>
      epochSeconds(row.last_vacuum),
    ),
    pg_stat_user_tables_last_autovacuum: now(
      'Last VACUUM by autovacuum, in seconds since 1970; missing: never.',
      (row) => epochSeconds(row.last_autovacuum),
    ),
    pg_stat_user_tables_last_analyze: now('Last ANALYZE by hand, in seconds since 1970; missing: never.', (row) =>
      epochSeconds(row.last_analyze),
    ),
    pg_stat_user_tables_last_autoanalyze: now(
      'Last ANALYZE by autovacuum, in seconds since 1970; missing: never.',
      (row) => epochSeconds(row.last_autoanalyze),
    ),
    pg_stat_user_tables_index_size_bytes: now('Size of its indexes; missing: only estimated now.', (row) =>
      row.size_exact ? row.index_bytes : null,
    ),
    pg_stat_user_tables_table_size_bytes: now('Size without indexes; missing: only estimated now.', (row) =>
      row.size_exact ? row.heap_bytes + row.toast_bytes : null,
    ),
  },
});
