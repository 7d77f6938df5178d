import { expect, it } from 'vitest';
import type { PoolRow } from '@/lib/postgres/pool-counts';
import type { JudgedPool } from '@/lib/postgres/pool-verdict';
import { poolHealth } from './pool-health';

const judged = (pool: string, state: PoolRow['state'], ...told: string[]): JudgedPool => ({
  pool: { pool } as PoolRow,
  verdict: { state, word: '', warnings: told.map((text) => `${pool}: ${text}`), recommendations: told },
});

it('is as the worst pool is, with what each says and each recommendation once', () => {
  expect(poolHealth([judged('sampling', 'ok'), judged('signals', 'ok')])).toMatchObject({
    status: 'ok',
    warnings: [],
    recommendations: [],
  });
  expect(poolHealth([judged('sampling', 'warning', 'late', 'full'), judged('signals', 'warning', 'late')])).toEqual({
    status: 'warning',
    pools: [{ pool: 'sampling' }, { pool: 'signals' }],
    warnings: ['sampling: late', 'sampling: full', 'signals: late'],
    recommendations: ['late', 'full'],
  });
  expect(poolHealth([judged('sampling', 'critical', 'away'), judged('signals', 'warning')]).status).toBe('critical');
});
