import { z } from 'zod';
import { blocks, bytes, count, identity, maybeBytes, maybeMoment, maybeSeconds, milliseconds, text } from './column';
import { databaseSizes } from './database-sizes';
import { defineTopic } from './topic';
import { totalRate } from './total-rate';

/** Counters of each database: transactions, blocks, rows, temporary files, deadlocks, sessions. */
export const databases = defineTopic({
  id: 'databases',
  title: 'Databases',
  summary: 'Size, cache, transactions, temporary files and deadlocks of each database, with rates.',
  scope: 'server',
  cadenceSeconds: 10,
  requires: [],
  sources: ['pg_stat_database', 'pg_database_size()'],
  always: true,
  moments: { everySeconds: 300 },
  sql: {
    14: `select /* pgdeck:databases */ d.oid as datid, d.datname::text as datname,
  pg_stat_get_db_numbackends(d.oid) as numbackends,
  pg_stat_get_db_xact_commit(d.oid)::float8 as xact_commit,
  pg_stat_get_db_xact_rollback(d.oid)::float8 as xact_rollback,
  pg_stat_get_db_blocks_hit(d.oid)::float8 as blks_hit,
  (pg_stat_get_db_blocks_fetched(d.oid) - pg_stat_get_db_blocks_hit(d.oid))::float8 as blks_read,
  pg_stat_get_db_blk_read_time(d.oid)::float8 as blk_read_time,
  pg_stat_get_db_blk_write_time(d.oid)::float8 as blk_write_time,
  pg_stat_get_db_tuples_returned(d.oid)::float8 as tup_returned,
  pg_stat_get_db_tuples_fetched(d.oid)::float8 as tup_fetched,
  pg_stat_get_db_tuples_inserted(d.oid)::float8 as tup_inserted,
  pg_stat_get_db_tuples_updated(d.oid)::float8 as tup_updated,
  pg_stat_get_db_tuples_deleted(d.oid)::float8 as tup_deleted,
  pg_stat_get_db_conflict_all(d.oid)::float8 as conflicts,
  pg_stat_get_db_temp_files(d.oid)::float8 as temp_files,
  pg_stat_get_db_temp_bytes(d.oid)::float8 as temp_bytes,
  pg_stat_get_db_deadlocks(d.oid)::float8 as deadlocks,
  pg_stat_get_db_sessions(d.oid)::float8 as sessions,
  pg_stat_get_db_sessions_abandoned(d.oid)::float8 as sessions_abandoned,
  pg_stat_get_db_sessions_fatal(d.oid)::float8 as sessions_fatal,
  pg_stat_get_db_sessions_killed(d.oid)::float8 as sessions_killed,
  pg_stat_get_db_stat_reset_time(d.oid) as stats_reset,
  extract(epoch from clock_timestamp() - pg_stat_get_db_stat_reset_time(d.oid))::float8 as stats_reset_seconds,
  age(d.datfrozenxid) as xid_age, mxid_age(d.datminmxid) as mxid_age,
  extract(epoch from clock_timestamp())::float8 as now
from pg_catalog.pg_database as d
where d.datallowconn and not d.datistemplate
order by d.oid`,
  },
  // The sizes are asked by the topic database-sizes; here they are only remembered.
  join: (rows, known) => ({
    rows: rows.map((row) => {
      const size = known(databaseSizes, row.datid);
      return {
        ...row,
        size_bytes: size?.size_bytes ?? null,
        size_age_seconds: size ? Math.max(0, Number(row.now) - Number(size.asked_at)) : null,
      };
    }),
  }),
  row: z.object({
    datid: identity('OID of the database.'),
    datname: text('Name of the database.'),
    size_bytes: maybeBytes('Size of its files; null where this role may not read it, or not asked yet.'),
    size_age_seconds: maybeSeconds('Age of that size: it is read every 5 minutes, for reading it walks the files.'),
    numbackends: count('Sessions in this database.'),
    xid_age: count('Transactions since the oldest one that is not frozen here; at 2 billion the server stops.'),
    mxid_age: count('The same for multixacts.'),
    xact_commit: count('Transactions committed.'),
    xact_rollback: count('Transactions rolled back.'),
    blks_hit: blocks("Blocks found in PostgreSQL's own cache."),
    blks_read: blocks('Blocks not found there: read from the operating system, which may have had them in its cache.'),
    blk_read_time: milliseconds('Time spent reading blocks; 0 unless track_io_timing is on.'),
    blk_write_time: milliseconds('Time spent writing blocks; 0 unless track_io_timing is on.'),
    tup_returned: count('Rows read by scans.'),
    tup_fetched: count('Rows fetched by index scans.'),
    tup_inserted: count('Rows inserted.'),
    tup_updated: count('Rows updated.'),
    tup_deleted: count('Rows deleted.'),
    conflicts: count('Statements cancelled by replay (only on a standby).'),
    temp_files: count('Temporary files written because work_mem was too small.'),
    temp_bytes: bytes('Bytes written to temporary files.'),
    deadlocks: count('Deadlocks the server ended by cancelling a statement.'),
    sessions: count('Sessions begun.'),
    sessions_abandoned: count('Sessions that ended because the client was gone.'),
    sessions_fatal: count('Sessions that ended by a fatal error.'),
    sessions_killed: count('Sessions ended by an administrator.'),
    stats_reset: maybeMoment('When these counters began at 0; null: when the database was created.'),
    stats_reset_seconds: maybeSeconds('Time since then.'),
  }),
  key: ['datid'],
  databaseColumn: 'datname',
  counters: [
    'xact_commit',
    'xact_rollback',
    'blks_hit',
    'blks_read',
    'blk_read_time',
    'blk_write_time',
    'tup_returned',
    'tup_fetched',
    'tup_inserted',
    'tup_updated',
    'tup_deleted',
    'conflicts',
    'temp_files',
    'temp_bytes',
    'deadlocks',
    'sessions',
  ],
  epoch: 'stats_reset',
  series: [
    {
      id: 'transactions',
      title: 'Transactions',
      unit: '/s',
      columns: ['commits', 'rollbacks'],
      aggregate: 'average',
      point: (rows) => [totalRate(rows, 'xact_commit_per_second'), totalRate(rows, 'xact_rollback_per_second')],
    },
    {
      id: 'cache',
      title: 'Blocks found in the cache',
      unit: 'ratio',
      columns: ['hit_ratio'],
      aggregate: 'average',
      point: (rows) => {
        const hit = totalRate(rows, 'blks_hit_per_second');
        const read = totalRate(rows, 'blks_read_per_second');
        return [hit === null || read === null || hit + read === 0 ? null : hit / (hit + read)];
      },
    },
    {
      id: 'temp',
      title: 'Temporary files',
      unit: 'bytes/s',
      columns: ['temp_bytes'],
      aggregate: 'average',
      point: (rows) => [totalRate(rows, 'temp_bytes_per_second')],
    },
    {
      id: 'deadlocks',
      title: 'Deadlocks',
      unit: '/s',
      columns: ['deadlocks'],
      aggregate: 'average',
      point: (rows) => [totalRate(rows, 'deadlocks_per_second')],
    },
    {
      id: 'blocks',
      title: 'Blocks',
      unit: 'blocks/s',
      columns: ['hit', 'read'],
      aggregate: 'average',
      point: (rows) => [totalRate(rows, 'blks_hit_per_second'), totalRate(rows, 'blks_read_per_second')],
    },
    {
      id: 'xid-age',
      title: 'Age of the oldest transaction id',
      unit: 'transactions',
      columns: ['xid_age', 'mxid_age'],
      aggregate: 'maximum',
      point: (rows) => [Math.max(...rows.map((row) => row.xid_age)), Math.max(...rows.map((row) => row.mxid_age))],
    },
  ],
});
