import { describe, expect, it } from 'vitest';
import type { Maxima } from '@/lib/maxima';
import type { Slots } from './slots';
import { type Pool, pageSentence, poolsChartSentence, poolsSentence, poolWaitsSentence } from './summary';

function pool(change: Partial<Pool> = {}): Pool {
  return {
    pool: 'sampling',
    state: 'ok',
    word: 'Healthy',
    warning: null,
    advice: null,
    minimum: 1,
    size: 3,
    in_use: 0,
    idle: 2,
    overflow: 1,
    waiting: 0,
    wait_ms_p50: 0.1,
    wait_ms_p95: 0.4,
    wait_ms_p99: 2,
    waits_total: 0,
    opened_total: 2,
    timeouts_total: 0,
    wait_timeouts_total: 0,
    failed_connections_total: 0,
    errors_total: 0,
    recycled_total: 0,
    pings_failed_total: 0,
    opened_total_per_second: 0,
    timeouts_total_per_second: 0,
    errors_total_per_second: 0,
    recycled_total_per_second: null,
    ...change,
  };
}

const rows = [
  pool({ in_use: 1 }),
  pool({ pool: 'signals', size: 1, idle: 0 }),
  pool({ pool: 'maintenance', size: 2, idle: 0 }),
];

describe('pools', () => {
  it('are told in a sentence', () => {
    expect(poolsSentence(rows)).toBe(
      'pgdeck keeps 3 of at most 6 connections to this server: 1 in use, 2 free. Nothing waits.',
    );
    expect(poolsSentence([pool({ in_use: 3, idle: 0, waiting: 1 })])).toContain('1 question waits for one.');
  });

  it('tell their chart', () => {
    expect(poolsChartSentence([])).toContain('Nothing is known yet');
    expect(
      poolsChartSentence([
        [10, 1, 1, 0],
        [20, null, null, null],
        [30, 0, 1, 0],
      ]),
    ).toBe('1 connection now, highest 2; nothing waited.');
    expect(
      poolsChartSentence([
        [10, 3, 0, 1],
        [20, 1, 1, 0],
      ]),
    ).toContain('something waited in 1 of 2 moments');
  });

  it('tell how long was waited', () => {
    const series = { columns: ['p50', 'p95', 'p99'], step: 10, points: [] as (number | null)[][] };
    expect(poolWaitsSentence(series as never)).toContain('No question waited');
    series.points = [
      [10, 1, 40, 60],
      [20, 1, 12, 20],
    ];
    expect(poolWaitsSentence(series as never).replaceAll('\u00a0', ' ')).toBe(
      '95 of 100 waited up to 12.0 ms at last; up to 40.0 ms at most.',
    );
  });
});

describe('the page', () => {
  const slots = { used: 31, ceiling: 97 } as Slots;
  const maxima: Maxima = {
    ...{ most: 140, ceiling: 97, beyond: 43, configured: true },
    ...{ unknown: [], unlimited: [], limited: [] },
  };
  const plain = (given: Parameters<typeof pageSentence>[1]) => pageSentence(slots, given).replaceAll('\u00a0', ' ');

  it('says in sentences what holds and what is near its limit', () => {
    expect(plain({ maxima, waiting: { clients: 44, longestSeconds: 3.2 }, part: false })).toBe(
      '31 of 97 connections are used (32 %). All pools together may open 140: 43 more than the server takes. In PgBouncer 44 clients wait, the first for 3.2 s.',
    );
    for (const notKnown of [{ unknown: [{ name: 'psql' }] }, { unlimited: [{ name: 'shop' }] }]) {
      const fits = { ...maxima, most: 20, beyond: 0, ...notKnown } as Maxima;
      expect(plain({ maxima: fits, waiting: { clients: 0, longestSeconds: 0 }, part: false })).toBe(
        '31 of 97 connections are used (32 %). All pools together may open 20, as far as is known: the server takes that.',
      );
    }
    expect(plain({ maxima: undefined, waiting: undefined, part: true })).toBe(
      '31 connections of the databases that you may see.',
    );
  });
});
