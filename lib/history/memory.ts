/** A point of a chart: epoch seconds, then one value for each column; null is a gap. */
export type Point = [epochSeconds: number, ...values: (number | null)[]];

type Bucket = { sums: number[]; counts: number[]; maxima: number[] };

/** The narrowest bucket, and how far back memory reaches, in seconds. */
export const bucketSeconds = 10;
export const memorySeconds = 3600;
const steps = [10, 60, 600, 3600];
const mostPoints = 600;

const toBucket = (at: number) => Math.floor(at / 1000 / bucketSeconds) * bucketSeconds;

/** The last hour of every series of one server, in buckets of 10 s aligned to the epoch; bounded. */
export class MemoryHistory {
  #series = new Map<string, Map<number, Bucket>>();
  #lastAt = new Map<string, number>();

  /**
   * Adds one sample taken at `at` (epoch milliseconds); `values` has one entry for each column, null where it is not
   * known. It stands for the time since the sample before where that is at most `coversMs`: a cadence as wide as a
   * bucket would else leave one empty now and then.
   */
  add(series: string, at: number, values: (number | null)[], coversMs = 0): void {
    const bucketAt = toBucket(at);
    const lastAt = this.#lastAt.get(series);
    this.#lastAt.set(series, at);
    if (lastAt !== undefined && at - lastAt <= coversMs)
      for (let between = toBucket(lastAt) + bucketSeconds; between < bucketAt; between += bucketSeconds)
        this.#put(series, between, values);
    this.#put(series, bucketAt, values);
  }

  #put(series: string, bucketAt: number, values: (number | null)[]): void {
    let buckets = this.#series.get(series);
    if (!buckets) {
      buckets = new Map();
      this.#series.set(series, buckets);
    }
    let bucket = buckets.get(bucketAt);
    if (!bucket) {
      bucket = {
        sums: values.map(() => 0),
        counts: values.map(() => 0),
        maxima: values.map(() => Number.NEGATIVE_INFINITY),
      };
      buckets.set(bucketAt, bucket);
      // A clock that was set back left buckets of a time to come: they go too.
      if (buckets.size > memorySeconds / bucketSeconds + 1)
        for (const time of buckets.keys()) if (Math.abs(time - bucketAt) > memorySeconds) buckets.delete(time);
    }
    values.forEach((value, column) => {
      if (value === null || !Number.isFinite(value)) return;
      bucket.sums[column] = (bucket.sums[column] ?? 0) + value;
      bucket.counts[column] = (bucket.counts[column] ?? 0) + 1;
      bucket.maxima[column] = Math.max(bucket.maxima[column] ?? value, value);
    });
  }

  /** Epoch seconds of the oldest bucket that is remembered of a series; undefined before its first sample. */
  since(series: string): number | undefined {
    return this.#series.get(series)?.keys().next().value;
  }

  /** What is known of one bucket (epoch seconds), by the series' way to put samples together; undefined: nothing. */
  bucket(series: string, at: number, aggregate: 'average' | 'maximum'): (number | null)[] | undefined {
    const bucket = this.#series.get(series)?.get(at);
    return bucket?.counts.map((count, column) => {
      if (count === 0) return null;
      return aggregate === 'maximum' ? (bucket.maxima[column] ?? null) : (bucket.sums[column] ?? 0) / count;
    });
  }

  /**
   * The points from `from` to `to` (epoch seconds) in steps of `step` seconds (missing: the smallest that gives at most
   * 600 points). Every bucket of the range is there but the last where it has no sample yet;
   * one without a sample has null values.
   */
  read(
    series: string,
    columns: number,
    aggregate: 'average' | 'maximum',
    range: { from: number; to: number; step?: number | undefined },
  ): { step: number; points: Point[] } {
    const step = range.step ?? steps.find((width) => (range.to - range.from) / width <= mostPoints) ?? 3600;
    const buckets = this.#series.get(series);
    const points: Point[] = [];
    const first = Math.max(Math.floor(range.from / step) * step, Math.floor((range.to - memorySeconds) / step) * step);
    for (let at = first; at <= range.to; at += step) {
      const values: (number | null)[] = [];
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        let count = 0;
        let maximum = Number.NEGATIVE_INFINITY;
        for (let inner = at; inner < at + step; inner += bucketSeconds) {
          const bucket = buckets?.get(Math.floor(inner / bucketSeconds) * bucketSeconds);
          const samples = bucket?.counts[column] ?? 0;
          if (!bucket || samples === 0) continue;
          sum += bucket.sums[column] ?? 0;
          count += samples;
          maximum = Math.max(maximum, bucket.maxima[column] ?? maximum);
        }
        values.push(count === 0 ? null : aggregate === 'maximum' ? maximum : sum / count);
      }
      points.push([at, ...values]);
    }
    // The bucket that has just begun is not a gap yet.
    if (
      points
        .at(-1)
        ?.slice(1)
        .every((value) => value === null)
    )
      points.pop();
    return { step, points };
  }
}
