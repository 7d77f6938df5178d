import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { ownPools } from './own-pools';
import { judge, plain } from './test-given';

const pool = (changes: Partial<Row<'pools'>> = {}): Partial<Row<'pools'>> => ({
  pool: 'sampling',
  state: 'ok',
  word: 'Healthy',
  warning: null,
  advice: null,
  size: 3,
  in_use: 1,
  idle: 1,
  waiting: 0,
  wait_ms_p95: null,
  ...changes,
});
const waiting = {
  state: 'warning' as const,
  word: 'Waiting',
  warning: '2 statements wait.',
  advice: 'Find the slow questions first.',
};

describe("pgdeck's own pools", () => {
  test('are fine where they say so', () => {
    const { findings, sentence } = judge(ownPools, { pools: [pool({ in_use: 3, waiting: 1 })] });
    expect(findings).toEqual([]);
    expect(plain(sentence)).toContain('3 of the 3 connections');
  });

  test('are found where they say that something is wrong, with their own words and figures', () => {
    const { findings } = judge(ownPools, { pools: [pool({ ...waiting, in_use: 3, idle: 0, waiting: 2 })] });
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        key: 'sampling',
        detail: '2 statements wait. Find the slow questions first.',
        evidence: [
          { name: 'in use', value: 3, limit: 3 },
          { name: 'waiting', value: 2 },
        ],
      },
    ]);
    expect(plain(findings[0]?.title)).toBe(
      "pgdeck's own pool sampling is in trouble, with 3 of 3 connections in use: waiting.",
    );
  });

  test('a server that is away as a whole is told elsewhere', () => {
    const lost = pool({ ...waiting, state: 'critical', word: 'Not connected', in_use: 0, idle: 0 });
    expect(judge(ownPools, { pools: [lost, pool({ pool: 'signals', in_use: 0, idle: 0 })] }).findings).toEqual([]);
    const { findings } = judge(ownPools, { pools: [lost, pool({ pool: 'signals', in_use: 0, idle: 1 })] });
    expect(findings).toMatchObject([{ severity: 'critical' }]);
  });
});
