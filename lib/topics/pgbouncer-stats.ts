import { z } from 'zod';
import { count, maybeBytes, maybeCount, maybeSeconds, maybeText, text } from './column';
import { datnameMeaning, figure, homeNames, real, secondsOf } from './console';
import { defineTopic } from './topic';
import { totalRate } from './total-rate';

/** What PgBouncer has counted for each database since it was started. */
export const pgbouncerStats = defineTopic({
  id: 'pgbouncer-stats',
  title: "PgBouncer's traffic",
  summary: 'Transactions, statements, bytes and waits of each database of PgBouncer since its start, with rates.',
  scope: 'server',
  cadenceSeconds: 10,
  requires: [],
  sources: ['SHOW STATS', 'SHOW DATABASES'],
  always: true,
  console: {
    show: [{ command: 'STATS' }, { command: 'DATABASES' }],
    rows(shown, isHome) {
      const names = homeNames(shown, isHome);
      return real(shown.STATS).map((row) => ({
        database: row.database,
        datname: names.get(row.database) ?? null,
        total_xact_count: figure(row, 'total_xact_count'),
        total_query_count: figure(row, 'total_query_count'),
        total_server_assignment_count: figure(row, 'total_server_assignment_count'),
        total_received_bytes: figure(row, 'total_received'),
        total_sent_bytes: figure(row, 'total_sent'),
        total_xact_time_seconds: secondsOf(row, 'total_xact_time'),
        total_query_time_seconds: secondsOf(row, 'total_query_time'),
        total_wait_time_seconds: secondsOf(row, 'total_wait_time'),
        total_client_parse_count: figure(row, 'total_client_parse_count'),
        total_server_parse_count: figure(row, 'total_server_parse_count'),
        total_bind_count: figure(row, 'total_bind_count'),
        avg_xact_time_seconds: secondsOf(row, 'avg_xact_time'),
        avg_query_time_seconds: secondsOf(row, 'avg_query_time'),
        avg_wait_time_seconds: secondsOf(row, 'avg_wait_time'),
      }));
    },
  },
  row: z.object({
    database: text('The database as clients of PgBouncer name it.'),
    datname: maybeText(datnameMeaning),
    total_xact_count: count('Transactions since PgBouncer was started.'),
    total_query_count: count('Statements since PgBouncer was started.'),
    total_server_assignment_count: maybeCount('How often a client was given a server connection (from 1.23 on).'),
    total_received_bytes: maybeBytes('Bytes that came from clients.'),
    total_sent_bytes: maybeBytes('Bytes that were sent to clients.'),
    total_xact_time_seconds: maybeSeconds('Time in transactions, idle ones with it.'),
    total_query_time_seconds: maybeSeconds('Time in which statements ran.'),
    total_wait_time_seconds: maybeSeconds('Time that clients have waited for a server connection.'),
    total_client_parse_count: maybeCount('Statements prepared by clients (from 1.24 on).'),
    total_server_parse_count: maybeCount('Statements prepared on the server (from 1.24 on).'),
    total_bind_count: maybeCount('Prepared statements bound for running (from 1.24 on).'),
    avg_xact_time_seconds: maybeSeconds("Mean time of a transaction in PgBouncer's last stats_period."),
    avg_query_time_seconds: maybeSeconds("Mean time of a statement in PgBouncer's last stats_period."),
    avg_wait_time_seconds: maybeSeconds("Mean wait for a server connection in PgBouncer's last stats_period."),
  }),
  key: ['database'],
  databaseColumn: 'datname',
  counters: [
    'total_xact_count',
    'total_query_count',
    'total_server_assignment_count',
    'total_received_bytes',
    'total_sent_bytes',
    'total_xact_time_seconds',
    'total_query_time_seconds',
    'total_wait_time_seconds',
    'total_client_parse_count',
    'total_server_parse_count',
    'total_bind_count',
  ],
  series: [
    {
      id: 'pgbouncer-traffic',
      title: 'Transactions and statements through PgBouncer',
      unit: '/s',
      columns: ['transactions', 'statements'],
      aggregate: 'average',
      point: (rows) => [
        totalRate(rows, 'total_xact_count_per_second'),
        totalRate(rows, 'total_query_count_per_second'),
      ],
    },
  ],
});
