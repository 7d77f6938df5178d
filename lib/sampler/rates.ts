import type { AnyTopic, Raw } from '@/lib/topics/topic';

/** The counters of one row as they were, in the order of `topic.counters`. */
type Counted = { epoch: unknown; counters: (number | null)[] };

/** The counters of an earlier sample by the identity of their rows. */
export type Earlier = {
  rows: Map<string, Counted>;
  /** Every row that there was is among them: one that is not has begun since. */
  whole: boolean;
};

/** The identity of a row among a topic's rows. */
export function rowKey(topic: AnyTopic, row: Raw): string {
  const columns = topic.key as string[];
  return JSON.stringify(columns.map((column) => row[column]));
}

/**
 * Adds `<counter>_per_second` beside each counter of the rows: the growth since `before` over `seconds`; and keeps their
 * counters in `now`, for the next sample. A rate is null at the first sample of a row and wherever its counters began
 * anew (its epoch column changed, or a counter decreased). Where rows of the topic begin at 0, all that a new one has
 * counted is its growth.
 */
export function addRates(
  topic: AnyTopic,
  before: Earlier | undefined,
  rows: Raw[],
  seconds: number | null,
  now: Earlier,
): void {
  const names = topic.counters as string[] | undefined;
  if (!names?.length) return;
  const rates = names.map((name) => `${name}_per_second`);
  const known = seconds !== null && seconds > 0;
  for (const row of rows) {
    const key = rowKey(topic, row);
    const counters = names.map((name) => (typeof row[name] === 'number' ? row[name] : null));
    const epoch = topic.epoch === undefined ? undefined : row[topic.epoch];
    now.rows.set(key, { epoch, counters });
    const earlier = before?.rows.get(key);
    const began = topic.beginsAtZero === true && before?.whole === true && !earlier;
    const grew = earlier !== undefined && earlier.epoch === epoch && !decreased(earlier.counters, counters);
    rates.forEach((rate, place) => {
      const count = counters[place] ?? null;
      const then = began ? 0 : (earlier?.counters[place] ?? null);
      row[rate] = known && (began || grew) && count !== null && then !== null ? (count - then) / seconds : null;
    });
  }
}

function decreased(before: (number | null)[], now: (number | null)[]): boolean {
  return now.some((count, place) => {
    const then = before[place] ?? null;
    return count !== null && then !== null && count < then;
  });
}
