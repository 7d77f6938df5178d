import type { SubjectReader } from './subject';

/** The server as a whole. */
export const server: SubjectReader<'server'> = {
  read: () => ({
    text: `select /* pgdeck:server-subject */ 'the server' as quoted, 'server' as name,
  (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text as fingerprint,
  case when pg_is_in_recovery() then null else pg_current_wal_lsn()::text end as wal_lsn`,
    values: [],
  }),
};
