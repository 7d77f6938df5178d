'use client';

import { Tooltip } from '@base-ui/react/tooltip';
import { useQuery } from '@tanstack/react-query';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { type Ref, useState } from 'react';
import { describeQuery } from '@/lib/client/queries';
import type { Sort } from '@/lib/client/url-state';
import type { TopicView } from '@/lib/client/use-topic';
import type { Column } from './column';

/** Classes of a column's cells: side, width, and from which screen on it is there. */
export function cellClass<R>(column: Column<R>): string {
  return [
    column.kind === 'number' ? 'number' : '',
    column.kind === 'bar' ? 'cell-bar' : '',
    column.grow ? 'cell-grow' : column.kind === 'bar' ? '' : 'cell-fit',
    `rank-${column.rank ?? 1}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The head: each column sorts, says how it is sorted, and on hover or focus what it means. */
export function TableHead<R>({
  ref,
  columns,
  sort,
  onSort,
  view,
  hasMenu,
}: {
  ref: Ref<HTMLTableRowElement>;
  columns: Column<R>[];
  sort: Sort;
  onSort: (column: Column<R>) => void;
  view: TopicView | undefined;
  hasMenu: boolean;
}) {
  return (
    <thead>
      <tr ref={ref}>
        {columns.map((column) => {
          const sorted = sort.column === column.id;
          return (
            <th
              key={column.id}
              scope="col"
              className={cellClass(column)}
              {...(sorted && { 'aria-sort': sort.descending ? 'descending' : 'ascending' })}
            >
              <HeadButton column={column} view={view} onSort={onSort}>
                {sorted &&
                  (sort.descending ? (
                    <ArrowDown className="icon icon-tiny" aria-hidden />
                  ) : (
                    <ArrowUp className="icon icon-tiny" aria-hidden />
                  ))}
              </HeadButton>
            </th>
          );
        })}
        {hasMenu && (
          <th scope="col" className="cell-menu">
            <span className="visually-hidden">Actions</span>
          </th>
        )}
      </tr>
    </thead>
  );
}

function HeadButton<R>({
  column,
  view,
  onSort,
  children,
}: {
  column: Column<R>;
  view: TopicView | undefined;
  onSort: (column: Column<R>) => void;
  children: React.ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <Tooltip.Root open={open} onOpenChange={setOpen}>
      <Tooltip.Trigger delay={400} onClick={() => onSort(column)}>
        {column.header}
        {column.unit && <span className="unit">{column.unit}</span>}
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner className="popup-layer" sideOffset={4} collisionPadding={8}>
          <Tooltip.Popup className="popup popover tooltip">
            <Meaning column={column} view={view} />
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

function Meaning<R>({ column, view }: { column: Column<R>; view: TopicView | undefined }) {
  const { data } = useQuery({
    ...describeQuery(view?.server ?? '', view?.topic ?? 'server', view?.database),
    enabled: view !== undefined && column.meaning === undefined,
  });
  const meaning = column.meaning ?? data?.columns[column.id]?.meaning ?? column.header;
  return (
    <>
      <p>{meaning}</p>
      {view && (
        <p className="muted">
          {data?.columns[column.id] ? <code>{column.id}</code> : column.header} · {view.sources}
        </p>
      )}
    </>
  );
}
