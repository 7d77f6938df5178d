import { z } from 'zod';
import { blocks, bytes, count, maybeMoment, maybeText, milliseconds } from './column';
import { defineTopic } from './topic';

/** Checkpoints as PostgreSQL counted them until 16, in one view with the background writer. */
const inBackgroundWriter = `pg_stat_get_bgwriter_timed_checkpoints() as checkpoints_timed,
  pg_stat_get_bgwriter_requested_checkpoints() as checkpoints_req,
  pg_stat_get_checkpoint_write_time() as checkpoint_write_time,
  pg_stat_get_checkpoint_sync_time() as checkpoint_sync_time,
  pg_stat_get_bgwriter_buf_written_checkpoints() as buffers_checkpoint`;

/** Checkpoints as PostgreSQL counts them from 17 on. */
const inCheckpointer = `pg_stat_get_checkpointer_num_timed() as checkpoints_timed,
  pg_stat_get_checkpointer_num_requested() as checkpoints_req,
  pg_stat_get_checkpointer_write_time() as checkpoint_write_time,
  pg_stat_get_checkpointer_sync_time() as checkpoint_sync_time,
  pg_stat_get_checkpointer_buffers_written() as buffers_checkpoint`;

const sql = (checkpoints: string) => `select /* pgdeck:wal */ (case when pg_is_in_recovery()
    then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end)::text as wal_lsn,
  w.wal_records::float8 as wal_records, w.wal_fpi::float8 as wal_fpi, w.wal_bytes::float8 as wal_bytes,
  w.wal_buffers_full::float8 as wal_buffers_full, w.stats_reset,
  ${checkpoints},
  pg_stat_get_bgwriter_buf_written_clean() as buffers_clean, pg_stat_get_buf_alloc() as buffers_alloc,
  r.archived_count::float8 as archived_count, r.failed_count::float8 as failed_count,
  r.last_failed_wal, r.last_failed_time, r.last_archived_time
from pg_catalog.pg_stat_get_wal() as w
cross join pg_catalog.pg_stat_get_archiver() as r`;

/** What the server writes for safety: WAL, checkpoints, the background writer and the archiver. */
export const wal = defineTopic({
  id: 'wal',
  title: 'WAL and checkpoints',
  summary: 'WAL written, checkpoints, buffers written by them and by the background writer, and files archived.',
  scope: 'server',
  cadenceSeconds: 10,
  requires: [],
  sources: ['pg_stat_wal', 'pg_stat_bgwriter', 'pg_stat_checkpointer', 'pg_stat_archiver'],
  always: true,
  sql: { 14: sql(inBackgroundWriter), 17: sql(inCheckpointer) },
  row: z.object({
    wal_lsn: maybeText('Place in the WAL that is written, on a standby replayed, up to now.'),
    wal_records: count('WAL records made.'),
    wal_fpi: count('Whole pages among them: the first change of a page after a checkpoint.'),
    wal_bytes: bytes('Bytes of WAL made.'),
    wal_buffers_full: count('Times that WAL had to be written because wal_buffers was full.'),
    checkpoints_timed: count('Checkpoints because checkpoint_timeout had passed.'),
    checkpoints_req: count('Checkpoints that were asked for: max_wal_size was reached, or somebody said CHECKPOINT.'),
    checkpoint_write_time: milliseconds('Time that checkpoints took to write.'),
    checkpoint_sync_time: milliseconds('Time that checkpoints took to flush files.'),
    buffers_checkpoint: blocks('Buffers written by checkpoints.'),
    buffers_clean: blocks('Buffers written by the background writer.'),
    buffers_alloc: blocks('Buffers taken into the cache.'),
    archived_count: count('WAL files archived.'),
    failed_count: count('Failed attempts to archive one.'),
    last_failed_wal: maybeText('File that could not be archived last.'),
    last_failed_time: maybeMoment('When that was.'),
    last_archived_time: maybeMoment('When a file was archived last.'),
    stats_reset: maybeMoment('When the counters of WAL began at 0.'),
  }),
  key: ['stats_reset'],
  counters: [
    'wal_records',
    'wal_fpi',
    'wal_bytes',
    'wal_buffers_full',
    'checkpoints_timed',
    'checkpoints_req',
    'checkpoint_write_time',
    'checkpoint_sync_time',
    'buffers_checkpoint',
    'buffers_clean',
    'buffers_alloc',
    'archived_count',
    'failed_count',
  ],
  series: [
    {
      id: 'wal',
      title: 'WAL',
      unit: 'bytes/s',
      columns: ['wal_bytes'],
      aggregate: 'average',
      point: ([row]) => [row?.wal_bytes_per_second ?? null],
    },
    {
      id: 'checkpoints',
      title: 'Checkpoints',
      unit: '/s',
      columns: ['timed', 'requested'],
      aggregate: 'average',
      point: ([row]) => [row?.checkpoints_timed_per_second ?? null, row?.checkpoints_req_per_second ?? null],
    },
    {
      id: 'buffers-written',
      title: 'Buffers written',
      unit: 'blocks/s',
      columns: ['checkpoint', 'background_writer'],
      aggregate: 'average',
      point: ([row]) => [row?.buffers_checkpoint_per_second ?? null, row?.buffers_clean_per_second ?? null],
    },
  ],
});
