'use client';

import { createParser, parseAsString, useQueryState, useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import { type Filter, parseFilter, printFilter } from './filter';
import type { Range } from './queries';
import { parseRange, rememberedSeconds } from './range';

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
