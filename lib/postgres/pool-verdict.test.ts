import { afterEach, expect, it, test, vi } from 'vitest';
import type { PoolFigures } from './pool-counts';
import { PoolCounts } from './pool-counts';
import { judged, judgePool, type Lately } from './pool-verdict';

const pool: PoolFigures = {
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
const quiet: Lately = {
  timeouts: 0,
  waitTimeouts: 0,
  failedConnections: 0,
  refusals: 0,
  errors: 0,
  waitMs: null,
  pingsFailed: 0,
  overdue: 0,
  fullMs: 0,
};
const signals = { ...pool, pool: 'signals', size: 1, in_use: 1, idle: 0 };
const maintenance = { ...pool, pool: 'maintenance', size: 2, in_use: 1, idle: 0 };

afterEach(() => {
  vi.useRealTimers();
});

it('says nothing about pools that are well, whatever happened long ago', () => {
  for (const well of [pool, { ...pool, size: 1, in_use: 1 }, { ...pool, in_use: 3, idle: 0 }, signals, maintenance])
    expect(judgePool(well, quiet, undefined)).toEqual({
      state: 'ok',
      word: 'Healthy',
      warnings: [],
      recommendations: [],
    });
  expect(judgePool({ ...maintenance, in_use: 0 }, quiet, undefined)).toMatchObject({ state: 'ok', word: 'Closed' });
});

test.each([
  [
    { in_use: 3, idle: 0, waiting: 4 },
    {},
    'Waiting',
    '4 statements wait for a connection, 3 of 3 connections are in use.',
  ],
  [{ ...signals, waiting: 1 }, {}, 'Waiting', '1 statement waits for a connection, 1 of 1 connection is in use.'],
  [
    { in_use: 3, idle: 0 },
    { fullMs: 12_400 },
    'Full',
    '3 of 3 connections are in use; four fifths or more have been for 12 s.',
  ],
  [
    { ...maintenance, in_use: 2 },
    {},
    'Full',
    'All 2 connections for long actions are in use; the next one is refused.',
  ],
  [{}, { waitMs: 700.4 }, 'Late', '5 of 100 statements waited 700 ms or longer for a connection in the last minute.'],
  [{}, { waitTimeouts: 2 }, 'Waited in vain', '2 statements got no connection in time in the last minute.'],
  [
    {},
    { failedConnections: 1, refusals: 1 },
    'Not opened',
    '1 attempt to connect failed in the last 5 minutes, and none has succeeded since.',
  ],
  [
    {},
    { refusals: 4 },
    'Not opened',
    'Connecting failed again and again in the last 5 minutes: 4 times, each mended by itself.',
  ],
  [
    {},
    { pingsFailed: 3 },
    'Found dead',
    '3 connections were found dead before use in the last 5 minutes, and replaced.',
  ],
  [{}, { overdue: 1 }, 'Not renewed', '1 connection is older than PGDECK_POOL_RECYCLE and could not be renewed.'],
  [{}, { timeouts: 9 }, 'Timeouts', '9 statements took longer than their limit in the last minute.'],
  [{}, { errors: 3 }, 'Errors', '3 statements failed in the last minute.'],
])('warns of what is wrong, with what to do: %j %j', (figures, lately, word, warning) => {
  const row = { ...pool, ...figures };
  const verdict = judgePool(row, { ...quiet, ...lately }, undefined);
  expect(verdict).toMatchObject({ state: 'warning', word, warnings: [warning] });
  expect(verdict.recommendations).toHaveLength(1);
  // The page, the check and /api/health/db read the same.
  expect(judged(row, { ...quiet, ...lately }, undefined).pool).toMatchObject({
    state: 'warning',
    word,
    warning,
    advice: verdict.recommendations[0],
  });
});

test.each([{ refusals: 2 }, { pingsFailed: 2 }, { timeouts: 2 }, { errors: 2 }, { fullMs: 9_000 }])(
  'what happened once or twice and is over is no warning: %j',
  (lately) => {
    expect(judgePool(pool, { ...quiet, ...lately }, undefined).state).toBe('ok');
  },
);

it('is critical while the server is not reached, with the cause and never the host', () => {
  const problem = { reason: 'unreachable' as const, sentence: 'Nothing listens.', hint: 'Is it running?' };
  const lately = { ...quiet, failedConnections: 7, pingsFailed: 4, waitTimeouts: 2 };
  // What follows from it is not told beside it, and the advice is that of the cause alone.
  expect(judgePool({ ...pool, idle: 0 }, lately, problem)).toEqual({
    state: 'critical',
    word: 'Not connected',
    cause: 'Nothing listens.',
    warnings: [],
    recommendations: ['Is it running?'],
  });
  expect(judged({ ...pool, idle: 0 }, lately, problem).pool.warning).toBe('Nothing listens.');
  expect(judgePool({ ...signals, in_use: 0 }, lately, problem)).toMatchObject({ word: 'Closed', warnings: [] });
});

it('is only connecting at the start, before anything failed', () => {
  const verdict = judgePool({ ...pool, idle: 0 }, quiet, undefined);
  expect(verdict).toMatchObject({ state: 'warning', word: 'Connecting' });
  expect(verdict.recommendations[0]).toMatch(/^pgdeck is connecting/);
});

test('an attempt that failed is a warning until one succeeds, and no longer', () => {
  const counts = new PoolCounts();
  const word = () => judgePool(pool, { ...counts.trouble('sampling'), overdue: 0, fullMs: 0 }, undefined).word;
  const happens = (...events: ('failedConnections' | 'opened')[]) => {
    for (const event of events) counts.add('sampling', event);
  };
  expect(word()).toBe('Healthy');
  happens('failedConnections');
  expect(word()).toBe('Not opened');
  happens('opened');
  expect(word()).toBe('Healthy');
  // An outage is one failure, however often was tried; again and again is another matter.
  happens(...Array.from({ length: 9 }, () => 'failedConnections' as const), 'opened');
  expect(word()).toBe('Healthy');
  happens('failedConnections', 'opened');
  expect(word()).toBe('Not opened');
});

test('what nobody is to blame for is counted, and no trouble', () => {
  const counts = new PoolCounts();
  counts.add('sampling', 'errors', false);
  counts.add('sampling', 'errors');
  expect(counts.trouble('sampling').errors).toBe(1);
});

test('waits of a busy start are no trouble, later ones are for a minute', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const counts = new PoolCounts();
  const word = () => judgePool(pool, { ...counts.trouble('sampling'), overdue: 0, fullMs: 0 }, undefined).word;
  counts.add('sampling', 'opened');
  counts.waited('sampling', 900);
  expect(word()).toBe('Healthy');
  vi.advanceTimersByTime(60_000);
  expect(word()).toBe('Healthy');
  counts.waited('sampling', 900);
  expect(word()).toBe('Late');
  vi.advanceTimersByTime(60_000);
  expect(word()).toBe('Healthy');
});
