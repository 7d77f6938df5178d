import { expect, it, test } from 'vitest';
import { poolHealth } from './pool-health';

const pool = {
  pool: 'sampling',
  minimum: 1,
  size: 3,
  in_use: 0,
  idle: 3,
  overflow: 2,
  waiting: 0,
  wait_ms_p50: 0,
  wait_ms_p95: 0.2,
  wait_ms_p99: 3,
  waits_total: 90,
  opened_total: 3,
  timeouts_total: 90,
  wait_timeouts_total: 90,
  failed_connections_total: 90,
  errors_total: 90,
  recycled_total: 90,
  pings_failed_total: 90,
};
const quiet = { timeouts: 0, waitTimeouts: 0, failedConnections: 0, errors: 0, pingsFailed: 0, overdue: 0 };
const calm = () => quiet;

it('says nothing about pools that are well, whatever happened long ago', () => {
  const signals = { ...pool, pool: 'signals', size: 1, in_use: 1, idle: 0 };
  const maintenance = { ...pool, pool: 'maintenance', size: 2, in_use: 1, idle: 0 };
  expect(poolHealth([pool, { ...pool, size: 1, in_use: 1 }, signals, maintenance], undefined, calm)).toMatchObject({
    status: 'ok',
    warnings: [],
    recommendations: [],
  });
});

test.each([
  [{ in_use: 3, idle: 0 }, {}, 'Pool sampling: 3 of 3 connections are in use.'],
  [{ size: 10, in_use: 8, idle: 0 }, {}, 'Pool sampling: 8 of 10 connections are in use.'],
  [
    { in_use: 3, idle: 0, waiting: 4 },
    {},
    'Pool sampling: 4 statements wait for a connection, 3 of 3 connections are in use.',
  ],
  [
    { pool: 'signals', size: 1, in_use: 1, idle: 0, waiting: 1 },
    {},
    'Pool signals: 1 statement waits for a connection, 1 of 1 connection is in use.',
  ],
  [
    { pool: 'maintenance', size: 2, in_use: 2, idle: 0 },
    {},
    'All 2 sessions for long actions are in use; the next one is refused.',
  ],
  [
    { wait_ms_p95: 700.4 },
    {},
    'Pool sampling: 5 of 100 statements waited 700 ms or longer for a connection in the last 5 minutes.',
  ],
  [{}, { waitTimeouts: 2 }, 'Pool sampling: 2 statements got no connection in time in the last 5 minutes.'],
  [{}, { failedConnections: 1, errors: 1 }, 'Pool sampling: 1 attempt to connect failed in the last 5 minutes.'],
  [
    {},
    { pingsFailed: 1 },
    'Pool sampling: 1 connection was found dead before use in the last 5 minutes, and replaced.',
  ],
  [{}, { overdue: 1 }, 'Pool sampling: 1 connection is older than PGDECK_POOL_RECYCLE and could not be renewed.'],
  [{}, { timeouts: 9 }, 'Pool sampling: 9 statements took longer than the limit in the last 5 minutes.'],
  [{}, { errors: 3 }, 'Pool sampling: 3 statements failed in the last 5 minutes.'],
])('warns of what is wrong, with what to do: %j %j', (figures, trouble, warning) => {
  const health = poolHealth([{ ...pool, ...figures }], undefined, () => ({ ...quiet, ...trouble }));
  expect(health.status).toBe('warning');
  expect(health.warnings).toEqual([warning]);
  expect(health.recommendations).toHaveLength(1);
});

it('is critical while the server is not reached, with the cause and never the host', () => {
  const problem = { reason: 'unreachable' as const, sentence: 'Nothing listens.', hint: 'Is it running?' };
  const health = poolHealth([{ ...pool, idle: 0 }], problem, calm);
  expect(health.status).toBe('critical');
  expect(health.warnings).toEqual(['Nothing listens.', 'No connection for questions is open.']);
  expect(health.recommendations[0]).toBe('Is it running?');
});
