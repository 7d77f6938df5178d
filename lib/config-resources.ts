import { ConfigError, type Environment, readAll } from '@/lib/config-early.mjs';
import { readNumber } from '@/lib/config-numbers';

/** pgdeck's own pool for questions: connections kept open and at most, how long one is waited for and used. */
export type PoolSettings = { min: number; max: number; timeoutMs: number; recycleMs: number };

/** How long what is not sampled is kept, by kind; seconds. */
export type Ttls = { lists: number; settings: number; schema: number; definitions: number };

/** Reads `PGDECK_POOL_*`. */
export function readPool(env: Environment): PoolSettings {
  const min = () => readNumber(env, 'PGDECK_POOL_MIN', 1, { from: 1, to: 10, whole: true });
  const max = () => readNumber(env, 'PGDECK_POOL_MAX', 3, { from: 1, to: 10, whole: true });
  const pool = readAll({
    min,
    max,
    timeoutMs: () => readNumber(env, 'PGDECK_POOL_TIMEOUT', 3, { from: 0.1, to: 60 }) * 1000,
    recycleMs: () => readNumber(env, 'PGDECK_POOL_RECYCLE', 3600, { from: 60, to: 604_800 }) * 1000,
    inOrder: () => {
      if (min() > max())
        throw new ConfigError(
          `PGDECK_POOL_MIN (${min()}) is above PGDECK_POOL_MAX (${max()}): fewer are kept open than may be.`,
        );
    },
  });
  return { min: pool.min, max: pool.max, timeoutMs: pool.timeoutMs, recycleMs: pool.recycleMs };
}

/** What holds where nobody said anything else. */
export const defaultPool: PoolSettings = readPool({});

/** Reads `PGDECK_CACHE_*_SECONDS`. */
export function readTtls(env: Environment): Ttls {
  const seconds = (kind: string, otherwise: number) => () =>
    readNumber(env, `PGDECK_CACHE_${kind}_SECONDS`, otherwise, { from: 1, to: 86_400 });
  return readAll({
    lists: seconds('LISTS', 30),
    settings: seconds('SETTINGS', 60),
    schema: seconds('SCHEMA', 120),
    definitions: seconds('DEFINITIONS', 300),
  });
}

/** From which time on a statement of pgdeck's own is logged. */
export function readSlowStatement(env: Environment): { warnMs: number; errorMs: number } {
  const read = (level: string, otherwise: number) => () =>
    readNumber(env, `PGDECK_LOG_STATEMENT_${level}_MS`, otherwise, { from: 1, to: 60_000 });
  const limits = readAll({ warnMs: read('WARN', 100), errorMs: read('ERROR', 500) });
  if (limits.warnMs > limits.errorMs)
    throw new ConfigError(
      'PGDECK_LOG_STATEMENT_WARN_MS is above PGDECK_LOG_STATEMENT_ERROR_MS; a warning comes first.',
    );
  return limits;
}
