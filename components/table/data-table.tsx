'use client';

import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import { usePageTime } from '@/lib/client/page-time';
import { usePreference } from '@/lib/client/preferences';
import { type Sort, useFilter, useSort } from '@/lib/client/url-state';
import type { TopicView } from '@/lib/client/use-topic';
import type { MenuEntry } from '../ui/menu';
import { type Column, compare, matches, sortedBy } from './column';
import { LiveStrip } from './live-strip';
import { TableBody } from './table-body';
import { TableHead } from './table-head';
import { TableTools } from './table-tools';
import { useFrozen } from './use-frozen';
import { useSteadyWidths } from './use-steady-widths';

/** Rows of more than this are drawn only where they are seen. */
const virtualFrom = 500;

/**
 * The table of every page: sorted and filtered by the URL, columns as this browser chose them, numbers right, a row menu
 * last. With `live` it stands still while somebody is on a row.
 */
export function DataTable<R>({
  id,
  caption,
  rows: given,
  columns,
  rowKey,
  rowName,
  sort: initialSort,
  view,
  live = false,
  inUrl = true,
  menu,
  menuTitle,
  rowState,
  detail,
  filterText,
  empty = 'No row matches the filter.',
  bare = false,
}: {
  /** Under which the chosen columns are remembered. */
  id: string;
  /** What the rows are: for screen readers and the CSV. */
  caption: string;
  rows: R[];
  columns: Column<R>[];
  rowKey: (row: R) => string;
  /** A row in words, for its menu: `session 4711, app_billing`. */
  rowName?: (row: R) => string;
  sort: Sort;
  /** What the rows are of, or are made from. */
  view?: TopicView;
  live?: boolean;
  /** Sort and words of the filter stand in the URL: for the main table of a page. */
  inUrl?: boolean;
  menu?: (row: R) => MenuEntry[];
  menuTitle?: (row: R) => ReactNode;
  /** `rest`: what all others sum to; it stays last however rows are sorted. */
  rowState?: (row: R) => 'critical' | 'rest' | undefined;
  /** What stands below an opened row, over the whole width; undefined: the row is closed. */
  detail?: (row: R) => ReactNode;
  /** Filters by these words instead of the URL's. */
  filterText?: string;
  empty?: ReactNode;
  /** Without the strip on top: for short tables of an overview. */
  bare?: boolean;
}) {
  const [urlSort, setUrlSort] = useSort();
  const [ownSort, setOwnSort] = useState<Sort | null>(null);
  const [urlFilter] = useFilter();
  const [allHidden, setAllHidden] = usePreference('hiddenColumns');

  const wantedSort = (inUrl ? urlSort : ownSort) ?? initialSort;
  const sort = columns.some((column) => column.id === wantedSort.column) ? wantedSort : initialSort;
  const setSort = inUrl ? setUrlSort : setOwnSort;
  const text = filterText ?? (inUrl ? urlFilter.text : '');

  const hidden = useMemo(
    () => new Set(allHidden[id] ?? columns.filter((column) => column.hidden).map((column) => column.id)),
    [allHidden, id, columns],
  );
  const shown = useMemo(() => columns.filter((column) => !hidden.has(column.id)), [columns, hidden]);

  const past = usePageTime().at !== null;
  const { rows, frozen, frozenAt, waiting, changed, hold, moved, release, resume } = useFrozen(
    given,
    view?.sampledAt,
    rowKey,
    columns,
    live && !past,
  );

  // Ordered by identity first: the sort is stable, so ties keep that order from sample to sample.
  const data = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return rows
      .filter((row) => matches(row, columns, words))
      .map((row) => ({ row, key: rowKey(row) }))
      .sort((a, b) => compare(a.key, b.key));
  }, [rows, columns, rowKey, text]);

  const inOrder = useMemo(() => {
    const column = shown.find(({ id }) => id === sort.column);
    return column ? sortedBy(data, ({ row }) => column.value(row), sort.descending) : data;
  }, [data, shown, sort.column, sort.descending]);
  const isRest = ({ row }: Keyed<R>) => rowState?.(row) === 'rest';
  const sorted = inOrder.some(isRest)
    ? [...inOrder.filter((entry) => !isRest(entry)), ...inOrder.filter(isRest)]
    : inOrder;

  // State, not a ref: the rows are drawn once more when it is there.
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const head = useRef<HTMLTableRowElement>(null);
  useSteadyWidths(head, shown);
  const virtual = sorted.length > virtualFrom;
  const onSort = useCallback((column: Column<R>) => setSort(nextSort(column, sort)), [setSort, sort]);

  const tools = (
    <TableTools
      id={id}
      caption={caption}
      columns={columns}
      hidden={hidden}
      onHidden={(names) => setAllHidden({ ...allHidden, [id]: names })}
      rows={() => sorted.map(({ row }) => row)}
    />
  );

  return (
    <>
      {!bare &&
        (live ? (
          <LiveStrip
            cadenceSeconds={view?.cadenceSeconds ?? 2}
            frozen={frozen}
            frozenAt={frozenAt}
            waiting={waiting?.count ?? 0}
            onResume={resume}
            past={past ? view : undefined}
            tools={tools}
          />
        ) : (
          <div className="live-strip">
            <span className="soft">
              {sorted.length === given.length
                ? `${given.length} in all`
                : `${sorted.length} of ${given.length} match the filter`}
            </span>
            <span className="push" />
            {tools}
          </div>
        ))}
      <section
        ref={setScroller}
        className={`table-scroll ${virtual ? 'table-scroll-virtual' : ''}`}
        aria-label={`${caption}, scrolls`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        tabIndex={0}
      >
        <table className="table" {...asTable} {...(virtual && { 'aria-rowcount': sorted.length + 1 })}>
          <caption className="visually-hidden">{caption}</caption>
          <TableHead ref={head} columns={shown} sort={sort} onSort={onSort} view={view} hasMenu={menu !== undefined} />
          <TableBody
            scroller={scroller}
            virtual={virtual}
            rows={sorted}
            columns={shown}
            ended={waiting?.ended}
            changed={changed}
            empty={empty}
            rowName={rowName}
            rowState={rowState}
            menu={menu}
            menuTitle={menuTitle}
            detail={detail}
            hold={hold}
            release={release}
            moved={moved}
          />
        </table>
      </section>
    </>
  );
}

/** Said in so many words because some browsers forget it where rows are laid out as entries on small screens. */
const asTable = { role: 'table' };

/** A row and its identity. */
export type Keyed<R> = { row: R; key: string };

function nextSort<R>(column: Column<R>, sort: Sort): Sort {
  if (sort.column === column.id) return { column: column.id, descending: !sort.descending };
  const numbers = column.kind === 'number' || column.kind === 'bar';
  return { column: column.id, descending: (column.first ?? (numbers ? 'descending' : 'ascending')) === 'descending' };
}
