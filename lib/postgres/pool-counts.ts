import type { Session } from './session';

/** One of pgdeck's own pools; the row of topic `pools`. */
export type PoolFigures = {
  pool: string;
  size: number;
  in_use: number;
  idle: number;
  waiting: number;
  opened_total: number;
  timeouts_total: number;
  errors_total: number;
  recycled_total: number;
};

type Counts = { waiting: number; opened: number; timeouts: number; errors: number; recycled: number };

/** What has happened in each pool since pgdeck started. */
export class PoolCounts {
  #counts = new Map<string, Counts>();

  /** The counts of one pool; `waiting` goes up and down, the others only grow. */
  of(pool: string): Counts {
    let counts = this.#counts.get(pool);
    if (!counts) {
      counts = { waiting: 0, opened: 0, timeouts: 0, errors: 0, recycled: 0 };
      this.#counts.set(pool, counts);
    }
    return counts;
  }

  /** Counts one event. */
  add(pool: string, what: Exclude<keyof Counts, 'waiting'>): void {
    this.of(pool)[what]++;
  }

  /** A pool as the topic `pools` shows it; `size` is the most connections it may have. */
  figures(pool: string, size: number, sessions: (Session | undefined)[]): PoolFigures {
    const counts = this.of(pool);
    const live = sessions.filter((session): session is Session => session?.closed === false);
    const inUse = live.filter((session) => session.busy).length;
    return {
      pool,
      size,
      in_use: inUse,
      idle: live.length - inUse,
      waiting: counts.waiting + live.reduce((sum, session) => sum + session.waiting, 0),
      opened_total: counts.opened,
      timeouts_total: counts.timeouts,
      errors_total: counts.errors,
      recycled_total: counts.recycled,
    };
  }
}
