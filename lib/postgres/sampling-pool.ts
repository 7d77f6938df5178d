import type { PoolSettings } from '@/lib/config-resources';
import type { Attempts } from './attempts';
import { exhausted, notOpened } from './errors';
import { isOpen, type Lane, type Place, Places } from './places';
import { PoolCare } from './pool-care';
import type { PoolCounts, PoolFigures } from './pool-counts';
import type { Session } from './session';

type Options = {
  settings: PoolSettings;
  counts: PoolCounts;
  /** The database of the questions that name none. */
  home: () => string;
  /** Connects when its turn comes, and then calls `begins` first; `pinned`: the connection that tells what the server is. */
  connect: (database: string, pinned: boolean, begins: () => void) => Promise<Session>;
  attempts: Pick<Attempts, 'nextAt' | 'problem'>;
};

type Waiter = {
  lane: Lane;
  database: string | undefined;
  since: number;
  give: (session: Session) => void;
  fail: (error: Error) => void;
  timers: NodeJS.Timeout[];
};

/** A connection that had nothing to do for so long may be dead without that anybody knows. */
const pingAfterMs = 30_000;
const pingWithinMs = 1000;
const pingSql = 'select /* pgdeck:alive */ 1';
/** How long a question waits for a connection of its own kind before it takes another's. */
const ownWaitMs = 1000;
/** What is connecting when a question has waited long enough is given so long to end. */
const connectingMs = 5000;
const momentMs = 1000;

/**
 * The connections for questions to one server: one is pinned to the home database, always warm and never given up before
 * another is open; the others serve slow questions and other databases, as far as the settings let them be.
 */
export class SamplingPool {
  readonly #options: Options;
  readonly #places: Places;
  readonly #care: PoolCare;
  #waiters: Waiter[] = [];
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
    this.#places = new Places(options.settings.max, options.home);
    this.#care = new PoolCare({
      ...options,
      places: this.#places,
      fill: (place, database) => this.#fill(place, database),
    });
  }

  /** Whether a connection to the home database is open that is asked often enough to know that the server lives. */
  get warm(): boolean {
    return this.#places.warm;
  }

  /** For how many milliseconds four fifths of the most connections have been in use, without a break. */
  get fullMs(): number {
    return this.#places.fullMs();
  }

  /** How many connections are older than they should be, because no other could be opened. */
  get overdue(): number {
    return this.#care.overdue;
  }

  /**
   * Lends a connection to a database (missing: home) until `release`; throws `PostgresProblem` where none can be opened
   * or none was free in time.
   */
  async acquire(lane: Lane, database: string | undefined): Promise<Session> {
    const since = performance.now();
    // What waits for the very first connection waits for the server to let pgdeck in, not for the pool.
    const first = this.#places.open.length === 0;
    for (;;) {
      const session = await this.#lease(lane, database, since);
      if (await this.#isAlive(session)) {
        if (!first) this.#options.counts.waited('sampling', performance.now() - since);
        return session;
      }
    }
  }

  /** Takes a connection back. */
  release(session: Session): void {
    this.#places.takeBack(session);
    this.#serve();
    this.#places.settle();
    const place = this.#places.all.find((one) => one.session === session);
    if (place?.momentary && this.#places.isFree(place)) this.#endSoon(place, session);
  }

  /** Ends what has been idle, renews what is old, opens what is missing; never throws. */
  async tend(): Promise<void> {
    if (this.#closed) return;
    await this.#care.tend();
    this.#serve();
  }

  /** Every connection ends once it is idle, and others are opened: they go elsewhere now. */
  replaceAll(): void {
    this.#places.clear();
    this.#serve();
  }

  /** The pool as the topic `pools` shows it. */
  figures(): PoolFigures {
    const { counts, settings } = this.#options;
    return counts.figures(
      'sampling',
      { minimum: settings.min, size: settings.max, waiting: this.#waiters.length },
      this.#places.open.map((session) => ({ session, inUse: this.#places.isLent(session) })),
    );
  }

  /** Ends every connection, and the wait of everyone. */
  close(): void {
    this.#closed = true;
    for (const session of this.#places.open) session.close();
    this.#places.clear();
    for (const waiter of [...this.#waiters]) this.#fail(waiter, new Error('Client was closed'));
  }

  #lease(lane: Lane, database: string | undefined, since: number): Promise<Session> {
    return new Promise((give, fail) => {
      if (this.#closed) return fail(new Error('Client was closed'));
      const waiter: Waiter = { lane, database, since, give, fail, timers: [] };
      this.#waiters.push(waiter);
      this.#serve();
      if (!this.#waiters.includes(waiter)) return;
      this.#options.counts.add('sampling', 'waits');
      const { timeoutMs } = this.#options.settings;
      const at = (ms: number, then: () => void) =>
        // A timer may come a moment early, and nothing would look again.
        waiter.timers.push(setTimeout(then, Math.max(0, since + ms + 2 - performance.now())).unref());
      at(this.#ownWaitMs, () => this.#serve());
      at(timeoutMs, () => this.#expire(waiter));
      at(timeoutMs + connectingMs, () => this.#expire(waiter, true));
    });
  }

  /** Gives everyone who waits what there is for them, first come first served, and opens what there is room for. */
  #serve(): void {
    const before = new Map<string, number>();
    for (const waiter of [...this.#waiters]) {
      const wanted = this.#wanted(waiter);
      const own = this.#placesOf(waiter);
      let place = own.find((one) => this.#places.isFree(one) && one.session?.database === wanted);
      if (!place) {
        const kind = `${waiter.lane}\n${wanted}`;
        const ahead = before.get(kind) ?? 0;
        before.set(kind, ahead + 1);
        // Whoever comes first gets what is being opened.
        if (ahead >= own.filter((one) => this.#places.isComing(one, wanted)).length) this.#openOne(own, wanted);
        place = this.#borrowed(waiter, own);
      }
      if (place?.session) this.#give(waiter, place.session);
      else if (this.#hasWaited(waiter, this.#options.settings.timeoutMs)) this.#expire(waiter);
    }
  }

  #give(waiter: Waiter, session: Session): void {
    this.#leave(waiter);
    this.#places.lend(session);
    waiter.give(session);
  }

  #fail(waiter: Waiter, error: Error): void {
    this.#leave(waiter);
    waiter.fail(error);
  }

  #leave(waiter: Waiter): void {
    for (const timer of waiter.timers) clearTimeout(timer);
    this.#waiters = this.#waiters.filter((other) => other !== waiter);
  }

  /** The time of a question is over, unless a connection is just being opened for it; `whatever` comes: it is. */
  #expire(waiter: Waiter, whatever = false): void {
    const { settings, counts } = this.#options;
    const wanted = this.#wanted(waiter);
    const coming = this.#placesOf(waiter).some((place) => this.#places.isComing(place, wanted));
    if (coming && !whatever) return;
    counts.add('sampling', 'waitTimeouts', this.#places.open.length > 0);
    const seconds = (settings.timeoutMs + (coming ? connectingMs : 0)) / 1000;
    const now = { seconds, inUse: this.#places.lent, most: settings.max, waiting: this.#waiters.length };
    const why = this.#isBlocked ? this.#options.attempts.problem : undefined;
    this.#fail(waiter, coming ? notOpened(seconds) : exhausted(now, why));
  }

  /** Where a question is asked: on the connections of its kind; after a while on any but the pinned one. */
  #placesOf(waiter: Waiter): Place[] {
    const late = this.#hasWaited(waiter, this.#ownWaitMs);
    return this.#places.all.filter(
      ({ lanes, momentary }) => lanes.includes(waiter.lane) || (late && !lanes.includes('pinned') && !momentary),
    );
  }

  /**
   * Only an open connection answers when slots have run out or sign-in hangs: a question of the home database goes to any
   * of ours. What a slow one opens stays in a connection's memory for good: it goes there only where its own hangs.
   */
  #borrowed(waiter: Waiter, own: Place[]): Place | undefined {
    const { lane } = waiter;
    if (lane === 'walking' || this.#wanted(waiter) !== this.#places.home) return undefined;
    if (own.some((place) => this.#places.isAtHome(place) && place.lanes.includes(lane))) return undefined;
    if (lane === 'slow' && !this.#hasWaited(waiter, this.#ownWaitMs) && !this.#isBlocked) return undefined;
    return this.#places.all.find((place) => this.#places.isFree(place) && this.#places.isAtHome(place));
  }

  #openOne(own: Place[], wanted: string): void {
    const { home, all } = this.#places;
    // Whoever can wait for an open connection is not told that no other can be opened.
    if (this.#isBlocked && wanted === home && all.some((place) => this.#places.isAtHome(place))) return;
    const able = own.filter(
      ({ opening, renewing, lanes }) => !opening && !renewing && (wanted === home || !lanes.includes('pinned')),
    );
    const place =
      able.find((one) => !isOpen(one)) ??
      able
        .filter((one) => this.#places.isFree(one) && one.session?.database !== wanted)
        .sort((a, b) => (a.session?.usedAt ?? 0) - (b.session?.usedAt ?? 0))[0];
    // One connection more than the most, at a time.
    if (!place || (place.momentary && all.some(({ renewing }) => renewing))) return;
    void this.#fill(place, wanted);
  }

  /** Opens a connection in a place, instead of the one that is there; never throws. */
  async #fill(place: Place, database: string): Promise<void> {
    const { generation } = this.#places;
    place.opening = database;
    try {
      const pinned = place === this.#places.all[0];
      const session = await this.#options.connect(database, pinned, () => place.session?.close());
      if (generation !== this.#places.generation) return session.close();
      place.opening = undefined;
      this.#places.put(place, session);
    } catch (error) {
      place.opening = undefined;
      if (generation === this.#places.generation) this.#refuse(place, database, error as Error);
    }
    this.#serve();
  }

  /** Tells those who waited for a connection that it could not be opened, where there is no other for them. */
  #refuse(place: Place, database: string, error: Error): void {
    if (database === this.#places.home && this.#places.all.some((one) => this.#places.isAtHome(one))) return;
    for (const waiter of [...this.#waiters])
      if (this.#wanted(waiter) === database && this.#placesOf(waiter).includes(place)) this.#fail(waiter, error);
  }

  async #isAlive(session: Session): Promise<boolean> {
    if (Date.now() - session.usedAt < pingAfterMs) return true;
    try {
      await session.query(pingSql, [], { rarely: true, withinMs: pingWithinMs });
      return true;
    } catch {
      this.#options.counts.add('sampling', 'pingsFailed');
      session.close();
      this.release(session);
      return false;
    }
  }

  #endSoon(place: Place, session: Session): void {
    const then = () => {
      if (place.session === session && this.#places.isFree(place) && Date.now() - session.usedAt >= momentMs)
        session.close();
    };
    setTimeout(then, momentMs + 50).unref();
  }

  #wanted({ database }: Waiter): string {
    return database ?? this.#places.home;
  }

  #hasWaited({ since }: Waiter, ms: number): boolean {
    return performance.now() - since >= ms;
  }

  get #ownWaitMs(): number {
    return Math.min(ownWaitMs, this.#options.settings.timeoutMs / 3);
  }

  /** Whether an attempt to connect would be refused at once, because the last one failed. */
  get #isBlocked(): boolean {
    return Date.now() < this.#options.attempts.nextAt;
  }
}
