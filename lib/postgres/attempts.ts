import type { Target } from '@/lib/config';
import { describeConnectError, PostgresProblem, type Problem, silent } from './errors';
import type { PoolCounts } from './pool-counts';
import type { Session } from './session';

/** The last step leaves time to connect and ask within the 5 s in which a server that is back is noticed. */
const refusedBackoffMs = [1000, 2000, 4000];
/** A timed-out attempt stays a backend of the server until its authentication_timeout (60 s by default). */
const timedOutBackoffMs = 60_000;
/** One that times out only says that something is busy; so many in a row that nothing comes back at all. */
const silentFrom = 3;

/** Attempts to connect to one server: one at a time, and spaced where they fail. */
export class Attempts {
  readonly #counts: PoolCounts;
  readonly #warm: () => boolean;
  #last: Promise<unknown> = Promise.resolve();
  #failures = 0;
  /** Attempts to connect that timed out since one ended in another way. */
  #timeouts = 0;
  #failed: { at: number; timedOut: boolean } | undefined;
  #problem: Problem | undefined;
  /** Attempts for actions that timed out, by their place. */
  readonly #actingHung = new Map<string, { at: number; problem: Problem }>();

  /** `warm`: whether a connection for questions lives. */
  constructor(counts: PoolCounts, warm: () => boolean) {
    this.#counts = counts;
    this.#warm = warm;
  }

  /** Why the last attempt for questions failed, or the last connection was lost; undefined since one succeeded. */
  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** When the next attempt for questions is made (epoch milliseconds); 0 where nothing stands in its way. */
  get nextAt(): number {
    // A failure in the time to come: the clock was set back.
    if (!this.#failed || this.#failed.at > Date.now()) return 0;
    const { at, timedOut } = this.#failed;
    // Without a warm connection there is nothing to lose by asking sooner.
    if (timedOut && this.#warm()) return at + timedOutBackoffMs;
    return at + (refusedBackoffMs[Math.min(this.#failures, refusedBackoffMs.length) - 1] ?? 0);
  }

  /**
   * Makes an attempt for a pool, to a place (`host:port`), when its turn comes; throws `PostgresProblem`, also at once
   * while it would be too soon.
   */
  run(
    pool: 'sampling' | 'signals' | 'maintenance',
    { host, port }: Pick<Target, 'host' | 'port'>,
    attempt: () => Promise<Session>,
  ): Promise<Session> {
    const acts = pool !== 'sampling';
    const place = `${host}:${port}`;
    const turn = this.#last.then(async () => {
      if (!acts && Date.now() < this.nextAt && this.#problem) throw new PostgresProblem(this.#problem);
      const hung = this.#actingHung.get(place);
      if (acts && hung && Date.now() - hung.at < timedOutBackoffMs) throw new PostgresProblem(hung.problem);
      const startedAt = Date.now();
      try {
        const session = await attempt();
        if (!acts) this.forget();
        if (session.openedAt >= startedAt) this.#counts.add(pool, 'opened');
        return session;
      } catch (error) {
        this.#counts.add(pool, 'errors', false);
        this.#counts.add(pool, 'failedConnections');
        // The acting role may be refused while the reading one is not.
        if (acts) {
          const problem = describeConnectError(error);
          if (hangs(error, problem)) this.#actingHung.set(place, { at: Date.now(), problem });
          throw new PostgresProblem(problem, error);
        }
        this.#timeouts = hangs(error, describeConnectError(error)) ? this.#timeouts + 1 : 0;
        throw this.failed(error);
      }
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Notes that a connection for questions was lost or could not be made, and says it in words. */
  failed(error: unknown): PostgresProblem {
    const told = describeConnectError(error);
    const problem = this.#timeouts >= silentFrom ? silent : told;
    this.#failures++;
    this.#failed = { at: Date.now(), timedOut: hangs(error, told) };
    this.#problem = problem;
    return new PostgresProblem(problem, error);
  }

  /** Forgets what failed for questions: they go elsewhere now. */
  forget(): void {
    this.#failures = 0;
    this.#timeouts = 0;
    this.#failed = undefined;
    this.#problem = undefined;
  }

  /** Forgets what failed for actions: they go elsewhere now. */
  forgetActing(): void {
    this.#actingHung.clear();
  }
}

/** Whether an attempt to connect was given up while the server still works on it. */
function hangs(error: unknown, problem: Problem): boolean {
  return !problem.sqlstate && /timeout|timed out/i.test((error as Error).message ?? '');
}
