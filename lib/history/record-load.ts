import type { LoadSample, Slice } from './load-sample';
import { bucketSeconds } from './memory';
import type { StoredRow, StoredTable, WordKind } from './stored-row';

const table: StoredTable = {
  name: 'session_raw',
  columns: [
    ['covered', 'float4'],
    ['at', 'int2[]'],
    ['seconds', 'float4[]'],
    ['pid', 'int4[]'],
    ['wait', 'int4[]'],
    ['sid', 'int8[]'],
    ['usr', 'int4[]'],
    ['app', 'int4[]'],
    ['db', 'int4[]'],
    ['client', 'int4[]'],
    ['blocker', 'int4[]'],
  ],
};

const entryBytes = 60;
const short = (seconds: number) => Number(seconds.toPrecision(5));

/** Samples of load on their way to the store: one row for each ten seconds. */
export class LoadRecorder {
  #at: number | undefined;
  #samples: LoadSample[] = [];
  #closed: StoredRow[] = [];

  /** Adds one sample to the ten seconds that it ends in. */
  add(sample: LoadSample): void {
    const bin = Math.floor(sample.at / 1000 / bucketSeconds) * bucketSeconds;
    if (this.#at !== undefined && this.#at !== bin) this.#close();
    this.#at = bin;
    this.#samples.push(sample);
  }

  /** The rows that are whole at `now` (epoch seconds); all of them where it is not told. */
  cut(now = Number.POSITIVE_INFINITY): StoredRow[] {
    if (this.#at !== undefined && (this.#at + bucketSeconds <= now || this.#at > now)) this.#close();
    return this.#closed.splice(0);
  }

  /** Forgets what is not stored yet. */
  clear(): void {
    this.#at = undefined;
    this.#samples = [];
    this.#closed = [];
  }

  #close(): void {
    const samples = this.#samples;
    if (this.#at !== undefined && samples.length > 0) this.#closed.push(toRow(this.#at, samples));
    this.#at = undefined;
    this.#samples = [];
  }
}

/** What one backend did in ten seconds: from which of them on, and for how long in all. */
type Entry = { slice: Slice; pid: number; blocker: number; at: number; seconds: number };

/** One entry for each backend that did the same all the time: who waits is seen in each sample, and stored once. */
function entriesOf(ts: number, samples: LoadSample[]): Entry[] {
  const known = new Map<Slice, Map<string, Entry>>();
  for (const { at, seconds, entries } of samples)
    for (const { slice, pid, blocker } of entries) {
      const own = known.get(slice) ?? new Map<string, Entry>();
      known.set(slice, own);
      const entry = own.get(`${pid} ${blocker}`);
      if (entry) entry.seconds += seconds;
      else own.set(`${pid} ${blocker}`, { slice, pid, blocker, at: Math.floor(at / 1000) - ts, seconds });
    }
  return [...known.values()].flatMap((own) => [...own.values()]);
}

function toRow(ts: number, samples: LoadSample[]): StoredRow {
  const entries = entriesOf(ts, samples);
  const words = new Map<string, readonly [WordKind, string]>();
  const want = (kind: WordKind, word: string | null) => {
    if (word !== null) words.set(`${kind} ${word}`, [kind, word]);
  };
  for (const { slice } of entries) {
    want('wait', slice.wait);
    // Roll-ups keep only the class of a wait for long, and look it up as a word.
    want('wait', slice.wait.split(':')[0] ?? null);
    want('user', slice.user);
    want('application', slice.application);
    want('database', slice.database);
    want('client', slice.client);
  }
  const array = (value: (entry: (typeof entries)[number]) => string | number) => `{${entries.map(value).join(',')}}`;
  return {
    table,
    ts,
    seconds: bucketSeconds,
    words: words.values(),
    values: (id) => [
      short(samples.reduce((sum, { seconds }) => sum + seconds, 0)),
      array(({ at }) => at),
      array(({ seconds }) => short(seconds)),
      array(({ pid }) => pid),
      array(({ slice }) => id('wait', slice.wait)),
      array(({ slice }) => slice.sid),
      array(({ slice }) => id('user', slice.user)),
      array(({ slice }) => id('application', slice.application)),
      array(({ slice }) => id('database', slice.database)),
      array(({ slice }) => id('client', slice.client)),
      array(({ blocker }) => blocker),
    ],
    bytes: 500 + entries.length * entryBytes,
  };
}
