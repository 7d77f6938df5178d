import type { z } from 'zod';
import type { pools } from '@/lib/topics/pools';
import type { Session } from './session';
import { SlidingWindow } from './sliding-window';

/** One of pgdeck's own pools: the row of topic `pools`. */
export type PoolRow = z.infer<typeof pools.row>;

/** Its figures, without what is concluded from them. */
export type PoolFigures = Omit<PoolRow, 'state' | 'word' | 'warning' | 'advice'>;

/** What went wrong in a pool lately, how often. */
export type PoolTrouble = {
  /** In the last minute. */
  timeouts: number;
  waitTimeouts: number;
  errors: number;
  /** For how many milliseconds 95 of 100 waited at most; null: nobody did, or it is the first minute. */
  waitMs: number | null;
  /** In the last five minutes. */
  pingsFailed: number;
  /** Attempts to connect that failed in the last five minutes, after the last one that succeeded. */
  failedConnections: number;
  /** How often attempts began to fail in the last five minutes. */
  refusals: number;
};

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
  recent: Record<'timeouts' | 'waitTimeouts' | 'errors' | 'pingsFailed' | 'refusals', SlidingWindow>;
  /** Since the last attempt to connect that succeeded. */
  failing: SlidingWindow;
  /** When the first connection was open, by a clock that only goes on (ms). */
  begunAt: number | undefined;
};

const shares = [0.5, 0.95, 0.99];
const minuteMs = 60_000;

/** What has happened in each pool since pgdeck started. */
export class PoolCounts {
  #counts = new Map<string, Counts>();

  /** Something got its connection so many milliseconds after it asked for one. */
  waited(pool: string, ms: number): void {
    this.#of(pool).waitedMs.add(ms);
  }

  /** Counts one event; `blamed`: the pool is told to be in trouble for it, for a while. */
  add(pool: string, what: Event, blamed = true): void {
    const counts = this.#of(pool);
    const { recent } = counts;
    counts[what]++;
    if (what === 'opened') {
      counts.failing = new SlidingWindow();
      counts.begunAt ??= performance.now();
    }
    if (what === 'failedConnections') {
      if (counts.failing.count() === 0) recent.refusals.add(1);
      counts.failing.add(1);
    }
    if (blamed && what in recent) recent[what as keyof typeof recent].add(1);
  }

  /** What went wrong lately. */
  trouble(pool: string): PoolTrouble {
    const { recent, failing, waitedMs, begunAt } = this.#of(pool);
    const now = performance.now();
    // At the start everybody waits for the others to be opened.
    const settled = begunAt !== undefined && now - begunAt >= minuteMs;
    return {
      timeouts: recent.timeouts.count(now, minuteMs),
      waitTimeouts: recent.waitTimeouts.count(now, minuteMs),
      errors: recent.errors.count(now, minuteMs),
      waitMs: settled ? (waitedMs.percentiles([0.95], now, minuteMs)[0] ?? null) : null,
      pingsFailed: recent.pingsFailed.count(now),
      failedConnections: failing.count(now),
      refusals: recent.refusals.count(now),
    };
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
        recent: {
          timeouts: new SlidingWindow(),
          waitTimeouts: new SlidingWindow(),
          errors: new SlidingWindow(),
          pingsFailed: new SlidingWindow(),
          refusals: new SlidingWindow(),
        },
        failing: new SlidingWindow(),
        begunAt: undefined,
      };
      this.#counts.set(pool, counts);
    }
    return counts;
  }
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 1000) / 1000;
}
