import type { HistoryConfig } from '@/lib/config';
import type { Reach } from './levels';
import type { Oldest } from './retention';
import type { Store } from './store';

/** What readers need of the store. */
export type ReadStore = Pick<Store, 'on' | 'transaction'>;

/** The store did not answer in time: a sentence. */
export class StoreSlow extends Error {
  override name = 'StoreSlow';
}

/** Whether something thrown is a `StoreSlow`: by its name, for the routes have another copy of the class than who reads. */
export function isStoreSlow(error: unknown): error is StoreSlow {
  return error instanceof Error && error.name === 'StoreSlow';
}

const timeoutMs = 4000;
/** Of the few connections to the store, what readers may take at a time: writing and rolling up go on. */
const mostAtOnce = 2;
const keptForMs = 5000;
const mostKept = 200;
const mostWords = 50_000;
const daySeconds = 86_400;

type Answer = { at: number; value: Promise<unknown> };

/** Asks the store for readers: a few questions at a time, each with a limit of time, the same one once for all who ask. */
export class Reader {
  #store: ReadStore;
  #config: Pick<HistoryConfig, 'rawDays' | 'minuteDays' | 'hourDays'>;
  #oldest: () => Oldest;
  #known: (id: string) => number | undefined;
  #answers = new Map<string, Answer>();
  #words = new Map<number, string>();
  #asking = 0;
  #waiting: (() => void)[] = [];

  /**
   * `oldest` says how far back each level goes in fact: what was too much is dropped before its time. `known` says under
   * which number a server is recorded now.
   */
  constructor(
    store: ReadStore,
    config: Pick<HistoryConfig, 'rawDays' | 'minuteDays' | 'hourDays'>,
    oldest: () => Oldest = () => ({ raw: null, minute: null, hour: null }),
    known: (id: string) => number | undefined = () => undefined,
  ) {
    this.#store = store;
    this.#config = config;
    this.#oldest = oldest;
    this.#known = known;
  }

  /** Whether the store can be asked at all. */
  get on(): boolean {
    return this.#store.on;
  }

  /** Rows of one statement; rejects with `StoreSlow` after four seconds. */
  async rows<Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    const deadline = Date.now() + timeoutMs;
    await this.#turn(deadline);
    try {
      return await this.#store.transaction(async (run) => {
        // Also on the server: a question that nobody waits for any more would hold a connection.
        await run(`set local statement_timeout = ${Math.max(1, deadline - Date.now())}`, [], { prepared: false });
        // Not prepared: the plan goes by how much time is asked for.
        return await run<Row>(text, values, { prepared: false });
      });
    } catch (error) {
      if ((error as { code?: string }).code === '57014' || isCrowded(error)) throw new StoreSlow(slow);
      throw error;
    } finally {
      this.#asking--;
      this.#waiting.shift()?.();
    }
  }

  /** The one value of a statement that answers JSON: much less work than as many rows. */
  async json<T>(text: string, values: unknown[] = []): Promise<T[]> {
    const [row] = await this.rows<{ body: string }>(text, values);
    return JSON.parse(row?.body ?? '[]') as T[];
  }

  async #turn(deadline: number): Promise<void> {
    while (this.#asking >= mostAtOnce) {
      const left = deadline - Date.now();
      if (left <= 0) throw new StoreSlow(slow);
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        timer = setTimeout(() => {
          this.#waiting = this.#waiting.filter((each) => each !== resolve);
          resolve();
        }, left);
      });
      clearTimeout(timer);
    }
    this.#asking++;
  }

  /** What `make` answers, shared by all who ask for the same within five seconds; a failure is not kept. */
  once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known && Date.now() - known.at < keptForMs) return known.value as Promise<T>;
    const value = make();
    this.#answers.delete(key);
    this.#answers.set(key, { at: Date.now(), value });
    value.catch(() => this.#answers.delete(key));
    // Answers can be large: what is too old to be shared goes at once.
    for (const [old, { at }] of this.#answers)
      if (Date.now() - at >= keptForMs || this.#answers.size > mostKept) this.#answers.delete(old);
      else break;
    return value;
  }

  /** How far back each level goes, and up to when it is filled. */
  async reach(): Promise<Reach> {
    const marks = await this.once('watermarks', () =>
      this.rows<{ rollup: string; upto: number }>(
        'select /* pgdeck:read */ w.rollup, extract(epoch from w.upto)::float8 as upto from pgdeck.watermark as w',
      ),
    );
    const now = Date.now() / 1000;
    const { rawDays, minuteDays, hourDays } = this.#config;
    const { raw, minute, hour } = this.#oldest();
    return {
      now,
      kept: {
        raw: keptSince(now - rawDays * daySeconds, raw, minute),
        minute: keptSince(now - minuteDays * daySeconds, minute, hour),
        hour: now - hourDays * daySeconds,
      },
      marks: new Map(marks.map(({ rollup, upto }) => [rollup, upto])),
    };
  }

  /** How many days of samples there are. */
  get rawDays(): number {
    return this.#config.rawDays;
  }

  /** The number under which the store keeps a server; while nobody knows which cluster answers, the one that came last. */
  async serverId(id: string): Promise<number | undefined> {
    return (
      this.#known(id) ??
      this.once(`server ${id}`, async () => {
        const [row] = await this.rows<{ server_id: number }>(
          `select /* pgdeck:read */ s.server_id from pgdeck.server as s where s.id = $1 order by s.first_seen desc, s.server_id desc limit 1`,
          [id],
        );
        return row?.server_id;
      })
    );
  }

  /** The words of ids; ids without one are missing. */
  async words(ids: Iterable<number>): Promise<Map<number, string>> {
    const wanted = [...new Set(ids)].filter((id) => id > 0);
    const missing = wanted.filter((id) => !this.#words.has(id));
    if (missing.length > 0) {
      if (this.#words.size + missing.length > mostWords) this.#words.clear();
      const rows = await this.rows<{ word_id: number; word: string }>(
        'select /* pgdeck:read */ w.word_id, w.word from pgdeck.word as w where w.word_id = any ($1::int4[])',
        [missing],
      );
      for (const { word_id, word } of rows) this.#words.set(word_id, word);
    }
    return new Map(
      wanted.flatMap((id): [number, string][] => {
        const word = this.#words.get(id);
        return word === undefined ? [] : [[id, word]];
      }),
    );
  }

  /** The id of a word, or undefined where nothing was ever recorded under it. */
  async wordId(kind: string, word: string): Promise<number | undefined> {
    const [row] = await this.rows<{ word_id: number }>(
      'select /* pgdeck:read */ w.word_id from pgdeck.word as w where w.kind = $1 and w.word = $2',
      [kind, word],
    );
    return row?.word_id;
  }

  /** Every wait event with its id. */
  async waits(): Promise<Map<number, string>> {
    const rows = await this.once('waits', () =>
      this.rows<{ word_id: number; word: string }>(
        "select /* pgdeck:read */ w.word_id, w.word from pgdeck.word as w where w.kind = 'wait'",
      ),
    );
    return new Map(rows.map(({ word_id, word }) => [word_id, word]));
  }

  /** Where each figure of a series stands in the arrays, by `<series>.<column>`. */
  async metrics(names: string[]): Promise<(number | undefined)[]> {
    const rows = await this.once('metrics', () =>
      this.rows<{ idx: number; name: string }>('select /* pgdeck:read */ m.idx, m.name from pgdeck.metric as m'),
    );
    const byName = new Map(rows.map(({ idx, name }) => [name, idx]));
    return names.map((name) => byName.get(name));
  }
}

/** From when on a level is kept: a level that begins later than the coarser one above it has lost what was before. */
const keptSince = (bound: number, own: number | null, coarser: number | null) =>
  own !== null && coarser !== null && coarser < own - 3600 ? Math.max(bound, own) : bound;

/** No connection to the store was free in time; pg-pool says so in these words only. */
const isCrowded = (error: unknown) =>
  error instanceof Error && error.message === 'timeout exceeded when trying to connect';
const slow = 'The history store did not answer within 4 s. It is busy; try again in a moment.';
