import type { Row } from '@/lib/topics/index';
import { defineSource, epochSeconds, type Figure } from '../source';

type Database = Row<'databases'>;

/** The largest databases of a server are told of. */
export const mostDatabases = 200;

const largest = <Sized extends { size_bytes: number | null }>(rows: Sized[]): Sized[] =>
  [...rows].sort((a, b) => (b.size_bytes ?? 0) - (a.size_bytes ?? 0)).slice(0, mostDatabases);

const counted = (help: string, value: (row: Database) => number): Figure<Database> => ({
  type: 'untyped',
  help,
  value,
});

/** What PostgreSQL counts for each database. */
export const databases = defineSource({
  topic: 'databases',
  rows: (rows) => largest(rows),
  labels: ['datid', 'datname'],
  from: 'postgres_exporter',
  figures: {
    pg_stat_database_numbackends: {
      type: 'gauge',
      help: 'Sessions in this database.',
      value: (row) => row.numbackends,
    },
    pg_stat_database_xact_commit: counted('Transactions committed.', (row) => row.xact_commit),
    pg_stat_database_xact_rollback: counted('Transactions rolled back.', (row) => row.xact_rollback),
    pg_stat_database_blks_read: counted("Blocks not found in PostgreSQL's cache.", (row) => row.blks_read),
    pg_stat_database_blks_hit: counted("Blocks found in PostgreSQL's cache.", (row) => row.blks_hit),
    pg_stat_database_tup_returned: counted('Rows read by scans.', (row) => row.tup_returned),
    pg_stat_database_tup_fetched: counted('Rows fetched by index scans.', (row) => row.tup_fetched),
    pg_stat_database_tup_inserted: counted('Rows inserted.', (row) => row.tup_inserted),
    pg_stat_database_tup_updated: counted('Rows updated.', (row) => row.tup_updated),
    pg_stat_database_tup_deleted: counted('Rows deleted.', (row) => row.tup_deleted),
    pg_stat_database_conflicts: counted('Statements cancelled by replay (only on a standby).', (row) => row.conflicts),
    pg_stat_database_temp_files: counted('Temporary files written.', (row) => row.temp_files),
    pg_stat_database_temp_bytes: counted('Bytes written to temporary files.', (row) => row.temp_bytes),
    pg_stat_database_deadlocks: counted('Deadlocks.', (row) => row.deadlocks),
    pg_stat_database_blk_read_time: counted(
      'Milliseconds spent reading blocks; 0 unless track_io_timing is on.',
      (row) => row.blk_read_time,
    ),
    pg_stat_database_blk_write_time: counted(
      'Milliseconds spent writing blocks; 0 unless track_io_timing is on.',
      (row) => row.blk_write_time,
    ),
    pg_stat_database_stats_reset: {
      type: 'untyped',
      help: 'When these counters began at 0, in seconds since 1970; missing: never reset.',
      value: (row) => epochSeconds(row.stats_reset),
    },
  },
});

/** What a database takes on disk. */
export const databaseSizes = defineSource({
  topic: 'database-sizes',
  rows: (rows) => largest(rows),
  labels: ['datname'],
  from: 'postgres_exporter',
  figures: {
    pg_database_size_bytes: {
      type: 'gauge',
      help: 'Size of the files of the database; read every 5 minutes.',
      value: (row) => row.size_bytes,
    },
  },
});

/** How far a database is from wraparound. */
export const databaseAges = defineSource({
  topic: 'databases',
  rows: (rows) => largest(rows),
  labels: ['datname'],
  from: 'postgres_exporter',
  figures: {
    pg_database_wraparound_age_datfrozenxid_seconds: {
      type: 'gauge',
      help: 'Transactions (not seconds) since the oldest one that is not frozen; at 2 billion the server stops.',
      value: (row) => row.xid_age,
    },
    pg_database_wraparound_age_datminmxid_seconds: {
      type: 'gauge',
      help: 'The same for multixacts.',
      value: (row) => row.mxid_age,
    },
  },
});

/** Sessions by how they began and ended. */
export const databaseSessions = defineSource({
  topic: 'databases',
  rows: (rows) => largest(rows),
  labels: ['datname'],
  figures: {
    pgdeck_database_sessions_total: {
      type: 'counter',
      help: 'Sessions begun in the database.',
      value: (row) => row.sessions,
    },
    pgdeck_database_sessions_abandoned_total: {
      type: 'counter',
      help: 'Sessions that ended because the client was gone.',
      value: (row) => row.sessions_abandoned,
    },
    pgdeck_database_sessions_fatal_total: {
      type: 'counter',
      help: 'Sessions that ended by a fatal error.',
      value: (row) => row.sessions_fatal,
    },
    pgdeck_database_sessions_killed_total: {
      type: 'counter',
      help: 'Sessions ended by an administrator.',
      value: (row) => row.sessions_killed,
    },
  },
});
