import type { Problem } from '@/lib/postgres/errors';
import type { PoolFigures } from '@/lib/postgres/pool-counts';
import type { ServerConnections } from '@/lib/postgres/server-connections';

/** How a server's pools are, with what is wrong and what to do about it. */
export type PoolHealth = {
  status: 'ok' | 'warning' | 'critical';
  pools: PoolFigures[];
  warnings: string[];
  recommendations: string[];
};

/** What went wrong in a pool lately. */
type Trouble = ReturnType<ServerConnections['trouble']>;

type Rule = {
  when: (pool: PoolFigures, lately: Trouble) => boolean;
  warning: (pool: PoolFigures, lately: Trouble) => string;
  recommendation: string;
};

/** From this share of its connections on a pool counts as full. */
const fullFrom = 0.8;
/** A wait, in ms, that makes a page late. */
const longWaitMs = 500;
const lately = 'in the last 5 minutes';

const times = (number: number, one: string, several: string) => `${number} ${number === 1 ? one : several}`;
const inUse = ({ in_use, size }: PoolFigures) =>
  `${in_use} of ${size} ${size === 1 ? 'connection is' : 'connections are'} in use`;

const rules: Rule[] = [
  {
    when: (pool) => pool.pool === 'sampling' && pool.in_use + pool.idle === 0,
    warning: () => 'No connection for questions is open.',
    recommendation:
      'Check that the server runs and takes connections; one warm connection also answers when slots run out.',
  },
  {
    when: (pool) => pool.pool !== 'maintenance' && pool.waiting > 0,
    warning: (pool) =>
      `Pool ${pool.pool}: ${times(pool.waiting, 'statement waits', 'statements wait')} for a connection, ${inUse(pool)}.`,
    recommendation:
      'Find the slow questions first: the server is busy, or a catalog is locked. Then see PGDECK_POOL_MAX.',
  },
  {
    // Of a single connection it only says that a question is being asked.
    when: (pool) =>
      pool.pool === 'sampling' && pool.size > 1 && pool.waiting === 0 && pool.in_use >= fullFrom * pool.size,
    warning: (pool) => `Pool ${pool.pool}: ${inUse(pool)}.`,
    recommendation: 'PGDECK_POOL_MAX allows more connections for questions; look first at which questions take long.',
  },
  {
    when: (pool) => pool.pool === 'maintenance' && pool.in_use >= pool.size,
    warning: (pool) => `All ${pool.size} sessions for long actions are in use; the next one is refused.`,
    recommendation: 'Wait for one to end or cancel it; PGDECK_MAINTENANCE_MAX allows more.',
  },
  {
    when: (pool) => pool.pool !== 'maintenance' && (pool.wait_ms_p95 ?? 0) >= longWaitMs,
    warning: (pool) =>
      `Pool ${pool.pool}: 5 of 100 statements waited ${Math.round(pool.wait_ms_p95 ?? 0)} ms or longer for a connection ${lately}.`,
    recommendation:
      'Find the slow questions first: the server is busy, or a catalog is locked. Then see PGDECK_POOL_MAX.',
  },
  {
    when: (_, { waitTimeouts }) => waitTimeouts > 0,
    warning: ({ pool }, { waitTimeouts }) =>
      `Pool ${pool}: ${times(waitTimeouts, 'statement', 'statements')} got no connection in time ${lately}.`,
    recommendation: 'PGDECK_POOL_MAX allows more connections, PGDECK_POOL_TIMEOUT a longer wait.',
  },
  {
    when: (_, { failedConnections }) => failedConnections > 0,
    warning: ({ pool }, { failedConnections }) =>
      `Pool ${pool}: ${times(failedConnections, 'attempt', 'attempts')} to connect failed ${lately}.`,
    recommendation:
      "Free connection slots, the limit of pgdeck's role and pg_hba.conf are the usual causes; the server's log tells which.",
  },
  {
    when: (_, { pingsFailed }) => pingsFailed > 0,
    warning: ({ pool }, { pingsFailed }) =>
      `Pool ${pool}: ${times(pingsFailed, 'connection was', 'connections were')} found dead before use ${lately}, and replaced.`,
    recommendation:
      'Something between pgdeck and the server ends idle connections without a word: a firewall, a load balancer or a pooler.',
  },
  {
    when: (_, { overdue }) => overdue > 0,
    warning: ({ pool }, { overdue }) =>
      `Pool ${pool}: ${times(overdue, 'connection is', 'connections are')} older than PGDECK_POOL_RECYCLE and could not be renewed.`,
    recommendation: 'A renewal needs one connection more for a moment: see free slots and the limit of the role.',
  },
  {
    when: (_, { timeouts }) => timeouts > 0,
    warning: ({ pool }, { timeouts }) =>
      `Pool ${pool}: ${times(timeouts, 'statement', 'statements')} took longer than the limit ${lately}.`,
    recommendation: 'See Locks for what held them up, and Statements for what loads the server.',
  },
  {
    // Attempts to connect have a line of their own.
    when: (_, { errors, failedConnections }) => errors - failedConnections > 0,
    warning: ({ pool }, { errors, failedConnections }) =>
      `Pool ${pool}: ${times(errors - failedConnections, 'statement', 'statements')} failed ${lately}.`,
    recommendation: "See pgdeck's log and the server's log for their SQLSTATE.",
  },
];

/** Judges a server's pools by their figures and by what went wrong in each lately; pure. */
export function poolHealth(
  pools: PoolFigures[],
  problem: Problem | undefined,
  trouble: (pool: string) => Trouble,
): PoolHealth {
  const warnings: string[] = problem ? [problem.sentence] : [];
  const recommendations = new Set<string>(problem ? [problem.hint] : []);
  for (const pool of pools) {
    const recent = trouble(pool.pool);
    for (const rule of rules)
      if (rule.when(pool, recent)) {
        warnings.push(rule.warning(pool, recent));
        recommendations.add(rule.recommendation);
      }
  }
  return {
    status: problem ? 'critical' : warnings.length > 0 ? 'warning' : 'ok',
    pools,
    warnings,
    recommendations: [...recommendations],
  };
}
