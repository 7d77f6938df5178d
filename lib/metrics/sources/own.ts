import type { Row } from '@/lib/topics/index';
import { defineSource, type Figure } from '../source';

type Pool = Row<'pools'>;

const now = (help: string, value: (row: Pool) => number): Figure<Pool> => ({ type: 'gauge', help, value });
const counter = (help: string, value: (row: Pool) => number): Figure<Pool> => ({ type: 'counter', help, value });
const seconds = (ms: number | null) => (ms === null ? null : ms / 1000);

/** pgdeck's own connections to the server. */
export const ownPools = defineSource({
  topic: 'pools',
  whole: true,
  rows: (rows) => rows,
  labels: ['pool'],
  figures: {
    pgdeck_pool_size: now('Most connections that the pool may have.', (row) => row.size),
    pgdeck_pool_in_use: now('Connections that carry a statement now.', (row) => row.in_use),
    pgdeck_pool_idle: now('Connections that are open and free.', (row) => row.idle),
    pgdeck_pool_overflow: now('Connections open beyond the minimum.', (row) => row.overflow),
    pgdeck_pool_waiting: now('Statements that wait for a connection.', (row) => row.waiting),
    pgdeck_pool_waits_total: counter('Times that no connection was free at once.', (row) => row.waits_total),
    pgdeck_pool_opened_total: counter('Connections opened.', (row) => row.opened_total),
    pgdeck_pool_recycled_total: counter('Connections renewed.', (row) => row.recycled_total),
    pgdeck_pool_timeouts_total: counter('Statements that took longer than their limit.', (row) => row.timeouts_total),
    pgdeck_pool_wait_timeouts_total: counter(
      'Statements that got no connection in PGDECK_POOL_TIMEOUT.',
      (row) => row.wait_timeouts_total,
    ),
    pgdeck_pool_failed_connections_total: counter(
      'Connections that could not be opened.',
      (row) => row.failed_connections_total,
    ),
    pgdeck_pool_errors_total: counter('Statements and attempts to connect that failed.', (row) => row.errors_total),
  },
});

/** How long statements waited for one of pgdeck's connections, of the last five minutes. */
export const ownPoolWaits = defineSource({
  topic: 'pools',
  whole: true,
  rows: (rows) =>
    rows.flatMap((row) => [
      { pool: row.pool, percentile: '50', wait: seconds(row.wait_ms_p50) },
      { pool: row.pool, percentile: '95', wait: seconds(row.wait_ms_p95) },
      { pool: row.pool, percentile: '99', wait: seconds(row.wait_ms_p99) },
    ]),
  labels: ['pool', 'percentile'],
  figures: {
    pgdeck_pool_wait_seconds: {
      type: 'gauge',
      help: 'Time that statements waited for a connection in the last five minutes, by percentile; missing: none asked for one.',
      value: ({ wait }) => wait,
    },
  },
});

/** What pgdeck's statements took on the server, as pgdeck measures it. */
export const ownCost = defineSource({
  topic: 'own-cost',
  whole: true,
  rows: (rows) => [{ ms: rows.reduce((sum, row) => sum + row.server_ms, 0) }],
  labels: [],
  figures: {
    pgdeck_observer_seconds_total: {
      type: 'counter',
      help: "Time that pgdeck's own statements took on the server: until the answer, less what the quickest of all took.",
      value: ({ ms }) => ms / 1000,
    },
  },
});

/** The part of the server's statement time that is pgdeck's, as the server counts it. */
export const ownShare = defineSource({
  topic: 'statement-counters',
  whole: true,
  rows: (rows) => {
    const known = rows.flatMap((row) => {
      const rate = row.total_exec_time_per_second;
      return typeof rate === 'number' ? [{ own: row.own, rate }] : [];
    });
    const sum = (those: typeof known) => those.reduce((total, { rate }) => total + rate, 0);
    const all = sum(known);
    return all > 0 ? [{ share: sum(known.filter(({ own }) => own)) / all }] : [];
  },
  labels: [],
  figures: {
    pgdeck_observer_share_ratio: {
      type: 'gauge',
      help: "Share of pgdeck's own statements in all statement time between the last two samples, as the server counts it.",
      value: ({ share }) => share,
    },
  },
});
