import type { SubjectReader } from './subject';

/** Replication slots. */
export const slot: SubjectReader<'slot'> = {
  // Only a slot that nobody uses can be dropped, and such a slot stands still: where it has moved, somebody used it since,
  // or it is another one of the same name.
  read: ({ name }, { role, major }) => ({
    text: `select /* pgdeck:slot */ s.slot_name as name, format('%I', s.slot_name) as quoted, format('%L', s.slot_name) as literal,
  json_build_array(s.slot_name, s.slot_type, s.plugin, s.database, s.temporary, s.restart_lsn, s.confirmed_flush_lsn, s.catalog_xmin, s.xmin)::text as fingerprint,
  s.slot_type, s.plugin, s.database as slot_database, s.active, s.active_pid, s.temporary, s.restart_lsn::text as restart_lsn, s.confirmed_flush_lsn::text as confirmed_flush_lsn, s.wal_status,
  pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, s.restart_lsn)::float8 as retained_bytes,
  greatest(age(s.xmin), age(s.catalog_xmin))::float8 as xmin_age,
  ${major >= 17 ? 's.failover, s.synced and pg_is_in_recovery()' : 'false as failover, false'} as synced,
  (select r.rolsuper or r.rolreplication from pg_catalog.pg_roles as r where r.rolname = $1::name) as may_replicate
from pg_catalog.pg_replication_slots as s
where s.slot_name = $2`,
    values: [role, name],
  }),
  choices: () => `select /* pgdeck:choose-slot */ s.slot_name as label,
  concat_ws(', ', s.slot_type, s.database, case when s.active then 'in use' else 'not in use' end) as detail,
  json_build_object('kind', 'slot', 'name', s.slot_name) as target
from pg_catalog.pg_replication_slots as s
where not s.temporary and strpos(lower(s.slot_name), $1) > 0
order by s.active, 1 limit $2::int`,
};
