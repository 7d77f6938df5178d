import { log } from '@/lib/metrics/log';
import { type Clock, systemClock } from './clock';
import type { Run } from './store';

/** What leases need of the store. */
export type LeaseStore = { readonly on: boolean; query: Run };

/** Who has a lease, as the store told last; times are epoch milliseconds of the store's clock. */
export type Lease = { name: string; holder: string; term: number; until: number };

/** A lease ends so long after its last renewal; it is renewed four times in that time. */
export const leaseMs = 10_000;
const renewMs = 2500;
const lookMs = 1000;
/** A transaction that waits for a stopped instance ends so long after its last statement. */
const stoppedMs = 5000;
/** What was read longer ago says nothing any more: the store does not answer. */
const staleMs = 5000;
const forgetMs = 24 * 3_600_000;
const alone = 'pgdeck';

type Held = { term: number; until: number };

const giveBackSql = (which = '') =>
  `update /* pgdeck:lease */ pgdeck.lease set until = timestamptz 'epoch' where holder = $1${which}`;

/**
 * The leases of one instance of pgdeck: who holds one asks a server and writes what is known of it. All times are the
 * store's; whether a lease is still held here goes by a clock that only goes on, from when the renewal was sent.
 */
export class Leases {
  readonly holder: string;
  readonly #store: LeaseStore;
  readonly #clock: Clock;
  readonly #shared: boolean;
  readonly #wanted = new Set<string>();
  readonly #held = new Map<string, Held>();
  readonly #listeners = new Set<() => void>();
  #seen: Lease[] = [];
  #storeNow = 0;
  #seenAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  /**
   * `shared`: other instances may use the same store, so this one makes itself known to them. Where none can, it goes by
   * a name that is always the same, and has its leases again at once after a restart.
   */
  constructor(options: { store: LeaseStore; holder: string; shared: boolean; clock?: Clock }) {
    this.#store = options.store;
    this.holder = options.shared ? options.holder : alone;
    this.#shared = options.shared;
    this.#clock = options.clock ?? systemClock;
  }

  /** Takes part for `name` from now on. */
  want(name: string): void {
    this.#wanted.add(name);
  }

  /** Takes no part any more; what it has runs out. */
  leave(name: string): void {
    this.#wanted.delete(name);
    this.#held.delete(name);
  }

  /** Takes no part any more, and lets others have it at once; never throws. */
  async giveBack(name: string): Promise<void> {
    const { on, query } = this.#store;
    this.leave(name);
    if (on) await query(giveBackSql(' and name = $2'), [this.holder, name]).catch(() => {});
  }

  /** Whether this instance has the lease now. */
  holds(name: string): boolean {
    return (this.#held.get(name)?.until ?? Number.NEGATIVE_INFINITY) > this.#clock.elapsed();
  }

  /** The other instance that has the lease; undefined where none has, or where the store does not tell. */
  heldElsewhere(name: string): string | undefined {
    if (!this.known || this.holds(name)) return undefined;
    const lease = this.#seen.find((one) => one.name === name);
    return lease && lease.holder !== this.holder && lease.until > this.#storeNow ? lease.holder : undefined;
  }

  /** Whether the store tells who has what: it was looked at since it came on, and lately. */
  get known(): boolean {
    return this.#store.on && this.#clock.elapsed() - this.#seenAt < staleMs;
  }

  /** Whether other instances use the store now. */
  get others(): boolean {
    return this.known && this.#seen.some(({ name, holder, until }) => this.#other(name, holder, until));
  }

  /** Every lease that somebody has, as told last. */
  get all(): Lease[] {
    return this.#seen.filter(({ name, until }) => !name.startsWith('instance:') && until > this.#storeNow);
  }

  /** Calls `listener` after each look at the store. */
  onLook(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Looks every second, and takes and renews what it can. */
  start(): void {
    const next = () => {
      this.#timer = setTimeout(() => void this.look().finally(next), lookMs);
      this.#timer.unref();
    };
    void this.look().finally(next);
  }

  /** Looks now; never throws. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error) => {
        if (this.#store.on) log.debug({ err: error, history: true }, 'leases could not be renewed');
      })
      .finally(() => {
        this.#looking = undefined;
        for (const listener of this.#listeners) listener();
      });
    return this.#looking;
  }

  /**
   * Locks the leases of `names` that this instance still has, for the transaction that `run` belongs to: until it ends
   * nobody else can take them. What is not in the answer must not be written.
   */
  async fence(run: Run, names: string[]): Promise<Set<string>> {
    // An instance that is stopped in mid-transaction would hold the lease for ever.
    await run(`set local idle_in_transaction_session_timeout = ${stoppedMs}`);
    const rows = await run<{ name: string; term: number }>(
      `select /* pgdeck:lease */ l.name, l.term from pgdeck.lease as l
where l.name = any ($1::text[]) and l.holder = $2 order by l.name for update`,
      [names, this.holder],
    );
    return new Set(rows.filter(({ name, term }) => this.#held.get(name)?.term === term).map(({ name }) => name));
  }

  /** Gives every lease back, so that others need not wait. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#held.clear();
    if (!this.#store.on) return;
    await this.#store.query(giveBackSql(), [this.holder]).catch(() => {});
  }

  #other(name: string, holder: string, until: number): boolean {
    return name.startsWith('instance:') && holder !== this.holder && until > this.#storeNow;
  }

  async #look(): Promise<void> {
    if (!this.#store.on) return;
    const sentAt = this.#clock.elapsed();
    const rows = await this.#store.query<{ now: number } & Partial<Lease>>(
      `select /* pgdeck:lease */ extract(epoch from n.now)::float8 * 1000 as now, l.name, l.holder, l.term,
  extract(epoch from l.until)::float8 * 1000 as until
from (select now() as now) as n left join pgdeck.lease as l on true`,
    );
    this.#storeNow = rows[0]?.now ?? 0;
    this.#seen = rows.filter((row): row is Lease & { now: number } => row.name !== undefined && row.name !== null);
    await this.#take(sentAt);
    this.#seenAt = this.#clock.elapsed();
  }

  async #take(sentAt: number): Promise<void> {
    const now = this.#storeNow;
    const own = this.#shared ? [...this.#wanted, `instance:${this.holder}`] : [...this.#wanted];
    const byName = new Map(this.#seen.map((lease) => [lease.name, lease]));
    for (const name of this.#held.keys()) if (byName.get(name)?.holder !== this.holder) this.#held.delete(name);
    const due = own.filter((name) => {
      const lease = byName.get(name);
      if (lease?.holder !== this.holder) return !lease || lease.until <= now;
      return lease.until - now < leaseMs - renewMs || !this.holds(name);
    });
    if (due.length === 0) return;
    const until = new Date(now + leaseMs).toISOString();
    const missing = due.filter((name) => !byName.has(name));
    if (missing.length > 0)
      await this.#store.query(
        `insert /* pgdeck:lease */ into pgdeck.lease (name, holder, term, until)
values ${missing.map((_, at) => `($${at + 1}::text, '', 0, timestamptz 'epoch')`).join(', ')} on conflict (name) do nothing`,
        missing,
      );
    const taken = await this.#store.query<{ name: string; term: number }>(
      `update /* pgdeck:lease */ pgdeck.lease as l
set holder = $2, term = case when l.holder = $2 then l.term else l.term + 1 end, until = $3::timestamptz
where l.name = any ($1::text[]) and (l.holder = $2 or l.until <= $4::timestamptz)
returning l.name, l.term`,
      [due, this.holder, until, new Date(now).toISOString()],
    );
    for (const { name, term } of taken) this.#held.set(name, { term, until: sentAt + leaseMs });
    const got = new Set(taken.map(({ name }) => name));
    for (const name of due) if (!got.has(name)) this.#held.delete(name);
    if (missing.length > 0)
      await this.#store.query('delete /* pgdeck:lease */ from pgdeck.lease as l where l.until < $1::timestamptz', [
        new Date(now - forgetMs).toISOString(),
      ]);
  }
}
