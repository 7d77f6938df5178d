import type { Target } from '@/lib/config';
import { log } from '@/lib/metrics/log';
import { Pool, type Run } from '@/lib/postgres/pool';
import { detectEngine, type Engine, type EngineName } from './engine';
import { ensureIndexes } from './indexes';
import { migrate } from './migrate';
import { ensureAhead } from './partitions';
import type { Notice } from './place';
import { askWhetherThere, probeWrite, usable } from './store-checks';
import { isDamage, placeProblem, reasonOf, unexpected } from './store-problem';

export type { Run };

/** How the store is; `reason` (whole sentences) says why it is not on. */
export type StoreState = {
  status: 'off' | 'starting' | 'on' | 'failing';
  reason: string | null;
  engine: EngineName | null;
  version: string | null;
};

/** The store cannot be asked now; the message says why. */
export class StoreOff extends Error {}

/** Where the store is, told anew for each attempt: a target, why there is none, or undefined while it is being started. */
export type Place = () => Target | { problem: string } | undefined;

const usualRetryMs = [1000, 5000, 15_000];
const notThereMs = 250;
/** One that comes on and fails again within this time is tried less and less often. */
const steadyMs = 60_000;
const clockEveryMs = 60_000;
const beatEveryMs = 3000;
const beatAnswerMs = 4000;
const statementMs = 15_000;
/** Above what the server takes by itself, so that a statement that is too slow says so. */
const answerMs = statementMs + 2000;

const unasked: Record<string, string> = {
  off: 'Nothing is stored: PGDECK_HISTORY is off.',
  starting: 'The history store is being started.',
};

const settings = [
  'synchronous_commit=on',
  'search_path=pg_catalog,public',
  'timezone=UTC',
  'jit=off',
  'lock_timeout=2000',
  `statement_timeout=${statementMs}`,
  'idle_in_transaction_session_timeout=60000',
];

/** The pool of connections to the history's PostgreSQL: comes on when it can, says why it is not, and comes back by itself. */
export class Store {
  state: StoreState = { status: 'off', reason: null, engine: null, version: null };
  readonly notices: Notice[] = [];
  /** Called after each new notice. */
  onNotice: (() => void) | undefined;
  /** Called when it cannot be prepared or a transaction ends because data of it cannot be read. */
  onDamage: ((why: string) => void) | undefined;
  engine: Engine | undefined;
  readonly #place: Place;
  readonly #retryMs: number[];
  readonly #listeners = new Set<(state: StoreState) => void>();
  #pool: Pool | undefined;
  /** One connection apart, so that the store can be asked whether it is there while all others are busy. */
  #beat: Pool | undefined;
  #beating: Promise<void> | undefined;
  #at: Target | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #onSince = Number.POSITIVE_INFINITY;
  #clockOffset = 0;
  #clockReadAt = 0;
  #closed = false;

  /** `retryMs`: how long it waits before each further attempt. */
  constructor(options: { place: Place; retryMs?: number[] }) {
    this.#place = options.place;
    this.#retryMs = options.retryMs ?? usualRetryMs;
  }

  /** Whether it can be written and read: connected, in the newest shape, with its partitions. */
  get on(): boolean {
    return this.state.status === 'on' && !this.#closed;
  }

  /** Begins to connect, and returns at once. */
  start(): void {
    this.#set({ ...this.state, status: 'starting' });
    this.#again(0);
  }

  /** Sends one statement; throws `StoreOff` while the store is not on. */
  query: Run = (text, values, options) => this.#guarded((pool) => pool.query(text, values, options));

  /** Runs `work` in one transaction; throws `StoreOff` while the store is not on. */
  transaction = <T>(work: (run: Run) => Promise<T>): Promise<T> =>
    this.#guarded((pool) =>
      pool.transaction(work).catch((error) => {
        this.#tellDamage(error);
        throw error;
      }),
    );

  /** The store's own clock, epoch milliseconds: what leases go by. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  /** Calls `listener` whenever the state changes. */
  onChange(listener: (state: StoreState) => void): void {
    this.#listeners.add(listener);
  }

  /** Tells what people should know, once; what names a `server` only to who may know of it. */
  notice(text: string, server?: string): void {
    if (this.notices.some((notice) => notice.text === text)) return;
    this.notices.push({ at: Math.round(Date.now() / 1000), text, ...(server !== undefined && { server }) });
    if (this.notices.length > 100) this.notices.shift();
    log.warn({ history: true }, text);
    this.onNotice?.();
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all([this.#pool?.close(), this.#beat?.close()]);
  }

  async #guarded<T>(use: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    if (!pool || !this.on) throw new StoreOff(this.#whyOff());
    try {
      return await use(pool);
    } catch (error) {
      if (this.#pool === pool && !this.#closed) this.#judge(error);
      throw error;
    }
  }

  #whyOff(): string | undefined {
    return this.#closed ? 'pgdeck is being stopped.' : (this.state.reason ?? unasked[this.state.status]);
  }

  #tellDamage(error: unknown): void {
    if (isDamage(error)) this.onDamage?.((error as Error).message);
  }

  /** Turns the store off where the error is of its place; what is wrong with one statement is its sender's affair. */
  #judge(error: unknown): void {
    const problem = placeProblem(error);
    if (problem) this.#fail(problem);
    // Only one connection may be gone, or all of them busy.
    else if (reasonOf(error)) void this.#ask();
  }

  /** Asks whether the store is there at all. */
  #ask(): Promise<void> {
    const beat = this.#beat;
    this.#beating ??= (async () => {
      try {
        if (beat) await askWhetherThere(beat, beatAnswerMs);
      } catch (error) {
        if (beat === this.#beat) this.#fail(reasonOf(error) ?? unexpected(error));
      } finally {
        this.#beating = undefined;
      }
    })();
    return this.#beating;
  }

  #fail(reason: string): void {
    this.#pool?.close();
    this.#beat?.close();
    this.#pool = undefined;
    this.#beat = undefined;
    if (Date.now() - this.#onSince > steadyMs) this.#attempts = 0;
    this.#onSince = Number.POSITIVE_INFINITY;
    this.#set({ ...this.state, status: 'failing', reason });
    this.#again(this.#retryMs[Math.min(this.#attempts++, this.#retryMs.length - 1)] ?? 15_000);
  }

  #again(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#connect(), ms);
    this.#timer.unref();
  }

  async #connect(): Promise<void> {
    const place = this.#place();
    if (!place || 'problem' in place) {
      if (place) this.#set({ ...this.state, status: 'failing', reason: place.problem });
      this.#again(notThereMs);
      return;
    }
    let pool: Pool | undefined;
    let beat: Pool | undefined;
    try {
      const options = { most: 1, applicationName: 'pgdeck:history', settings, timeoutMs: answerMs };
      pool = await Pool.open(place, options);
      const version = await usable(pool);
      const engine = await detectEngine(pool.query);
      beat = pool;
      pool = await Pool.open(place, { ...options, most: 6, settings: [...settings, ...engine.settings] });
      await migrate(pool, engine);
      await probeWrite(pool);
      const transaction = pool.transaction.bind(pool);
      await ensureIndexes(transaction, (text) => this.notice(text));
      await ensureAhead(transaction, engine, Date.now());
      await this.#readClock(pool);
      if (this.#closed) return void (await Promise.all([pool.close(), beat.close()]));
      this.#pool = pool;
      this.#beat = beat;
      this.#at = place;
      this.engine = engine;
      this.#onSince = Date.now();
      this.#set({ status: 'on', reason: null, engine: engine.name, version });
      this.#watch(pool);
    } catch (error) {
      this.#tellDamage(error);
      pool?.close();
      beat?.close();
      this.#fail(reasonOf(error) ?? unexpected(error));
    }
  }

  /** Asks again and again whether it is there, where it is, and what time it has. */
  #watch(pool: Pool): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(async () => {
      if (this.#pool !== pool) return;
      const place = this.#place();
      if (place && 'problem' in place) return this.#fail(place.problem);
      if (place && JSON.stringify(place) !== JSON.stringify(this.#at))
        return this.#fail('The history store has moved; pgdeck follows it.');
      await this.#ask();
      if (this.#pool === pool && Date.now() - this.#clockReadAt >= clockEveryMs)
        await this.#readClock(pool).catch((error) => this.#pool === pool && this.#judge(error));
      if (this.#pool === pool) this.#watch(pool);
    }, beatEveryMs);
    this.#timer.unref();
  }

  async #readClock(pool: Pool): Promise<void> {
    const before = Date.now();
    const [row] = await pool.query<{ ms: number }>(
      'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
      [],
      { timeoutMs: 3000 },
    );
    this.#clockReadAt = Date.now();
    this.#clockOffset = row ? row.ms - (before + this.#clockReadAt) / 2 : 0;
  }

  #set(state: StoreState): void {
    const before = this.state;
    this.state = state;
    if (before.status === state.status && before.reason === state.reason) return;
    if (state.status === 'failing') log.warn({ history: true }, state.reason ?? '');
    for (const listener of this.#listeners) listener(state);
  }
}
