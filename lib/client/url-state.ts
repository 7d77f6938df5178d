'use client';

import { createParser, parseAsString, useQueryState, useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import type { Range } from './queries';

/** How a table is sorted. */
export type Sort = { column: string; descending: boolean };

const parseSort = createParser<Sort>({
  parse: (text) => {
    const match = /^([a-z0-9_]+)\.(asc|desc)$/i.exec(text);
    return match?.[1] ? { column: match[1], descending: match[2] === 'desc' } : null;
  },
  serialize: ({ column, descending }) => `${column}.${descending ? 'desc' : 'asc'}`,
  eq: (a, b) => a.column === b.column && a.descending === b.descending,
});

/** The sorting in the URL (`?sort=age.desc`); null: the table's own. */
export function useSort(): [Sort | null, (sort: Sort | null) => void] {
  const [sort, setSort] = useQueryState('sort', parseSort);
  return [sort, (next) => void setSort(next)];
}

/** What a page is filtered by: words that rows must hold, and fields such as `state`. */
export type Filter = { text: string; fields: Record<string, string> };

const field = /(^|\s)([a-z_]+):(?:"([^"]*)"|(\S+))/g;

/** Reads `state:"idle in transaction" billing` as a field and words. */
export function parseFilter(text: string): Filter {
  const fields: Record<string, string> = {};
  const words = text.replace(field, (_all, _space, name: string, quoted?: string, plain?: string) => {
    fields[name] = quoted ?? plain ?? '';
    return ' ';
  });
  return { text: words.trim().replace(/\s+/g, ' '), fields };
}

/** Writes a filter as the URL holds it; empty parts are left out. */
export function printFilter({ text, fields }: Filter): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== '')
    .map(
      ([name, value]) =>
        `${name}:${/^\S+$/.test(value) && !value.includes('"') ? value : `"${value.replaceAll('"', '')}"`}`,
    );
  return [...parts, text.trim()].filter(Boolean).join(' ');
}

/** The filter in the URL (`?filter=state:active billing`). */
export function useFilter(): [Filter, (filter: Filter) => void] {
  const [text, setText] = useQueryState('filter', parseAsString.withDefault('').withOptions({ throttleMs: 300 }));
  const filter = useMemo(() => parseFilter(text), [text]);
  return [filter, (next) => void setText(printFilter(next) || null)];
}

/** The database in the URL; null: all of them, or the one of the server's URL where a topic is asked by database. */
export function useDatabase(): [string | null, (database: string | null) => void] {
  const [database, setDatabase] = useQueryState('database', parseAsString.withOptions({ history: 'push' }));
  return [database, (next) => void setDatabase(next)];
}

/** The longest span that pgdeck remembers without a history store, in seconds. */
export const rememberedSeconds = 3600;

const span = { from: parseAsString, to: parseAsString };

/**
 * The time range in the URL: `from=-900` is the last 15 minutes, `from` and `to` in epoch seconds (or ISO 8601) a fixed
 * span; missing is the last hour.
 */
export function useRange(): [Range, (range: Range) => void] {
  const [{ from, to }, setSpan] = useQueryStates(span, { history: 'push' });
  const range = useMemo(() => parseRange(from, to), [from, to]);
  const setRange = (next: Range) =>
    void setSpan(
      'last' in next
        ? { from: next.last === rememberedSeconds ? null : `-${next.last}`, to: null }
        : { from: String(next.from), to: String(next.to) },
    );
  return [range, setRange];
}

/** The range that `from` and `to` of a URL mean; the last hour where they make no sense. */
export function parseRange(from: string | null, to: string | null): Range {
  const last = from && /^-\d{1,6}$/.test(from) ? -Number(from) : undefined;
  if (last !== undefined && last > 0 && !to) return { last };
  const ends = [from, to].map((end) => {
    if (!end) return Number.NaN;
    return /^\d+$/.test(end) ? Number(end) : Math.floor(Date.parse(end) / 1000);
  }) as [number, number];
  return Number.isFinite(ends[0]) && Number.isFinite(ends[1]) && ends[0] < ends[1]
    ? { from: ends[0], to: ends[1] }
    : { last: rememberedSeconds };
}

/** The part of a query that goes along from page to page: database and time. */
export function lastingQuery(search: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of ['database', 'from', 'to']) {
    const value = search.get(name);
    if (value) kept.set(name, value);
  }
  const text = kept.toString();
  return text && `?${text}`;
}
