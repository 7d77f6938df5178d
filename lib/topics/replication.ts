import { z } from 'zod';
import { maybeBytes, maybeFlag, maybeIdentity, maybeSeconds, maybeText, text } from './column';
import { defineTopic } from './topic';

/** Who follows this server and what is kept for whom: standbys, slots, and on a standby its own replay. */
export const replication = defineTopic({
  id: 'replication',
  title: 'Replication',
  summary: 'Standbys with their lag, replication slots with the WAL they keep, and how far a standby is behind.',
  scope: 'server',
  cadenceSeconds: 10,
  requires: [{ privilege: 'pg_read_all_stats' }],
  sources: ['pg_stat_replication', 'pg_replication_slots', 'pg_last_xact_replay_timestamp()'],
  always: true,
  sql: {
    14: `with /* pgdeck:replication */ here as materialized (
  select pg_is_in_recovery() as in_recovery,
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as lsn
)
select 'standby' as kind, coalesce(nullif(a.application_name, ''), w.pid::text) || '/' || w.pid as name, w.pid, host(a.client_addr) as client_addr,
  w.state, w.sync_state, null::bool as active,
  pg_wal_lsn_diff(here.lsn, w.replay_lsn)::float8 as lag_bytes,
  extract(epoch from w.replay_lag)::float8 as lag_seconds, null::float8 as retained_bytes, null::text as wal_status
from pg_catalog.pg_stat_get_wal_senders() as w
join pg_catalog.pg_stat_get_activity(null) as a on a.pid = w.pid
cross join here
union all
select 'slot', s.slot_name::text, s.active_pid, null, s.slot_type, null, s.active, null, null,
  pg_wal_lsn_diff(here.lsn, s.restart_lsn)::float8, s.wal_status
from pg_catalog.pg_get_replication_slots() as s
cross join here
union all
select 'replay', 'this server', null, null, null, null, null,
  pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8,
  case when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() then 0
    else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 end,
  null, null
from here
where here.in_recovery
order by kind, name`,
  },
  row: z.object({
    kind: text('standby: it follows this server; slot: WAL is kept for it; replay: this server is a standby itself.'),
    name: text('Name of the standby with its pid, or of the slot.'),
    pid: maybeIdentity('Process that sends to it; null: none now.'),
    client_addr: maybeText('Address of the standby.'),
    state: maybeText('For a standby startup, catchup, streaming, …; for a slot physical or logical.'),
    sync_state: maybeText('async, potential, sync or quorum.'),
    active: maybeFlag('Whether the slot is in use.'),
    lag_bytes: maybeBytes('WAL that it has not replayed yet.'),
    lag_seconds: maybeSeconds('Time that its replay is behind; null where nothing was written lately.'),
    retained_bytes: maybeBytes('WAL that is kept because of the slot.'),
    wal_status: maybeText('For a slot: reserved, extended, unreserved or lost.'),
  }),
  key: ['kind', 'name'],
  series: [
    {
      id: 'replication-lag',
      title: 'Replication lag',
      unit: 'bytes',
      columns: ['lag_bytes', 'retained_bytes'],
      aggregate: 'maximum',
      point: (rows) => [greatest(rows.map((row) => row.lag_bytes)), greatest(rows.map((row) => row.retained_bytes))],
    },
    {
      id: 'replication-delay',
      title: 'Replication delay',
      unit: 'seconds',
      columns: ['lag_seconds'],
      aggregate: 'maximum',
      point: (rows) => [greatest(rows.map((row) => row.lag_seconds))],
    },
  ],
});

function greatest(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length > 0 ? Math.max(...known) : null;
}
