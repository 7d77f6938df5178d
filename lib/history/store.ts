import type { Target } from '@/lib/config';
import { log } from '@/lib/metrics/log';
import { describeConnectError, isConnectionError } from '@/lib/postgres/errors';
import { Pool, type Run } from '@/lib/postgres/pool';
import { detectEngine, type Engine, type EngineName } from './engine';
import { migrate, StoreUnusable } from './migrate';
import { ensureAhead } from './partitions';
import type { Notice } from './place';

export type { Run };

/** How the store is; `reason` (whole sentences) says why it is not on. */
export type StoreState = {
  status: 'starting' | 'on' | 'failing';
  reason: string | null;
  engine: EngineName | null;
  version: string | null;
};

/** The store cannot be asked now; the message says why. */
export class StoreOff extends Error {}

/** Where the store is, told anew for each attempt: a target, why there is none, or undefined while it is being started. */
export type Place = () => Target | { problem: string } | undefined;

const oldestVersion = 140_000;
const retryMs = [1000, 2000, 5000, 15_000];
const notThereMs = 250;
const clockEveryMs = 60_000;
const answerMs = 15_000;

const settings = [
  'synchronous_commit=on',
  'search_path=pg_catalog,public',
  'timezone=UTC',
  'jit=off',
  'lock_timeout=2000',
  `statement_timeout=${answerMs}`,
  'idle_in_transaction_session_timeout=60000',
];

/** What is wrong with the place rather than with a statement: the store is off until a write goes through again. */
const placeErrors: Record<string, [sentence: string, hint: string]> = {
  '53100': ['The disk of the history store is full, so nothing is remembered.', 'Make room; it goes on by itself.'],
  '53200': ['The server of the history store is out of memory.', 'It is tried again by itself.'],
  '58030': ['The history store cannot read or write its files.', 'Look at its disk; it goes on by itself.'],
  '58P01': ['A file of the history store is missing.', 'Look at its disk; it goes on by itself.'],
  XX001: ['Data of the history store is damaged.', 'See its log.'],
  XX002: ['An index of the history store is damaged.', 'See its log.'],
  '25006': [
    'The history store is read-only, so nothing is remembered.',
    'Name one that can be written in PGDECK_HISTORY_URL; it goes on by itself.',
  ],
  '42501': [
    'The role of the history store lacks a right there.',
    'Let it create a schema in its database: grant create on database … to …;',
  ],
};

/** The pool of connections to the history's PostgreSQL: comes on when it can, says why it is not, and comes back by itself. */
export class Store {
  state: StoreState = { status: 'starting', reason: null, engine: null, version: null };
  readonly notices: Notice[] = [];
  engine: Engine | undefined;
  readonly #place: Place;
  readonly #listeners = new Set<(state: StoreState) => void>();
  #pool: Pool | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempts = 0;
  #clockOffset = 0;
  #clockReadAt = 0;
  #closed = false;

  constructor(options: { place: Place }) {
    this.#place = options.place;
  }

  /** Whether it can be written and read: connected, in the newest shape, with its partitions. */
  get on(): boolean {
    return this.state.status === 'on';
  }

  /** Begins to connect, and returns at once. */
  start(): void {
    this.#again(0);
  }

  /** Sends one statement; throws `StoreOff` while the store is not on. */
  query: Run = (text, values, options) => this.#guarded((pool) => pool.query(text, values, options));

  /** Runs `work` in one transaction; throws `StoreOff` while the store is not on. */
  transaction = <T>(work: (run: Run) => Promise<T>): Promise<T> => this.#guarded((pool) => pool.transaction(work));

  /** The store's own clock, epoch milliseconds: what leases go by. */
  now(): number {
    return Date.now() + this.#clockOffset;
  }

  /** Calls `listener` whenever the state changes. */
  onChange(listener: (state: StoreState) => void): void {
    this.#listeners.add(listener);
  }

  /** Tells what people should know, once. */
  notice(text: string): void {
    if (this.notices.some((notice) => notice.text === text)) return;
    this.notices.push({ at: Math.round(Date.now() / 1000), text });
    if (this.notices.length > 100) this.notices.shift();
    log.warn({ history: true }, text);
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#pool?.close().catch(() => {});
  }

  async #guarded<T>(use: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    if (!pool || !this.on) throw new StoreOff(this.state.reason ?? 'The history store is being started.');
    try {
      return await use(pool);
    } catch (error) {
      if (this.#pool === pool) this.#judge(error);
      throw error;
    }
  }

  /** Turns the store off where the error is of its place; what is wrong with one statement is its sender's affair. */
  #judge(error: unknown): void {
    const reason = reasonOf(error);
    if (reason) this.#fail(reason);
  }

  #fail(reason: string): void {
    const pool = this.#pool;
    this.#pool = undefined;
    pool?.close().catch(() => {});
    this.#set({ ...this.state, status: 'failing', reason });
    this.#again(retryMs[Math.min(this.#attempts++, retryMs.length - 1)] ?? 15_000);
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
    try {
      const options = { most: 1, applicationName: 'pgdeck:history', settings, timeoutMs: answerMs };
      pool = await Pool.open(place, options);
      const version = await usable(pool);
      const engine = await detectEngine(pool.query);
      await pool.close();
      pool = await Pool.open(place, { ...options, most: 6, settings: [...settings, ...engine.settings] });
      await migrate(pool, engine);
      await probeWrite(pool);
      await ensureAhead(pool.transaction.bind(pool), engine, Date.now());
      await this.#readClock(pool);
      if (this.#closed) return void pool.close();
      this.#pool = pool;
      this.engine = engine;
      this.#attempts = 0;
      this.#set({ status: 'on', reason: null, engine: engine.name, version });
      this.#watch(pool);
    } catch (error) {
      pool?.close().catch(() => {});
      this.#fail(reasonOf(error) ?? unexpected(error));
    }
  }

  /** Looks at the clock and for a place that has moved; a store that ended says so itself at the next statement. */
  #watch(pool: Pool): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(async () => {
      if (this.#pool !== pool) return;
      const place = this.#place();
      if (place && 'problem' in place) return this.#fail(place.problem);
      if (Date.now() - this.#clockReadAt >= clockEveryMs)
        await this.#readClock(pool).catch((error) => this.#pool === pool && this.#judge(error));
      if (this.#pool === pool) this.#watch(pool);
    }, 2000);
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

async function usable(pool: Pool): Promise<string> {
  const [row] = await pool.query<{ version: number; words: string; standby: boolean }>(
    `select pg_catalog.current_setting('server_version_num')::int4 as version,
  pg_catalog.current_setting('server_version') as words, pg_catalog.pg_is_in_recovery() as standby`,
    [],
    { prepared: false },
  );
  if (!row || row.version < oldestVersion)
    throw new StoreUnusable(
      `The history store is PostgreSQL ${row?.words ?? 'of an unknown version'}; it has to be 14 or newer.`,
      'Name another one in PGDECK_HISTORY_URL.',
    );
  if (row.standby)
    throw new StoreUnusable(
      'The history store is a standby, so nothing can be written there.',
      'Name its primary in PGDECK_HISTORY_URL; it goes on by itself.',
    );
  return row.words;
}

/** Writes a megabyte and takes it back: a full disk shows only when a file grows. */
async function probeWrite(pool: Pool): Promise<void> {
  const undo = new Error('undo');
  await pool
    .transaction(async (run) => {
      await run(
        'create table pgdeck.write_probe as select pg_catalog.repeat(pg_catalog.md5(i::text), 62) as filler from pg_catalog.generate_series(1, 512) as i',
        [],
        { prepared: false },
      );
      throw undo;
    })
    .catch((error) => {
      if (error !== undo) throw error;
    });
}

/** Why the store cannot be used, in sentences; undefined where only one statement was wrong. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof StoreUnusable) return `${error.message} ${error.hint}`;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const known = placeErrors[code];
  if (known) return known.join(' ');
  if (/Query read timeout/.test(message)) return 'The history store does not answer. It is tried again by itself.';
  if (
    isConnectionError(error) ||
    // Of the connection; a statement that took too long has a code of its own.
    (code === '' && /timeout/i.test(message)) ||
    code.startsWith('28') ||
    code.startsWith('53') ||
    code === '3D000'
  ) {
    const { sentence, hint } = describeConnectError(error);
    return `The history store cannot be reached: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)} ${hint}`;
  }
  return undefined;
}

function unexpected(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return `The history store could not be prepared${code ? ` (${code})` : ''}: ${message ?? error}. It is tried again by itself.`;
}
