import type { AnyTopic, Raw } from '@/lib/topics/topic';

/** The identity of a row among a topic's rows. */
export function rowKey(topic: AnyTopic, row: Raw): string {
  const columns = topic.key as string[];
  return JSON.stringify(columns.map((column) => row[column]));
}

/**
 * Rows with `<counter>_per_second` beside each counter: the growth since `before` over `seconds`. It is null at the
 * first sample of a row and wherever its counters began anew (its epoch column changed, or a counter decreased).
 */
export function withRates(topic: AnyTopic, before: Raw[] | undefined, after: Raw[], seconds: number | null): Raw[] {
  const counters = topic.counters as string[] | undefined;
  if (!counters?.length) return after;
  const earlier = before && seconds ? new Map(before.map((row) => [rowKey(topic, row), row])) : undefined;
  return after.map((row) => {
    const previous = earlier?.get(rowKey(topic, row));
    const sameEpoch =
      previous !== undefined &&
      (topic.epoch === undefined || previous[topic.epoch] === row[topic.epoch]) &&
      counters.every((column) => !(Number(row[column]) < Number(previous[column])));
    const rated: Raw = { ...row };
    for (const column of counters) {
      const now = row[column];
      const then = previous?.[column];
      rated[`${column}_per_second`] =
        sameEpoch && seconds && typeof now === 'number' && typeof then === 'number' ? (now - then) / seconds : null;
    }
    return rated;
  });
}
