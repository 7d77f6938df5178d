import type { Range } from '@/lib/client/queries';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { momentText } from './time-ticks';

/** The figures of a chart that its sentence is made of; undefined where there is no sample. */
export type Summary = {
  /** The newest value, and when. */
  now: number;
  at: number;
  /** The first value of the range, and the least and the greatest with their times. */
  first: number;
  lowest: number;
  mean: number;
  highest: number;
  highestAt: number;
  /** Share of the range that has samples, 0 to 1. */
  covered: number;
  /** The newest value is too old to be called now: what came after it is not known. */
  outdated: boolean;
};

/** For how long a value may go without a newer one and still be called now, in seconds. */
export const nowSeconds = 30;

/** Sums up columns of a series added together (all of a stack, or one line). */
export function summarise(series: SeriesAnswer | undefined, columns: string[]): Summary | undefined {
  if (!series) return undefined;
  const indexes = columns.map((column) => series.columns.indexOf(column) + 1).filter((index) => index > 0);
  const known: [number, number][] = [];
  for (const point of series.points) {
    const values = indexes.map((index) => point[index]);
    if (values.every((value) => value === null || value === undefined)) continue;
    known.push([point[0] as number, values.reduce<number>((sum, value) => sum + (value ?? 0), 0)]);
  }
  const newest = known.at(-1);
  const oldest = known[0];
  if (!newest || !oldest) return undefined;
  const highest = known.reduce((best, point) => (point[1] > best[1] ? point : best));
  return {
    now: newest[1],
    at: newest[0],
    first: oldest[1],
    lowest: Math.min(...known.map(([, value]) => value)),
    mean: known.reduce((sum, [, value]) => sum + value, 0) / known.length,
    highest: highest[1],
    highestAt: highest[0],
    covered: known.length / series.points.length,
    outdated: (series.points.at(-1)?.[0] ?? 0) - newest[0] >= Math.max(nowSeconds, 1.5 * series.step),
  };
}

/** A range that does not move with the time in one sentence: its mean, and the most with its moment. */
export function pastSentence(
  series: SeriesAnswer,
  columns: string[],
  text: (value: number) => string,
  folded: 'mean' | 'most' = 'mean',
): string {
  const found = summarise(series, columns);
  if (!found) return 'No sample in this time.';
  if (found.highest === 0) return `${text(0)} all the time.`;
  const highest = `${text(rounded(found.highest))}, at ${momentOf(series, found.highestAt)}`;
  return folded === 'most' ? `At most ${highest}.` : `${text(rounded(found.mean))} on average; highest ${highest}.`;
}

const rounded = (value: number) => (value >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/** A moment of a series as its sentence names it: with the day where the series is longer than one. */
export function momentOf(series: SeriesAnswer, at: number): string {
  return momentText(at, series.points.length * series.step, Math.max(60, series.step));
}

/** The narrowest span that a chart of the last minutes shows, in seconds. */
const leastSpan = 300;

/**
 * The ends of a chart, epoch seconds. A moving range begins with the first sample where pgdeck has not watched for all
 * of it: the time before is not a gap in the server, and would leave the chart of a new start empty. `now` in epoch
 * seconds: no moving range goes beyond.
 */
export function chartSpan(
  series: SeriesAnswer | undefined,
  range: Range,
  now = Number.POSITIVE_INFINITY,
): { from: number; to: number; since: number | null } {
  if ('to' in range) return { ...range, since: null };
  const last = series?.points.at(-1)?.[0] ?? 0;
  // The newest stretch may only have begun.
  const to = Math.max(last, Math.min(last + (series?.step ?? 0), now));
  const whole = to - range.last;
  const first = series?.points.find((point) => point.slice(1).some((value) => value !== null))?.[0] ?? null;
  if (first === null || first <= whole + (series?.step ?? 0)) return { from: whole, to, since: null };
  return { from: Math.max(whole, Math.min(first, to - leastSpan)), to, since: first };
}

/** The newest value of one column that is not a gap, at `until` (epoch seconds) or before. */
export function latest(
  series: SeriesAnswer | undefined,
  column: string,
  until = Number.POSITIVE_INFINITY,
): number | null {
  const index = (series?.columns.indexOf(column) ?? -1) + 1;
  if (!series || index === 0) return null;
  for (let at = series.points.length - 1; at >= 0; at--) {
    const point = series.points[at];
    const value = point?.[index];
    if (value !== null && value !== undefined && (point?.[0] ?? 0) <= until) return value;
  }
  return null;
}

/** The points of a series with an empty one wherever a stretch has none, so that no line bridges what is not known. */
export function withHoles({ points, step, columns }: SeriesAnswer): (number | null)[][] {
  const whole: (number | null)[][] = [];
  let before: number | undefined;
  for (const point of points) {
    const at = point[0] as number;
    if (before !== undefined && at - before > 1.5 * step) whole.push([before + step, ...columns.map(() => null)]);
    whole.push(point);
    before = at;
  }
  return whole;
}

/**
 * Runs of points without any sample, as spans of epoch seconds: what a chart shades and never bridges. What is still to
 * come after `now` is no gap.
 */
export function gaps(
  series: SeriesAnswer,
  from: number,
  to: number,
  now = Number.POSITIVE_INFINITY,
): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let start: number | undefined;
  let last: number | undefined;
  for (const point of withHoles(series)) {
    const at = point[0] as number;
    const empty = point.slice(1).every((value) => value === null || value === undefined);
    if (empty) start ??= last ?? from;
    else {
      if (start !== undefined) found.push({ from: start, to: at });
      else if (last === undefined && at - from > 3 * series.step) found.push({ from, to: at });
      start = undefined;
      last = at;
    }
  }
  const end = last ?? from;
  const known = Math.min(to, now);
  if (start !== undefined || known - end > 3 * series.step)
    found.push({ from: last === undefined ? from : Math.min(start ?? end, end), to: known });
  return found
    .map((gap) => ({ from: Math.max(gap.from, from), to: Math.min(gap.to, known) }))
    .filter((gap) => gap.to > gap.from);
}
