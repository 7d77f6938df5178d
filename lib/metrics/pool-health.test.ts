import { expect, it } from 'vitest';
import type { PoolRow } from '@/lib/postgres/pool-counts';
import type { JudgedPool } from '@/lib/postgres/pool-verdict';
import { poolHealth } from './pool-health';

const judged = (pool: string, state: PoolRow['state'], ...told: string[]): JudgedPool => ({
  pool: { pool } as PoolRow,
  verdict: { state, word: '', warnings: told, recommendations: told },
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
    warnings: ['Pool sampling: late', 'Pool sampling: full', 'Pool signals: late'],
    recommendations: ['late', 'full'],
  });
  const { pool, verdict } = judged('sampling', 'critical', 'closed');
  const lost = { pool, verdict: { ...verdict, cause: 'Nothing listens.' } };
  expect(poolHealth([lost, judged('signals', 'warning')])).toMatchObject({
    status: 'critical',
    warnings: ['Nothing listens.', 'Pool sampling: closed'],
  });
});
