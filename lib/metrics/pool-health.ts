import type { Problem } from '@/lib/postgres/errors';
import type { PoolFigures } from '@/lib/postgres/pool-counts';

/** How a server's pools are, with what is wrong and what to do about it. */
export type PoolHealth = {
  status: 'ok' | 'warning' | 'critical';
  pools: PoolFigures[];
  warnings: string[];
  recommendations: string[];
};

const rules: {
  when: (pool: PoolFigures) => boolean;
  warning: (pool: PoolFigures) => string;
  recommendation: string;
}[] = [
  {
    when: (pool) => pool.pool === 'sampling' && pool.in_use + pool.idle === 0,
    warning: () => 'No connection for questions is open.',
    recommendation:
      'Check that the server runs and takes connections; one warm connection also answers when slots run out.',
  },
  {
    when: (pool) => pool.pool !== 'maintenance' && pool.size > 0 && pool.in_use >= pool.size && pool.waiting > 0,
    warning: (pool) => `Pool ${pool.pool}: all ${pool.size} connections are in use and ${pool.waiting} wait.`,
    recommendation:
      'Find the slow questions: the server is busy, or a catalog is locked. More connections would not help.',
  },
  {
    when: (pool) => pool.pool === 'maintenance' && pool.size > 0 && pool.in_use >= pool.size,
    warning: (pool) => `All ${pool.size} sessions for long actions are in use; the next one is refused.`,
    recommendation: 'Wait for one to end or cancel it; PGDECK_MAINTENANCE_MAX allows more.',
  },
  {
    when: (pool) => pool.timeouts_total > 0 && pool.timeouts_total * 100 > pool.opened_total + pool.timeouts_total,
    warning: (pool) =>
      `Pool ${pool.pool}: ${pool.timeouts_total} questions took longer than their limit since the start.`,
    recommendation: 'See Locks for what held them up, and Statements for what loads the server.',
  },
  {
    when: (pool) => pool.errors_total > 10,
    warning: (pool) => `Pool ${pool.pool}: ${pool.errors_total} errors since the start.`,
    recommendation: "See pgdeck's log and the server's log for their SQLSTATE.",
  },
];

/** Judges a server's pools; pure. */
export function poolHealth(pools: PoolFigures[], problem: Problem | undefined): PoolHealth {
  const warnings: string[] = problem ? [problem.sentence] : [];
  const recommendations = new Set<string>(problem ? [problem.hint] : []);
  for (const pool of pools)
    for (const rule of rules)
      if (rule.when(pool)) {
        warnings.push(rule.warning(pool));
        recommendations.add(rule.recommendation);
      }
  return {
    status: problem ? 'critical' : warnings.length > 0 ? 'warning' : 'ok',
    pools,
    warnings,
    recommendations: [...recommendations],
  };
}
