import type { ColumnLook } from './look';

/** Where the name of a band stands in a plot, in px from its upper left corner. */
export type BandLabel = { column: string; label: string; x: number; y: number };

const half = 30;
const tall = 20;
const letter = 6.2;

/**
 * Names of the bands of a stack that are tall enough at its right end to hold them; none on a plot too small for that.
 * `points` by column name with their time as `t`; `most` is the value at the top of the plot.
 */
export function bandLabels(
  points: Record<string, number | null>[],
  looks: ColumnLook[],
  { from, to, most, width, height }: { from: number; to: number; most: number; width: number; height: number },
): BandLabel[] {
  if (looks.length < 2 || height < 180 || width < 360 || !(most > 0) || to <= from) return [];
  const last = points.findLast((point) => looks.some(({ column }) => typeof point[column] === 'number'))?.t ?? to;
  const x = Math.min(width, ((last - from) / (to - from)) * width) - half - 6;
  if (x < half) return [];
  const time = (px: number) => from + (px / width) * (to - from);
  const near = points.filter(({ t }) => t !== null && t !== undefined && t >= time(x - half) && t <= time(x + half));
  if (near.length === 0 || near.some((point) => looks.every(({ column }) => point[column] === null))) return [];
  const sums = near.map(() => 0);
  return looks.flatMap(({ column, label }) => {
    const below = Math.max(...sums);
    near.forEach((point, index) => {
      sums[index] = (sums[index] ?? 0) + (point[column] ?? 0);
    });
    const above = Math.min(...sums);
    const px = ((above - below) / most) * height;
    // A long name would not stand in one line: the legend has it.
    return px >= tall && label.length * letter <= 2 * half + 8
      ? [{ column, label, x, y: height * (1 - (above + below) / 2 / most) }]
      : [];
  });
}
