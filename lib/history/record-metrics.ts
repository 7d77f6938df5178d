import type { Series } from '@/lib/topics/topic';
import { bucketSeconds, type MemoryHistory } from './memory';

/** The figures of every series in ten seconds, by `<series>.<column>`; what is not known is missing. */
export type MetricBucket = { ts: number; figures: Map<string, number> };

type Sampled = { series: Series; values: (number | null)[]; at: number; cadenceMs: number };

const mostBuckets = 60;

/**
 * Series on their way to the store: buckets of ten seconds, taken from memory. A bucket is taken ten seconds after its
 * end: a series asked each ten seconds leaves one empty now and then, which its next sample fills.
 */
export class MetricRecorder {
  #memory: MemoryHistory;
  #series = new Map<string, Sampled>();
  #upto: number | undefined;

  constructor(memory: MemoryHistory) {
    this.#memory = memory;
  }

  /** Notes a sample that memory has taken already; `at` is epoch milliseconds. */
  note(series: Series, values: (number | null)[], at: number, cadenceMs: number): void {
    this.#series.set(series.id, { series, values, at, cadenceMs });
    this.#upto ??= Math.floor(at / 1000 / bucketSeconds) * bucketSeconds;
  }

  /** The buckets that are whole at `now` (epoch seconds); up to the running one where `all` are wanted. */
  cut(now: number, all = false): MetricBucket[] {
    if (this.#upto === undefined) return [];
    const running = Math.floor(now / bucketSeconds) * bucketSeconds;
    const end = all ? running + bucketSeconds : running - bucketSeconds;
    // The clock was set, or nobody asked for long: what lies between was not recorded.
    if (this.#upto > end + 2 * bucketSeconds || this.#upto < end - mostBuckets * bucketSeconds)
      this.#upto = end - bucketSeconds;
    const buckets: MetricBucket[] = [];
    for (; this.#upto < end; this.#upto += bucketSeconds) {
      const figures = this.#figures(this.#upto);
      if (figures.size > 0) buckets.push({ ts: this.#upto, figures });
    }
    return buckets;
  }

  /** Forgets what is not stored yet. */
  clear(): void {
    this.#series.clear();
    this.#upto = undefined;
  }

  #figures(ts: number): Map<string, number> {
    const figures = new Map<string, number>();
    for (const sampled of this.#series.values()) {
      const { id, columns, aggregate } = sampled.series;
      const values = this.#memory.bucket(id, ts, aggregate) ?? between(sampled, ts);
      values?.forEach((value, column) => {
        if (value !== null && Number.isFinite(value)) figures.set(`${id}.${columns[column]}`, value);
      });
    }
    return figures;
  }
}

/** A series that is asked less often than each bucket: its newest sample stands until the next one is late. */
function between({ values, at, cadenceMs }: Sampled, ts: number): (number | null)[] | undefined {
  const age = (ts + bucketSeconds) * 1000 - at;
  return cadenceMs > bucketSeconds * 1000 && age > 0 && age <= 1.6 * cadenceMs ? values : undefined;
}
