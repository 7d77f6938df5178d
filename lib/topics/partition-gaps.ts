/** What one partition takes: from its lower bound to before its upper one; null: MINVALUE or MAXVALUE. */
export type Range = { from: bigint | null; to: bigint | null };

/** The first period that no partition takes; `to` is null where nobody can tell how long it is meant to be. */
export type Gap = { from: bigint; to: bigint | null };

/** How far apart the bounds of one partition are: in steps of the key (µs of a time), or in months of the calendar. */
type Step = { months: number } | { by: bigint };

const dayUs = 86_400_000_000n;

/**
 * The first gap of a table that is partitioned by range of one integer or time. Of times (µs since 1970, of the wall clock
 * where the type knows no zone) it is the period that `now` is in, or the first after it; of integers the first after the
 * lowest partition. Undefined where nothing is missing, or where there is nothing to go by.
 */
export function nextGap(ranges: Range[], now?: bigint): Gap | undefined {
  const sorted = [...ranges].sort((a, b) => compare(a.from, b.from, -1) || compare(a.to, b.to, 1));
  const newest = sorted.at(-1);
  if (!newest) return undefined;
  const start = now ?? sorted.find(({ from }) => from !== null)?.from ?? sorted[0]?.to;
  if (start === null || start === undefined) return undefined;
  let from = start;
  for (const range of sorted) {
    if (range.from !== null && range.from > from) break;
    if (range.to === null) return undefined;
    if (range.to > from) from = range.to;
  }
  const step = stepOf(newest, now !== undefined);
  const next = sorted.find((range) => range.from !== null && range.from > from)?.from ?? null;
  if (now !== undefined && from === now) {
    const began = periodOf(sorted, now, step);
    if (began === undefined) return next === null ? undefined : { from, to: next };
    from = began;
  }
  const to = step ? add(from, step, 1) : null;
  return { from, to: next !== null && (to === null || next < to) ? next : to };
}

/** Where the period begins that a moment in no partition is in: so many steps after the partition before it. */
function periodOf(sorted: Range[], now: bigint, step: Step | undefined): bigint | undefined {
  const before = sorted.flatMap(({ to }) => (to !== null && to <= now ? [to] : [])).sort((a, b) => compare(a, b, 0));
  const last = before.at(-1);
  if (last === undefined || last === now || !step) return last;
  if ('by' in step) return now - ((now - last) % step.by);
  let at = last;
  for (let steps = 1; add(last, step, steps) <= now; steps++) at = add(last, step, steps);
  return at;
}

/** The step of the newest partition with two ends; of times only one that surely comes again. */
function stepOf({ from, to }: Range, timed: boolean): Step | undefined {
  if (from === null || to === null || to <= from) return undefined;
  if (!timed) return { by: to - from };
  const months = monthsBetween(from, to);
  if (months !== undefined) return { months };
  // Days of a zone with summer time are not all as long: only those of UTC, and what is shorter than a day, repeat.
  const sure = to - from < dayUs || (from % dayUs === 0n && (to - from) % dayUs === 0n);
  return sure ? { by: to - from } : undefined;
}

function monthsBetween(from: bigint, to: bigint): number | undefined {
  const [a, b] = [dateOf(from), dateOf(to)];
  const months = 12 * (b.getUTCFullYear() - a.getUTCFullYear()) + b.getUTCMonth() - a.getUTCMonth();
  return months > 0 && addMonths(from, months) === to && a.getUTCDate() === b.getUTCDate() ? months : undefined;
}

function add(from: bigint, step: Step, times: number): bigint {
  return 'by' in step ? from + step.by * BigInt(times) : addMonths(from, step.months * times);
}

function addMonths(from: bigint, months: number): bigint {
  const date = dateOf(from);
  const moved = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate());
  return BigInt(moved) * 1000n + (((from % dayUs) + dayUs) % dayUs);
}

const dateOf = (us: bigint) => new Date(Number(us / 1000n));

/** Null is beyond all others, on the side that `edge` tells. */
function compare(a: bigint | null, b: bigint | null, edge: number): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? edge : -edge;
  return a < b ? -1 : a > b ? 1 : 0;
}
