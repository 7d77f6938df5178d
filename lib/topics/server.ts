import { z } from 'zod';
import { flag, identity, maybeText, seconds, text } from './column';
import { databaseNames, datname, roleNames, usename } from './lookups';
import { defineTopic } from './topic';

/** Settings shown with the server: none that pgdeck sets for its own sessions, whose value would be ours. */
const shown = [
  'max_connections',
  'superuser_reserved_connections',
  'reserved_connections',
  'shared_buffers',
  'effective_cache_size',
  'work_mem',
  'maintenance_work_mem',
  'autovacuum',
  'autovacuum_max_workers',
  'autovacuum_naptime',
  'autovacuum_vacuum_cost_limit',
  'autovacuum_vacuum_cost_delay',
  'wal_level',
  'max_wal_size',
  'checkpoint_timeout',
  'synchronous_commit',
  'fsync',
  'full_page_writes',
  'random_page_cost',
  'effective_io_concurrency',
  'max_parallel_workers',
  'track_activities',
  'track_counts',
  'track_io_timing',
  'compute_query_id',
  'shared_preload_libraries',
  'pg_stat_statements.max',
  'pg_stat_statements.track',
  'log_min_duration_statement',
  'log_lock_waits',
  'deadlock_timeout',
  'data_checksums',
  'block_size',
];

/** What the watched server is: version, age, role, and the settings that matter most. */
export const server = defineTopic({
  id: 'server',
  title: 'Server',
  summary: 'Version, uptime, role and key settings of the server.',
  scope: 'server',
  cadenceSeconds: 300,
  requires: [],
  sources: ['pg_settings', 'pg_is_in_recovery()', 'pg_postmaster_start_time()'],
  always: true,
  moments: { everySeconds: 3600 },
  sql: {
    14: `select /* pgdeck:server */ current_setting('server_version') as server_version,
  current_setting('server_version_num')::int4 as server_version_num,
  pg_postmaster_start_time() as postmaster_start_time,
  extract(epoch from clock_timestamp() - pg_postmaster_start_time())::float8 as uptime_seconds,
  extract(epoch from clock_timestamp() - pg_conf_load_time())::float8 as conf_load_seconds,
  pg_is_in_recovery() as in_recovery,
  own.datid, own.usesysid, current_setting('is_superuser') = 'on' as superuser,
  current_setting('TimeZone') as timezone, current_setting('server_encoding') as server_encoding,
  (select json_agg(json_build_object('name', s.name, 'setting', s.setting, 'unit', s.unit, 'source', s.source,
      'pending_restart', s.pending_restart) order by s.name)
    from pg_catalog.pg_settings as s
    where s.name = any('{${shown.join(',')}}'::text[])) as settings
from pg_catalog.pg_stat_get_activity(pg_backend_pid()) as own`,
  },
  lookups: [databaseNames, roleNames],
  join: (rows, known) => ({
    rows: rows.map((row) => ({
      ...row,
      role: row.in_recovery ? 'standby' : 'primary',
      datname: datname(known, row.datid),
      usename: usename(known, row.usesysid),
      settings: row.settings ?? [],
    })),
  }),
  row: z.object({
    server_version: text('Version in words.'),
    server_version_num: identity('Version as a number: 180004 is 18.4.'),
    postmaster_start_time: text('When the server was started.'),
    uptime_seconds: seconds('Time since it was started.'),
    conf_load_seconds: seconds('Time since its configuration was loaded last.'),
    in_recovery: flag('It replays what a primary wrote.'),
    role: text('primary or standby.'),
    datname: maybeText('Database that pgdeck is connected to.'),
    usename: maybeText('Role that pgdeck reads as.'),
    superuser: flag('That role is a superuser.'),
    timezone: text('Time zone of the sessions of that role.'),
    server_encoding: text('Encoding of that database.'),
    settings: z
      .array(
        z.object({
          name: z.string(),
          setting: z.string().nullable(),
          unit: z.string().nullable(),
          source: z.string(),
          pending_restart: z.boolean(),
        }),
      )
      .meta({ meaning: 'Key settings with where their value comes from.', unit: null }),
  }),
  key: ['server_version_num'],
});
