'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { Fragment, type KeyboardEvent, memo, type ReactNode, useRef, useState } from 'react';
import { count, exact, notApplicable } from '@/lib/format';
import { visible } from '../ui/highlight';
import { ActionMenu, type MenuEntry } from '../ui/menu';
import type { Column } from './column';
import type { Keyed } from './data-table';
import { cellClass } from './table-head';
import type { Hold } from './use-frozen';

type Shared<R> = {
  columns: Column<R>[];
  rowName: ((row: R) => string) | undefined;
  rowState: ((row: R) => 'critical' | 'rest' | undefined) | undefined;
  menu: ((row: R) => MenuEntry[]) | undefined;
  menuTitle: ((row: R) => ReactNode) | undefined;
  hold: (kind: Hold) => void;
  release: (kind: Hold) => void;
};

/** The rows: arrow keys go from one to the next, Enter opens the row's menu. */
export function TableBody<R>({
  scroller,
  virtual,
  rows,
  ended,
  changed,
  empty,
  moved,
  detail,
  ...shared
}: Shared<R> & {
  scroller: HTMLElement | null;
  virtual: boolean;
  rows: Keyed<R>[];
  ended: Set<string> | undefined;
  changed: Map<string, Set<string>>;
  empty: ReactNode;
  moved: () => void;
  detail: ((row: R) => ReactNode) | undefined;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [chosen, setChosen] = useState<string>();
  const { columns, menu, hold, release } = shared;
  const width = columns.length + (menu ? 1 : 0);
  const virtualizer = useVirtualizer({
    count: virtual ? rows.length : 0,
    getScrollElement: () => scroller,
    estimateSize: () => 28,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);
  const seen = virtual ? items.flatMap((item) => rows[item.index] ?? []) : rows;
  const reachable = seen.some(({ key }) => key === chosen) ? chosen : seen[0]?.key;

  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>) => {
    const row = event.target as HTMLElement;
    if (!(row instanceof HTMLTableRowElement)) return;
    const target = {
      ArrowDown: neighbour(row, 'nextElementSibling'),
      ArrowUp: neighbour(row, 'previousElementSibling'),
      Home: body.current?.querySelector('tr[data-key]'),
      End: [...(body.current?.querySelectorAll('tr[data-key]') ?? [])].at(-1),
    }[event.key];
    if (target instanceof HTMLTableRowElement && target.dataset.key !== undefined) {
      event.preventDefault();
      target.focus();
    } else if (event.key === 'Enter' || event.key === 'ContextMenu') {
      const trigger = row.querySelector<HTMLElement>('.cell-menu button');
      if (!trigger) return;
      event.preventDefault();
      trigger.click();
    }
  };

  return (
    <tbody
      ref={body}
      onPointerEnter={(event) => event.pointerType !== 'touch' && hold('pointer')}
      onPointerMove={(event) => event.pointerType !== 'touch' && moved()}
      onPointerLeave={() => release('pointer')}
      onFocus={(event) => {
        hold('focus');
        setChosen((event.target as HTMLElement).closest('tr')?.dataset.key);
      }}
      onBlur={(event) => {
        if (!body.current?.contains(event.relatedTarget)) {
          release('focus');
          setChosen(undefined);
        }
      }}
      onKeyDown={onKeyDown}
    >
      {rows.length === 0 && (
        <tr className="table-none">
          <td colSpan={width}>{empty}</td>
        </tr>
      )}
      {/* Without anything in it the table would have no height, and so no part that is seen. */}
      {virtual && !first && <Spacer height={virtualizer.getTotalSize()} width={width} />}
      {first && first.start > 0 && <Spacer height={first.start} width={width} />}
      {seen.map(({ row, key }, index) => {
        const below = detail?.(row);
        return (
          <Fragment key={key}>
            <TableRow
              rowKey={key}
              row={row}
              {...shared}
              ended={ended?.has(key) ?? false}
              changed={changed.get(key)}
              chosen={chosen === key}
              reachable={reachable === key}
              index={virtual ? (items[index]?.index ?? 0) : undefined}
              measure={virtual ? virtualizer.measureElement : undefined}
            />
            {below && (
              <tr className="table-detail">
                <td colSpan={width}>{below}</td>
              </tr>
            )}
          </Fragment>
        );
      })}
      {last && last.end < virtualizer.getTotalSize() && (
        <Spacer height={virtualizer.getTotalSize() - last.end} width={width} />
      )}
    </tbody>
  );
}

/** The next row in a direction that is not the opened part of another. */
function neighbour(row: Element, way: 'nextElementSibling' | 'previousElementSibling'): Element | null {
  let next = row[way];
  while (next instanceof HTMLElement && next.classList.contains('table-detail')) next = next[way];
  return next;
}

function Spacer({ height, width }: { height: number; width: number }) {
  return (
    <tr className="table-spacer">
      <td colSpan={width} style={{ height }} />
    </tr>
  );
}

function Row<R>({
  row,
  rowKey,
  columns,
  rowName,
  rowState,
  menu,
  menuTitle,
  hold,
  release,
  ended,
  changed,
  chosen,
  reachable,
  index,
  measure,
}: Shared<R> & {
  row: R;
  rowKey: string;
  ended: boolean;
  changed: Set<string> | undefined;
  chosen: boolean;
  reachable: boolean;
  index: number | undefined;
  measure: ((element: Element | null) => void) | undefined;
}) {
  const state = rowState?.(row);
  const name = rowName?.(row) ?? rowKey;
  return (
    <tr
      ref={measure}
      data-key={rowKey}
      {...(index !== undefined && { 'data-index': index, 'aria-rowindex': index + 2 })}
      {...(ended && { 'data-ended': '' })}
      {...(chosen && { 'data-chosen': '' })}
      {...(state && { [`data-${state}`]: '' })}
      tabIndex={reachable ? 0 : -1}
    >
      {columns.map((column, at) => {
        const className = cellClass(column);
        const mark = changed?.has(column.id) ? { 'data-changed': '' } : {};
        return at === 0 ? (
          <th key={column.id} scope="row" className={className} {...mark}>
            <Cell column={column} row={row} />
          </th>
        ) : (
          <td key={column.id} className={className} data-label={column.header} {...mark}>
            <Cell column={column} row={row} />
          </td>
        );
      })}
      {menu && (
        <td className="cell-menu">
          {!ended && (
            <ActionMenu
              label={`Actions: ${name}`}
              title={menuTitle?.(row)}
              entries={() => menu(row)}
              onOpenChange={(open) => (open ? hold('menu') : release('menu'))}
            />
          )}
        </td>
      )}
    </tr>
  );
}

const TableRow = memo(Row) as typeof Row;

function Cell<R>({ column, row }: { column: Column<R>; row: R }): ReactNode {
  return column.cell ? column.cell(row) : <Plain value={column.value(row)} />;
}

function Plain({ value }: { value: ReturnType<Column<unknown>['value']> }) {
  if (value === null) return <span className="muted">{notApplicable}</span>;
  if (typeof value === 'number') return <span title={exact(value)}>{count(value)}</span>;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return visible(value);
}
