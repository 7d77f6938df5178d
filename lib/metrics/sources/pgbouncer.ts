import type { Row } from '@/lib/topics/index';
import { defineSource, type Figure } from '../source';

/** More pools or databases of a PgBouncer than these are not told of. */
const mostPools = 200;

type Pool = Row<'pgbouncer-pools'>;
type Stats = Row<'pgbouncer-stats'>;

const now = (help: string, value: (row: Pool) => number | null): Figure<Pool> => ({ type: 'gauge', help, value });
const counter = (help: string, value: (row: Stats) => number | null): Figure<Stats> => ({
  type: 'counter',
  help,
  value,
});

/** Clients and server connections of each pool of PgBouncer. */
export const pgbouncerPools = defineSource({
  topic: 'pgbouncer-pools',
  rows: (rows) => rows.slice(0, mostPools),
  labels: ['database', 'user'],
  from: 'pgbouncer_exporter',
  figures: {
    pgbouncer_pools_client_active_connections: now(
      'Clients that are linked to a server connection, or idle with nothing to do.',
      (row) => row.cl_active,
    ),
    pgbouncer_pools_client_waiting_connections: now(
      'Clients that wait for a server connection.',
      (row) => row.cl_waiting,
    ),
    pgbouncer_pools_client_maxwait_seconds: now(
      'How long the first client in the queue has waited.',
      (row) => row.maxwait_seconds,
    ),
    pgbouncer_pools_server_active_connections: now(
      'Server connections that are linked to a client.',
      (row) => row.sv_active,
    ),
    pgbouncer_pools_server_idle_connections: now('Server connections that can be used at once.', (row) => row.sv_idle),
    pgbouncer_pools_server_used_connections: now(
      'Server connections that are checked before they are used again.',
      (row) => row.sv_used,
    ),
    pgbouncer_pools_server_testing_connections: now(
      'Server connections that are checked or reset now.',
      (row) => row.sv_tested,
    ),
    pgbouncer_pools_server_login_connections: now('Server connections that are signing in.', (row) => row.sv_login),
  },
});

/** How many server connections each pool of PgBouncer may have. */
export const pgbouncerSizes = defineSource({
  topic: 'pgbouncer-pools',
  rows: (rows) => rows.slice(0, mostPools),
  labels: ['database', 'user'],
  figures: {
    pgdeck_pgbouncer_pool_size: now('Most server connections of the pool.', (row) => row.pool_size),
  },
});

/** What PgBouncer has counted for each database since it was started. */
export const pgbouncerStats = defineSource({
  topic: 'pgbouncer-stats',
  rows: (rows) => rows.slice(0, mostPools),
  labels: ['database'],
  from: 'pgbouncer_exporter',
  figures: {
    pgbouncer_stats_totals_queries_pooled_total: counter('Statements.', (row) => row.total_query_count),
    pgbouncer_stats_totals_sql_transactions_pooled_total: counter('Transactions.', (row) => row.total_xact_count),
    pgbouncer_stats_totals_received_bytes_total: counter(
      'Bytes that came from clients.',
      (row) => row.total_received_bytes,
    ),
    pgbouncer_stats_totals_sent_bytes_total: counter('Bytes that were sent to clients.', (row) => row.total_sent_bytes),
    pgbouncer_stats_totals_queries_duration_seconds_total: counter(
      'Time in which statements ran.',
      (row) => row.total_query_time_seconds,
    ),
    pgbouncer_stats_totals_server_in_transaction_seconds_total: counter(
      'Time in transactions, idle ones with it.',
      (row) => row.total_xact_time_seconds,
    ),
    pgbouncer_stats_totals_client_wait_seconds_total: counter(
      'Time that clients have waited for a server connection.',
      (row) => row.total_wait_time_seconds,
    ),
  },
});
