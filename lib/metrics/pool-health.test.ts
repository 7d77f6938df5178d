import { expect, it } from 'vitest';
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
  waits_total: 0,
  opened_total: 3,
  timeouts_total: 0,
  wait_timeouts_total: 0,
  failed_connections_total: 0,
  errors_total: 0,
  recycled_total: 0,
  pings_failed_total: 0,
};

it('says nothing about pools that are well', () => {
  expect(poolHealth([pool, { ...pool, pool: 'signals', size: 1, idle: 0 }], undefined)).toMatchObject({
    status: 'ok',
    warnings: [],
    recommendations: [],
  });
});

it('warns of waiters and timeouts, each with what to do', () => {
  const { status, warnings, recommendations } = poolHealth(
    [{ ...pool, in_use: 3, idle: 0, waiting: 4, timeouts_total: 9 }],
    undefined,
  );
  expect(status).toBe('warning');
  expect(warnings).toEqual([
    'Pool sampling: all 3 connections are in use and 4 wait.',
    'Pool sampling: 9 questions took longer than their limit since the start.',
  ]);
  expect(recommendations).toHaveLength(2);
});

it('is critical while the server is not reached, with the cause and never the host', () => {
  const problem = { reason: 'unreachable' as const, sentence: 'Nothing listens.', hint: 'Is it running?' };
  const health = poolHealth([{ ...pool, idle: 0 }], problem);
  expect(health.status).toBe('critical');
  expect(health.warnings[0]).toBe('Nothing listens.');
  expect(health.recommendations[0]).toBe('Is it running?');
});
