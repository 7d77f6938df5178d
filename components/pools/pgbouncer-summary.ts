import { count, durationInWords, exact, list, milliseconds, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import { serversOf } from './slots';

/** A row of topic `pgbouncer-pools`. */
export type BouncerPool = Row<'pgbouncer-pools'>;

/** How long a client has waited, inside a sentence: `40 ms`, `3.2 s`, `2 min 5 s`. */
export function waitInWords(seconds: number): string {
  return seconds > 0 && seconds < 1 ? milliseconds(seconds * 1000) : durationInWords(seconds);
}

/** From this share of its size on a pool is marked. */
const fullFrom = 0.8;

/** What a pool's server connections are counted against: `3`, and once they are more `3 + 1 reserve`; null: not known. */
export function sizeText(pool: BouncerPool): string | null {
  if (pool.pool_size === null) return null;
  const reserve = pool.reserve_pool_size ?? 0;
  const isOver = serversOf(pool) > pool.pool_size && reserve > 0;
  return isOver ? `${exact(pool.pool_size)} + ${exact(reserve)} reserve` : exact(pool.pool_size);
}

/** How a pool of PgBouncer is, and why. */
export type JudgedPool = { state: 'ok' | 'warning'; word: string; why: string };

/** Judges a pool: paused and disabled first, then whether clients wait or soon will. */
export function judgeBouncerPool(pool: BouncerPool): JudgedPool {
  const { cl_waiting: waiting, pool_size: size } = pool;
  const busy = serversOf(pool) - pool.sv_idle - pool.sv_used;
  if (pool.paused) return { state: 'warning', word: 'Paused', why: 'Its clients wait until the database is resumed.' };
  if (pool.disabled) return { state: 'warning', word: 'Disabled', why: 'The database refuses new clients.' };
  if (waiting > 0)
    return {
      state: 'warning',
      word: 'Clients wait',
      why: `${plural(waiting, 'client waits', 'clients wait')} for a server connection, the first for ${waitInWords(pool.maxwait_seconds)}.`,
    };
  if (size !== null && size > 0 && busy >= fullFrom * size)
    return {
      state: 'warning',
      word: 'Nearly full',
      why: `${exact(busy)} of ${sizeText(pool)} server connections work; the next clients wait.`,
    };
  return { state: 'ok', word: 'Healthy', why: 'No client waits for a server connection.' };
}

/** PgBouncer in a sentence: `3 pools: 44 of 60 clients wait, the first for 3.2 s; 10 server connections work, 2 are idle.` */
export function bouncerSentence(pools: BouncerPool[]): string {
  if (pools.length === 0) return 'No client has used it yet: a pool appears with its first client.';
  const sum = (of: (pool: BouncerPool) => number) => pools.reduce((total, pool) => total + of(pool), 0);
  const waiting = sum((pool) => pool.cl_waiting);
  const clients = waiting + sum((pool) => pool.cl_active);
  const servers = sum(serversOf);
  const idle = sum((pool) => pool.sv_idle + pool.sv_used);
  const longest = Math.max(...pools.map((pool) => (pool.cl_waiting > 0 ? pool.maxwait_seconds : 0)));
  const clientsText =
    waiting > 0
      ? `${exact(waiting)} of ${plural(clients, 'client')} ${waiting === 1 ? 'waits' : 'wait'}, the first for ${waitInWords(longest)}`
      : `${plural(clients, 'client')}, none waits`;
  const paused = [...new Set(pools.filter((pool) => pool.paused).map((pool) => pool.database))];
  const tail = paused.length > 0 ? ` ${list(paused)} ${paused.length === 1 ? 'is' : 'are'} paused.` : '';
  return `${plural(pools.length, 'pool')}: ${clientsText}; ${plural(servers, 'server connection')}, of which ${count(servers - idle)} ${servers - idle === 1 ? 'works' : 'work'}.${tail}`;
}

/** The clients that wait in all pools, and for how long the first has. */
export function waitingIn(pools: BouncerPool[]): { clients: number; longestSeconds: number } {
  const waiting = pools.filter((pool) => pool.cl_waiting > 0);
  return {
    clients: waiting.reduce((sum, pool) => sum + pool.cl_waiting, 0),
    longestSeconds: Math.max(0, ...waiting.map((pool) => pool.maxwait_seconds)),
  };
}
