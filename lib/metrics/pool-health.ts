import type { PoolRow } from '@/lib/postgres/pool-counts';
import type { JudgedPool } from '@/lib/postgres/pool-verdict';

/** How a server's pools are, with what is wrong and what to do about it. */
export type PoolHealth = {
  status: 'ok' | 'warning' | 'critical';
  pools: PoolRow[];
  warnings: string[];
  recommendations: string[];
};

/** Sums up how a server's pools are: as the worst of them, each recommendation once. */
export function poolHealth(judged: JudgedPool[]): PoolHealth {
  const verdicts = judged.map(({ verdict }) => verdict);
  const warnings = judged.flatMap(({ pool, verdict }) => [
    verdict.cause ?? [],
    verdict.warnings.map((warning) => `Pool ${pool.pool}: ${warning}`),
  ]);
  const worst = (['critical', 'warning'] as const).find((state) => verdicts.some((verdict) => verdict.state === state));
  return {
    status: worst ?? 'ok',
    pools: judged.map(({ pool }) => pool),
    warnings: warnings.flat(),
    recommendations: [...new Set(verdicts.flatMap(({ recommendations }) => recommendations))],
  };
}
