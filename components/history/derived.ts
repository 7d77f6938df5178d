import { momentOf, summarise } from '@/components/charts/summary';
import type { SeriesAnswer } from '@/lib/client/shapes';

/** A series of one figure made from columns of another: the parts of a point by name; null is a gap. */
export function derived(
  series: SeriesAnswer,
  column: string,
  from: (point: (name: string) => number | null) => number | null,
): SeriesAnswer {
  const index = new Map(series.columns.map((name, at) => [name, at + 1]));
  return {
    ...series,
    columns: [column],
    points: series.points.map((point) => [point[0] as number, from((name) => point[index.get(name) ?? -1] ?? null)]),
  };
}

/** One figure over another; null where either is not known or nothing was counted. */
export function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : part / whole;
}

/** A chart of one figure in a sentence: now, from what, and the highest. */
export function figureSentence(series: SeriesAnswer, columns: string[], text: (value: number) => string): string {
  const found = summarise(series, columns);
  if (!found) return 'No sample in this time.';
  if (found.highest === found.lowest) return `${text(found.now)} all this time.`;
  return `${text(found.now)} last, ${text(found.first)} at first; highest ${text(found.highest)}, at ${momentOf(series, found.highestAt)}.`;
}
