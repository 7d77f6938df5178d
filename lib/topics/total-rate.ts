import type { Rates } from './topic';

/** A rate over all rows; null where none has one: at the first sample, or of rows that all began just now. */
export function totalRate(rows: Rates[], rate: keyof Rates): number | null {
  const known = rows.map((row) => row[rate]).filter((value) => typeof value === 'number');
  return known.length > 0 ? known.reduce((sum, value) => sum + value, 0) : null;
}
