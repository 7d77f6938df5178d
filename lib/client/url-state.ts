'use client';

import { createParser, parseAsString, useQueryState, useQueryStates } from 'nuqs';
import { useEffect, useMemo } from 'react';
import { type Filter, parseFilter, printFilter } from './filter';
import type { Range } from './queries';
import { defaultSeconds, parseMoment, parseRange, rangeAround } from './range';

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

const times = { from: parseAsString, to: parseAsString, at: parseAsString };

/** The last range that moved with the time: where "Back to live" leads to. */
let lastMoving: Range = { last: defaultSeconds };

const written = (range: Range) =>
  'last' in range
    ? { from: range.last === defaultSeconds ? null : `-${range.last}`, to: null }
    : { from: String(range.from), to: String(range.to) };

/** The time of a page, as the URL holds it, and the ways to move it; each is a step of the browser's history. */
export type PageTimes = {
  /** What charts show; around `at` where that is not in it. */
  range: Range;
  /** The moment of the past that is shown (epoch seconds); null: now. */
  at: number | null;
  /** A range that moves with the time leads out of the past. */
  setRange: (range: Range) => void;
  /** Shows everything as it was at a moment; `range` is what charts show from then on. `replace`: no new step of the history. */
  goTo: (at: number, options?: { range?: Range; replace?: boolean }) => void;
  backToLive: () => void;
};

/**
 * The times in the URL: `from=-900` is the last 15 minutes, `from` and `to` in epoch seconds (or ISO 8601) a fixed span,
 * missing the last hour; `at` a moment of the past.
 */
export function usePageTimes(): PageTimes {
  const [{ from, to, at: atText }, set] = useQueryStates(times, { history: 'push' });
  const at = useMemo(() => parseMoment(atText), [atText]);
  const chosen = useMemo(() => parseRange(from, to), [from, to]);
  const range = useMemo(() => rangeAround(chosen, at), [chosen, at]);
  useEffect(() => {
    if ('last' in chosen) lastMoving = chosen;
  }, [chosen]);
  return useMemo(
    () => ({
      range,
      at,
      setRange: (next) => void set({ ...written(next), ...('last' in next && { at: null }) }),
      goTo: (moment, { range: wanted, replace } = {}) =>
        void set(
          { at: String(Math.floor(moment)), ...(wanted && written(wanted)) },
          { history: replace ? 'replace' : 'push' },
        ),
      backToLive: () => void set({ ...written(lastMoving), at: null }),
    }),
    [range, at, set],
  );
}

/** The range that charts show, and how to choose another. */
export function useRange(): [Range, (range: Range) => void] {
  const { range, setRange } = usePageTimes();
  return [range, setRange];
}
