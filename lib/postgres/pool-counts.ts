import type { z } from 'zod';
import type { pools } from '@/lib/topics/pools';
import type { Session } from './session';
import { SlidingWindow } from './sliding-window';

/** One of pgdeck's own pools; the row of topic `pools`. */
export type PoolFigures = z.infer<typeof pools.row>;

/** What went wrong in a pool in the last five minutes, how often. */
export type PoolTrouble = Record<(typeof troubles)[number], number>;

/** What only grows. */
type Event =
  | 'waits'
  | 'opened'
  | 'timeouts'
  | 'waitTimeouts'
  | 'failedConnections'
  | 'errors'
  | 'recycled'
  | 'pingsFailed';

type Counts = Record<Event, number> & {
  waitedMs: SlidingWindow;
  recent: Record<keyof PoolTrouble, SlidingWindow>;
};

const shares = [0.5, 0.95, 0.99];
const troubles = ['timeouts', 'waitTimeouts', 'failedConnections', 'errors', 'pingsFailed'] as const;

/** What has happened in each pool since pgdeck started. */
export class PoolCounts {
  #counts = new Map<string, Counts>();

  /** Something got its connection so many milliseconds after it asked for one. */
  waited(pool: string, ms: number): void {
    this.#of(pool).waitedMs.add(ms);
  }

  /** Counts one event. */
  add(pool: string, what: Event): void {
    const counts = this.#of(pool);
    counts[what]++;
    if (isTrouble(what)) counts.recent[what].add(1);
  }

  /** What went wrong lately. */
  trouble(pool: string): PoolTrouble {
    const { recent } = this.#of(pool);
    const counted = troubles.map((what) => [what, recent[what].count()] as const);
    return Object.fromEntries(counted) as PoolTrouble;
  }

  /** A pool as the topic `pools` shows it, with what is true only now: its limits, who waits, its connections. */
  figures(
    pool: string,
    now: Pick<PoolFigures, 'minimum' | 'size' | 'waiting'>,
    sessions: { session: Session; inUse: boolean }[],
  ): PoolFigures {
    const counts = this.#of(pool);
    const open = sessions.filter(({ session }) => !session.closed);
    const inUse = open.filter((one) => one.inUse).length;
    const [p50, p95, p99] = counts.waitedMs.percentiles(shares).map(rounded);
    return {
      pool,
      minimum: now.minimum,
      size: now.size,
      in_use: inUse,
      idle: open.length - inUse,
      overflow: Math.max(0, open.length - now.minimum),
      waiting: now.waiting,
      wait_ms_p50: p50 ?? null,
      wait_ms_p95: p95 ?? null,
      wait_ms_p99: p99 ?? null,
      waits_total: counts.waits,
      opened_total: counts.opened,
      timeouts_total: counts.timeouts,
      wait_timeouts_total: counts.waitTimeouts,
      failed_connections_total: counts.failedConnections,
      errors_total: counts.errors,
      recycled_total: counts.recycled,
      pings_failed_total: counts.pingsFailed,
    };
  }

  #of(pool: string): Counts {
    let counts = this.#counts.get(pool);
    if (!counts) {
      counts = {
        waits: 0,
        opened: 0,
        timeouts: 0,
        waitTimeouts: 0,
        failedConnections: 0,
        errors: 0,
        recycled: 0,
        pingsFailed: 0,
        waitedMs: new SlidingWindow(),
        recent: Object.fromEntries(troubles.map((what) => [what, new SlidingWindow()])) as Counts['recent'],
      };
      this.#counts.set(pool, counts);
    }
    return counts;
  }
}

function isTrouble(what: Event): what is keyof PoolTrouble {
  return (troubles as readonly Event[]).includes(what);
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}
