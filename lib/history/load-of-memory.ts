import { waitClasses } from '@/lib/topics/connections';
import type { LoadBy } from './answers';
import type { Range } from './levels';
import { classOfWait, type LoadFilter } from './load-filter';
import type { Slice } from './load-sample';
import { bucketSeconds, memorySeconds } from './memory';
import type { LoadBin, LoadMemory } from './memory-load';
import { type Points, toPoints } from './points';
import type { LoadBySlice } from './read-top';
import { restKey } from './roll-up';

const mostKeys = 9;

/** What a slice is called by one of the ways to slice; empty is none. */
function nameOf(slice: Slice, by: LoadBy): string {
  if (by === 'class') return classOfWait(slice.wait);
  return (by === 'statement' ? slice.sid : slice[by]) ?? '';
}

const fits = (slice: Slice, filters: LoadFilter[]) => filters.every(({ by, value }) => nameOf(slice, by) === value);

/** Whether memory knows load all the time from `from` to `to`: nothing is missing but what has just begun. */
export function remembersLoad(memory: LoadMemory, { from, to }: Range): boolean {
  const bins = memory.read({ from: from - bucketSeconds, to: to + bucketSeconds });
  const [first] = bins;
  return first !== undefined && first.at <= from && bins.length * bucketSeconds >= to - from - 3 * bucketSeconds;
}

/** Load over time from memory. */
export function memoryLoad(
  memory: LoadMemory,
  by: LoadBy,
  filters: LoadFilter[],
  range: Range & { step: number },
  now: number,
): { step: number; columns: string[]; points: Points; source: 'memory' } {
  const { step } = range;
  const end = Math.ceil(Math.min(range.to, now) / step) * step;
  // Of a year memory knows an hour: the rest is no point at all, not millions of empty ones.
  const first = Math.max(Math.floor(range.from / step) * step, Math.floor((end - memorySeconds) / step) * step);
  const bins = memory.read({ from: first, to: end });
  const { entries } = memorySlices(bins, by, filters, range);
  const columns = by === 'class' ? [...waitClasses] : [...greatestOf(entries), 'other'];
  const sums = new Map<number, { covered: number; seconds: number[] }>();
  for (const { at, covered, slices, seconds } of bins) {
    const bucket = Math.floor(at / step) * step;
    const sum = sums.get(bucket) ?? { covered: 0, seconds: columns.map(() => 0) };
    sums.set(bucket, sum);
    sum.covered += covered;
    slices.forEach((slice, place) => {
      if (!fits(slice, filters)) return;
      const own = (columns as string[]).slice(0, by === 'class' ? undefined : -1).indexOf(nameOf(slice, by));
      const column = own < 0 ? columns.length - 1 : own;
      sum.seconds[column] = (sum.seconds[column] ?? 0) + (seconds[place] ?? 0);
    });
  }
  const points = toPoints({ first, end, step }, columns.length, now, (bucket) => {
    const sum = sums.get(bucket);
    return sum && sum.covered > 0 ? sum.seconds.map((seconds) => seconds / sum.covered) : undefined;
  });
  return { step, columns, points, source: 'memory' };
}

function greatestOf(entries: LoadBySlice['entries']): string[] {
  const sums = new Map<string, number>();
  for (const { key, seconds } of entries) sums.set(key, (sums.get(key) ?? 0) + seconds);
  return [...sums]
    .filter(([key]) => key !== restKey)
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostKeys)
    .map(([key]) => key);
}

/** What caused load in some bins. */
export function memorySlices(bins: LoadBin[], by: LoadBy, filters: LoadFilter[], { from, to }: Range): LoadBySlice {
  let covered = 0;
  const entries: LoadBySlice['entries'] = [];
  for (const bin of bins) {
    covered += bin.covered;
    bin.slices.forEach((slice, place) => {
      if (!fits(slice, filters)) return;
      const key = slice.sid === restKey && by !== 'class' && by !== 'wait' ? restKey : nameOf(slice, by);
      entries.push({ key, waitClass: classOfWait(slice.wait), seconds: bin.seconds[place] ?? 0 });
    });
  }
  const down = (at: number) => Math.floor(at / bucketSeconds) * bucketSeconds;
  return { from: down(from), to: down(to), covered, source: 'memory', entries };
}
