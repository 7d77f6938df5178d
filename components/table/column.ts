import type { ReactNode } from 'react';

/** What a cell is compared, searched and written to CSV by; null: not there. */
export type Value = string | number | boolean | null;

/** One column of a table. */
export type Column<R> = {
  /** PostgreSQL's own column name where it has one: it stands in the URL, in the CSV and finds the meaning. */
  id: string;
  header: string;
  /** Behind the header, quieter: `sessions`, `ms`. */
  unit?: string;
  value: (row: R) => Value;
  /** What is shown; without it the value, numbers with three significant figures. */
  cell?: (row: R) => ReactNode;
  /** Numbers stand right; a number that is an identity (pid, OID) does too seldom to be one: that is text. */
  kind?: 'text' | 'number' | 'bar';
  /** The one column that takes the rest of the width, its text cut. */
  grow?: boolean;
  /** 3: only from 1024 px; 2: only from 768 px; 1: always. */
  rank?: 1 | 2 | 3;
  /** Not shown until chosen. */
  hidden?: boolean;
  /** Grows by itself from sample to sample (ages): not counted as a change. */
  ticks?: boolean;
  /** Direction of the first click; numbers start with the largest. */
  first?: 'ascending' | 'descending';
  /** Meaning for the head's tooltip, where the topic's own does not fit. */
  meaning?: string;
};

/** Whether a row holds every word of a filter in one of its values. */
export function matches<R>(row: R, columns: Column<R>[], words: string[]): boolean {
  if (words.length === 0) return true;
  const text = columns
    .map((column) => String(column.value(row) ?? ''))
    .join('\n')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Compares two values of a column, ascending; what is not there has been taken out before. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return collator.compare(String(a), String(b));
}

/** Rows in the order of what they have in a column: those that have nothing there last, whichever the direction; ties stay. */
export function sortedBy<T>(rows: T[], value: (row: T) => Value | undefined, descending: boolean): T[] {
  return rows
    .map((row) => ({ row, value: value(row) ?? null }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null);
      return descending ? compare(b.value, a.value) : compare(a.value, b.value);
    })
    .map(({ row }) => row);
}
