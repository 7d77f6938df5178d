import { csvCell } from '@/components/table/csv';
import type { SeriesAnswer } from '@/lib/history/answers';

/** Points as CSV (RFC 4180) with a head: the time as ISO 8601, then a column for each figure; a gap is an empty cell. */
export function seriesCsv({ columns, labels, points }: SeriesAnswer): string {
  const head = ['time', ...columns.map((column) => labels?.[column] ?? (column || '(none)'))];
  const lines = points.map(([at, ...values]) => [new Date((at ?? 0) * 1000).toISOString(), ...values]);
  return [head, ...lines].map((cells) => `${cells.map((cell) => csvCell(cell ?? null)).join(',')}\r\n`).join('');
}
