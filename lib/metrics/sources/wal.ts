import type { Row } from '@/lib/topics/index';
import { defineSource, epochSeconds, type Figure } from '../source';

type Wal = Row<'wal'>;

const counter = (help: string, value: (row: Wal) => number): Figure<Wal> => ({ type: 'counter', help, value });

/** The background writer. */
export const backgroundWriter = defineSource({
  topic: 'wal',
  whole: true,
  rows: (rows) => rows,
  labels: [],
  from: 'postgres_exporter',
  figures: {
    pg_stat_bgwriter_buffers_clean_total: counter(
      'Buffers written by the background writer.',
      (row) => row.buffers_clean,
    ),
    pg_stat_bgwriter_buffers_alloc_total: counter('Buffers taken into the cache.', (row) => row.buffers_alloc),
  },
});

/** Checkpoints up to PostgreSQL 16. */
export const checkpointsBefore17 = defineSource({
  topic: 'wal',
  whole: true,
  rows: (rows, { versionNum }) => (versionNum !== undefined && versionNum < 170_000 ? rows : []),
  labels: [],
  from: 'postgres_exporter',
  figures: {
    pg_stat_bgwriter_checkpoints_timed_total: counter(
      'Checkpoints because checkpoint_timeout had passed; until PostgreSQL 16.',
      (row) => row.checkpoints_timed,
    ),
    pg_stat_bgwriter_checkpoints_req_total: counter(
      'Checkpoints that were asked for; until PostgreSQL 16.',
      (row) => row.checkpoints_req,
    ),
    pg_stat_bgwriter_checkpoint_write_time_total: counter(
      'Milliseconds that checkpoints took to write; until PostgreSQL 16.',
      (row) => row.checkpoint_write_time,
    ),
    pg_stat_bgwriter_checkpoint_sync_time_total: counter(
      'Milliseconds that checkpoints took to flush files; until PostgreSQL 16.',
      (row) => row.checkpoint_sync_time,
    ),
    pg_stat_bgwriter_buffers_checkpoint_total: counter(
      'Buffers written by checkpoints; until PostgreSQL 16.',
      (row) => row.buffers_checkpoint,
    ),
  },
});

/** Checkpoints from PostgreSQL 17 on, which counts them in a view of their own. */
export const checkpointsFrom17 = defineSource({
  topic: 'wal',
  whole: true,
  rows: (rows, { versionNum }) => (versionNum !== undefined && versionNum >= 170_000 ? rows : []),
  labels: [],
  from: 'postgres_exporter',
  figures: {
    pg_stat_checkpointer_num_timed_total: counter(
      'Checkpoints because checkpoint_timeout had passed; from PostgreSQL 17 on.',
      (row) => row.checkpoints_timed,
    ),
    pg_stat_checkpointer_num_requested_total: counter(
      'Checkpoints that were asked for; from PostgreSQL 17 on.',
      (row) => row.checkpoints_req,
    ),
    pg_stat_checkpointer_write_time_total: counter(
      'Milliseconds that checkpoints took to write; from PostgreSQL 17 on.',
      (row) => row.checkpoint_write_time,
    ),
    pg_stat_checkpointer_sync_time_total: counter(
      'Milliseconds that checkpoints took to flush files; from PostgreSQL 17 on.',
      (row) => row.checkpoint_sync_time,
    ),
    pg_stat_checkpointer_buffers_written_total: counter(
      'Buffers written by checkpoints; from PostgreSQL 17 on.',
      (row) => row.buffers_checkpoint,
    ),
  },
});

/** WAL made, and archived. */
export const walMade = defineSource({
  topic: 'wal',
  whole: true,
  rows: (rows) => rows,
  labels: [],
  figures: {
    pgdeck_wal_bytes_total: counter('Bytes of WAL made.', (row) => row.wal_bytes),
    pgdeck_wal_records_total: counter('WAL records made.', (row) => row.wal_records),
    pgdeck_wal_full_pages_total: counter('Whole pages in the WAL.', (row) => row.wal_fpi),
    pgdeck_wal_buffers_full_total: counter(
      'Times that WAL had to be written because wal_buffers was full.',
      (row) => row.wal_buffers_full,
    ),
    pg_stat_archiver_archived_count: {
      type: 'untyped',
      help: 'WAL files archived.',
      value: (row) => row.archived_count,
      from: 'postgres_exporter',
    },
    pg_stat_archiver_failed_count: {
      type: 'untyped',
      help: 'Failed attempts to archive one.',
      value: (row) => row.failed_count,
      from: 'postgres_exporter',
    },
    pgdeck_archiver_last_archived_timestamp_seconds: {
      type: 'gauge',
      help: 'When a file was archived last, in seconds since 1970; missing: never.',
      value: (row) => epochSeconds(row.last_archived_time),
    },
  },
});
