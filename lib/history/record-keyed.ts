import type { Raw } from '@/lib/topics/topic';
import { type Folding, otherKey, type RecordedColumn, type Recording } from './recordings';
import type { StoredRow, StoredTable, WordKind } from './stored-row';

type Figures = (number | null)[];

/** Which column of a topic's row a figure is read from. */
type Read = { source: string; fold: Folding };

/** What is recorded of each key in one interval. */
type Interval = { ts: number; seconds: number; keys: Map<string, Figures> };

const wholeEverySeconds = 3600;
/** Rows that one answer is spread over at most. */
const mostParts = 10;
const bytesOfKey = 60;
const bytesOfFigure = 12;

/** One figure put to what there is: added, the newest, the greatest. */
function fold(how: Folding, before: number | null, more: number | null): number | null {
  if (more === null || how === 'last') return more ?? before;
  if (before === null) return more;
  return how === 'sum' ? before + more : Math.max(before, more);
}

/** What is added up of the rows of one topic between two stored rows; keys are what `recording.identity` says, databases by name. */
export class KeyedRecorder {
  readonly recording: Recording;
  readonly #table: StoredTable;
  #interval: Interval | undefined;
  #closed: StoredRow[] = [];
  #ahead = new Map<number, Map<string, Figures>>();
  /** The newest figures that are no sums, as they were stored last. */
  #stored = new Map<string, Figures>();
  #wholeAt = Number.NEGATIVE_INFINITY;
  readonly #keepsNewest: boolean;
  readonly #reads: Read[];

  constructor(recording: Recording) {
    this.recording = recording;
    this.#keepsNewest = recording.columns.some((column) => column.fold !== 'sum');
    this.#reads = recording.columns.map(({ name, from = name, fold: how }) => ({
      source: how === 'sum' ? `${from}_per_second` : from,
      fold: how,
    }));
    this.#table = {
      name: `${recording.id}_raw`,
      columns: [
        ['seconds', 'float4'],
        ['key', 'int8[]'],
        ...recording.columns.map(({ name, type }) => [name, `${type}[]`] as const),
      ],
    };
  }

  /**
   * Adds the rows of one snapshot, each under its key; `seconds` is the time over which its rates were taken, null where
   * nothing is known of what was added. `covers`: these rows are what the stored row's seconds are told from; what is
   * asked more rarely is spread over the rows that follow, or it would look like a spike in one.
   */
  add(rows: Raw[], keyOf: (row: Raw) => string, at: number, seconds: number | null, covers: boolean): void {
    const { everySeconds } = this.recording;
    const ts = Math.floor(at / 1000 / everySeconds) * everySeconds;
    if (this.#interval && this.#interval.ts !== ts) this.#close();
    this.#interval ??= { ts, seconds: 0, keys: this.#begun(ts) };
    if (covers) this.#interval.seconds += seconds ?? 0;
    const parts = covers || seconds === null ? 1 : Math.min(mostParts, Math.max(1, Math.round(seconds / everySeconds)));
    for (const row of rows) {
      const more = this.#reads.map((read) => figureOf(read, row, seconds));
      // Of thousands of statements few did anything: only those are worth a key.
      if (!this.#keepsNewest && !more.some((figure) => figure)) continue;
      const key = keyOf(row);
      if (parts === 1) this.#put(this.#interval.keys, key, more);
      else this.#spread(this.#interval, key, more, parts);
    }
  }

  #put(keys: Map<string, Figures>, key: string, more: Figures): void {
    const figures = keys.get(key);
    if (!figures) keys.set(key, more);
    else
      this.recording.columns.forEach((column, place) => {
        figures[place] = fold(column.fold, figures[place] ?? null, more[place] ?? null);
      });
  }

  #spread({ ts, keys }: Interval, key: string, figures: Figures, parts: number): void {
    const { columns, everySeconds } = this.recording;
    const added = columns.some((column, place) => column.fold === 'sum' && figures[place]);
    for (let part = 0; part < (added ? parts : 1); part++) {
      const share = columns.map((column, place): number | null => {
        const figure = figures[place] ?? null;
        if (column.fold !== 'sum') return part === 0 ? figure : null;
        if (figure === null || column.type !== 'int8') return figure === null ? null : figure / parts;
        // Whole numbers that sum to the whole.
        return Math.round((figure * (part + 1)) / parts) - Math.round((figure * part) / parts);
      });
      const at = ts + part * everySeconds;
      const later = this.#ahead.get(at) ?? new Map<string, Figures>();
      if (part > 0) this.#ahead.set(at, later);
      this.#put(part === 0 ? keys : later, key, share);
    }
  }

  /** What is already known of an interval when it begins. */
  #begun(ts: number): Map<string, Figures> {
    const keys = this.#ahead.get(ts) ?? new Map<string, Figures>();
    for (const at of this.#ahead.keys())
      if (at <= ts || at > ts + mostParts * this.recording.everySeconds) this.#ahead.delete(at);
    return keys;
  }

  /** The rows that are whole at `now` (epoch seconds); all of them where it is not told. */
  cut(now = Number.POSITIVE_INFINITY): StoredRow[] {
    const { everySeconds } = this.recording;
    if (this.#interval && (this.#interval.ts + everySeconds <= now || this.#interval.ts > now)) this.#close();
    return this.#closed.splice(0);
  }

  /** Forgets what is not stored yet, and what was stored last. */
  clear(): void {
    this.#interval = undefined;
    this.#closed = [];
    this.#ahead.clear();
    this.#stored.clear();
    this.#wholeAt = Number.NEGATIVE_INFINITY;
  }

  #close(): void {
    const interval = this.#interval;
    this.#interval = undefined;
    if (!interval) return;
    // All rows once an hour, so that the newest figure of a row that never changes is found without reading far back.
    const whole = this.#keepsNewest && Math.abs(interval.ts - this.#wholeAt) >= wholeEverySeconds;
    if (whole) {
      this.#wholeAt = interval.ts;
      this.#stored.clear();
    }
    const changed = [...interval.keys].filter(([key, figures]) => whole || this.#changed(key, figures));
    if (this.#keepsNewest)
      for (const [key, figures] of changed) {
        const stored = this.#stored.get(key);
        this.#stored.set(
          key,
          figures.map((figure, place) => figure ?? stored?.[place] ?? null),
        );
      }
    if (changed.length > 0 || interval.seconds > 0) this.#closed.push(this.#toRow(interval, this.#most(changed)));
  }

  #changed(key: string, figures: Figures): boolean {
    const stored = this.#stored.get(key);
    return this.recording.columns.some(({ fold: how }, place) =>
      how === 'sum'
        ? (figures[place] ?? 0) !== 0
        : figures[place] != null && figures[place] !== (stored?.[place] ?? null),
    );
  }

  /** The greatest by `rank`; what was added by all others is one more row, so that sums stay true. */
  #most(rows: [string, Figures][]): [string, Figures][] {
    const { columns, most, rank } = this.recording;
    if (rows.length <= most.raw) return rows;
    const place = columns.findIndex(({ name }) => name === rank);
    const sorted = rows.sort((a, b) => (b[1][place] ?? 0) - (a[1][place] ?? 0));
    const rest = columns.map((column, at) =>
      column.fold === 'sum' ? sorted.slice(most.raw).reduce((sum, row) => sum + (row[1][at] ?? 0), 0) : null,
    );
    return [...sorted.slice(0, most.raw), [otherKey, rest]];
  }

  #toRow({ ts, seconds }: Interval, rows: [string, Figures][]): StoredRow {
    const { columns, identity, everySeconds } = this.recording;
    const words: [WordKind, string][] =
      identity === 'database' ? rows.flatMap(([key]) => (key === otherKey ? [] : [['database', key]])) : [];
    return {
      table: this.#table,
      ts,
      seconds: everySeconds,
      words,
      values: (id) => [
        Number(seconds.toPrecision(6)),
        `{${rows.map(([key]) => (identity === 'database' && key !== otherKey ? id('database', key) : key)).join(',')}}`,
        ...columns.map(({ type }, place) => `{${rows.map(([, figures]) => written(type, figures[place])).join(',')}}`),
      ],
      bytes: 500 + rows.length * (bytesOfKey + bytesOfFigure * columns.length),
    };
  }
}

function figureOf({ source, fold: how }: Read, row: Raw, seconds: number | null): number | null {
  const value = row[source];
  if (typeof value !== 'number') return null;
  return how === 'sum' ? (seconds === null ? null : value * seconds) : value;
}

function written(type: RecordedColumn['type'], figure: number | null | undefined): string {
  if (figure === null || figure === undefined || !Number.isFinite(figure)) return 'NULL';
  return String(type === 'int8' ? Math.round(figure) : Number(figure.toPrecision(7)));
}
