import type { Column } from './column';

/** What differs between the rows that are shown and newer ones. */
export type Difference = {
  added: number;
  /** Keys of rows that are no longer there. */
  ended: Set<string>;
  /** Changed columns by the row's key. */
  changed: Map<string, Set<string>>;
  /** Rows that differ in any way. */
  count: number;
};

/** Compares two sets of rows by key; columns that tick by themselves do not count as changed. */
export function difference<R>(before: R[], after: R[], rowKey: (row: R) => string, columns: Column<R>[]): Difference {
  const newer = new Map(after.map((row) => [rowKey(row), row]));
  const ended = new Set<string>();
  const changed = new Map<string, Set<string>>();
  let known = 0;
  for (const row of before) {
    const key = rowKey(row);
    const now = newer.get(key);
    if (now === undefined) {
      ended.add(key);
      continue;
    }
    known++;
    if (now === row) continue;
    const differing = columns.filter((column) => !column.ticks && column.value(row) !== column.value(now));
    if (differing.length > 0) changed.set(key, new Set(differing.map((column) => column.id)));
  }
  const added = newer.size - known;
  return { added, ended, changed, count: added + ended.size + changed.size };
}
