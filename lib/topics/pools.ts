import { z } from 'zod';
import { count, maybeMilliseconds, maybeText, text } from './column';
import { defineTopic } from './topic';

const waited = 'Wait for a connection in the last 5 minutes, but for the very first one, at most,';

/** The connections that pgdeck itself keeps to the watched server: figures of its own, no question to the server. */
export const pools = defineTopic({
  id: 'pools',
  title: 'Pools',
  summary: "pgdeck's own connections to this server: how many, in use, idle, and how long one is waited for.",
  scope: 'server',
  cadenceSeconds: 5,
  requires: [],
  sources: ['pgdeck'],
  always: true,
  figures: 'pools',
  row: z.object({
    pool: text(
      'What the connections are for. sampling: the questions behind the pages; signals: previews, cancels and terminates; maintenance: long actions.',
    ),
    state: z
      .enum(['ok', 'warning', 'critical'])
      .meta({ meaning: 'How the pool is: ok, warning or critical.', unit: null }),
    word: text('The same in a word or two: Healthy, Closed, Waiting, Full and others.'),
    warning: maybeText('What is wrong, in sentences; null: nothing.'),
    advice: maybeText('What to do about it, in sentences; null: nothing.'),
    minimum: count('Connections that are kept open, also while nothing is asked.'),
    size: count('Most connections it may have.'),
    in_use: count('Connections that carry a statement now.'),
    idle: count('Connections that are open and free.'),
    overflow: count('Connections that are open beyond the minimum.'),
    waiting: count('Statements that wait for a connection.'),
    wait_ms_p50: maybeMilliseconds(`${waited} for half of them.`),
    wait_ms_p95: maybeMilliseconds(`${waited} for 95 of 100.`),
    wait_ms_p99: maybeMilliseconds(`${waited} for 99 of 100.`),
    waits_total: count('Times that no connection was free at once.'),
    opened_total: count('Connections opened since pgdeck started.'),
    timeouts_total: count('Statements that were cancelled because they took too long.'),
    wait_timeouts_total: count('Statements that got no connection in PGDECK_POOL_TIMEOUT.'),
    failed_connections_total: count('Attempts to connect that failed.'),
    errors_total: count('Statements and connection attempts that failed.'),
    recycled_total: count('Connections renewed because of their age.'),
    pings_failed_total: count('Connections that were found dead before they were used, and replaced.'),
  }),
  key: ['pool'],
  counters: [
    'waits_total',
    'opened_total',
    'timeouts_total',
    'wait_timeouts_total',
    'failed_connections_total',
    'errors_total',
    'recycled_total',
    'pings_failed_total',
  ],
  series: [
    {
      id: 'pools',
      title: "pgdeck's own connections",
      unit: 'connections',
      columns: ['in_use', 'idle', 'waiting'],
      aggregate: 'maximum',
      point: (rows) => [
        rows.reduce((sum, row) => sum + row.in_use, 0),
        rows.reduce((sum, row) => sum + row.idle, 0),
        rows.reduce((sum, row) => sum + row.waiting, 0),
      ],
    },
    {
      id: 'pool-waits',
      title: 'Waits for a connection',
      unit: 'ms',
      columns: ['p50', 'p95', 'p99'],
      aggregate: 'maximum',
      point: (rows) => {
        const sampling = rows.find((row) => row.pool === 'sampling');
        return sampling ? [sampling.wait_ms_p50, sampling.wait_ms_p95, sampling.wait_ms_p99] : null;
      },
    },
  ],
});
