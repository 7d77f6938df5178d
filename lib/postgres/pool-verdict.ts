import type { Problem } from './errors';
import { fullFrom } from './places';
import type { PoolFigures, PoolRow, PoolTrouble } from './pool-counts';

/** How one of pgdeck's own pools is: in a word, with what is wrong and what to do about it in sentences. */
export type PoolVerdict = {
  state: 'ok' | 'warning' | 'critical';
  word: string;
  /** Why the server is not reached. */
  cause?: string;
  warnings: string[];
  recommendations: string[];
};

/** What went wrong lately, and what lasts. */
export type Lately = PoolTrouble & {
  /** Connections that are older than they should be, because no other could be opened. */
  overdue: number;
  /** For how long four fifths of the connections have been in use, without a break. */
  fullMs: number;
};

type Rule = {
  word: string;
  when: (pool: PoolFigures, lately: Lately) => boolean;
  warning: (pool: PoolFigures, lately: Lately) => string;
  recommendation: string;
};

/** A pool that is full for a moment is one of the right size. */
const fullForMs = 10_000;
/** A wait, in ms, that makes a page late. */
const longWaitMs = 500;
/** Fewer are an accident that is over. */
const several = 3;

const times = (number: number, one: string, more: string) => `${number} ${number === 1 ? one : more}`;
const inUse = ({ in_use, size }: PoolFigures) =>
  `${in_use} of ${size} ${size === 1 ? 'connection is' : 'connections are'} in use`;
const slow = 'Find the slow questions first: the server is busy, or a catalog is locked. Then see PGDECK_POOL_MAX.';

const connecting =
  'pgdeck is connecting. Once a connection is open it is kept, so that questions are answered also while the server has no free slot.';

/** The first that applies gives the word. */
const rules: Rule[] = [
  {
    word: 'Waited in vain',
    when: (_, { waitTimeouts }) => waitTimeouts > 0,
    warning: (_, { waitTimeouts }) =>
      `${times(waitTimeouts, 'statement', 'statements')} got no connection in time in the last minute.`,
    recommendation:
      'Locks and Load tell what holds the server up. PGDECK_POOL_MAX allows more connections, PGDECK_POOL_TIMEOUT a longer wait.',
  },
  {
    word: 'Not opened',
    when: (_, { failedConnections, refusals }) => failedConnections > 0 || refusals >= several,
    warning: (_, { failedConnections, refusals }) =>
      failedConnections > 0
        ? `${times(failedConnections, 'attempt', 'attempts')} to connect failed in the last 5 minutes, and none has succeeded since.`
        : `Connecting failed again and again in the last 5 minutes: ${refusals} times, each mended by itself.`,
    recommendation:
      "Free connection slots, the limit of pgdeck's role and pg_hba.conf are the usual causes; the server's log tells which.",
  },
  {
    word: 'Waiting',
    when: (pool) => pool.pool !== 'maintenance' && pool.waiting > 0 && pool.in_use >= fullFrom * pool.size,
    warning: (pool) => `${times(pool.waiting, 'statement waits', 'statements wait')} for a connection, ${inUse(pool)}.`,
    recommendation: slow,
  },
  {
    word: 'Full',
    when: (pool) => pool.pool === 'maintenance' && pool.size > 0 && pool.in_use >= pool.size,
    warning: (pool) => `All ${pool.size} connections for long actions are in use; the next one is refused.`,
    recommendation: 'Wait for one to end or cancel it; PGDECK_MAINTENANCE_MAX allows more.',
  },
  {
    word: 'Full',
    when: (pool, { fullMs }) => pool.pool === 'sampling' && fullMs >= fullForMs,
    warning: (pool, { fullMs }) => `${inUse(pool)}; four fifths or more have been for ${Math.round(fullMs / 1000)} s.`,
    recommendation: 'Look first at which questions take long; PGDECK_POOL_MAX allows more connections for questions.',
  },
  {
    word: 'Late',
    when: (pool, { waitMs }) => pool.pool !== 'maintenance' && (waitMs ?? 0) >= longWaitMs,
    warning: (_, { waitMs }) =>
      `5 of 100 statements waited ${Math.round(waitMs ?? 0)} ms or longer for a connection in the last minute.`,
    recommendation: slow,
  },
  {
    word: 'Not renewed',
    when: (_, { overdue }) => overdue > 0,
    warning: (_, { overdue }) =>
      `${times(overdue, 'connection is', 'connections are')} older than PGDECK_POOL_RECYCLE and could not be renewed.`,
    recommendation: 'A renewal needs one connection more for a moment: see free slots and the limit of the role.',
  },
  {
    word: 'Found dead',
    when: (_, { pingsFailed }) => pingsFailed >= several,
    warning: (_, { pingsFailed }) =>
      `${pingsFailed} connections were found dead before use in the last 5 minutes, and replaced.`,
    recommendation:
      'Something between pgdeck and the server ends idle connections without a word: a load balancer, a pooler or a firewall.',
  },
  {
    word: 'Timeouts',
    when: (_, { timeouts }) => timeouts >= several,
    warning: (_, { timeouts }) => `${timeouts} statements took longer than their limit in the last minute.`,
    recommendation: 'See Locks for what held them up, and Statements for what loads the server.',
  },
  {
    word: 'Errors',
    when: (_, { errors }) => errors >= several,
    warning: (_, { errors }) => `${errors} statements failed in the last minute.`,
    recommendation: "See pgdeck's log and the server's log for their SQLSTATE.",
  },
];

/**
 * Judges one of pgdeck's own pools, for the page, the check `own-pools` and `/api/health/db` alike; pure. `problem`: why
 * the server cannot be reached.
 */
export function judgePool(pool: PoolFigures, lately: Lately, problem: Problem | undefined): PoolVerdict {
  const open = pool.in_use + pool.idle;
  // What follows from a server that is not reached is no trouble of its own, and its advice is none.
  const found = problem ? [] : rules.filter(({ when }) => when(pool, lately));
  const warnings = found.map(({ warning }) => warning(pool, lately));
  const recommendations = [...new Set(found.map(({ recommendation }) => recommendation))];
  if (pool.pool === 'sampling' && (problem || open === 0))
    return {
      // Without a failure it is only the start.
      state: problem ? 'critical' : 'warning',
      word: problem ? 'Not connected' : 'Connecting',
      ...(problem && { cause: problem.sentence }),
      warnings: problem ? [] : ['No connection for questions is open.', ...warnings],
      recommendations: [problem?.hint ?? connecting, ...recommendations],
    };
  if (found[0]) return { state: 'warning', word: found[0].word, warnings, recommendations };
  return { state: 'ok', word: open === 0 ? 'Closed' : 'Healthy', warnings, recommendations };
}

/** A pool as the topic `pools` shows it, with what is concluded from it. */
export type JudgedPool = { pool: PoolRow; verdict: PoolVerdict };

/** A pool's figures as a row of topic `pools`, beside its verdict. */
export function judged(figures: PoolFigures, lately: Lately, problem: Problem | undefined): JudgedPool {
  const verdict = judgePool(figures, lately, problem);
  const { state, word, cause, warnings, recommendations } = verdict;
  const warning = [cause ?? [], warnings].flat().join(' ') || null;
  const advice = recommendations.join(' ') || null;
  return { verdict, pool: { ...figures, state, word, warning, advice } };
}
