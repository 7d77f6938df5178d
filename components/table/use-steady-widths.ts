'use client';

import { type RefObject, useLayoutEffect, useRef } from 'react';

/**
 * Keeps the columns of a table from getting narrower while its rows change, so that nothing jumps: each head cell keeps
 * the greatest width it had, until the window or the choice of columns changes.
 */
export function useSteadyWidths(head: RefObject<HTMLTableRowElement | null>, columns: unknown): void {
  const widths = useRef(new WeakMap<Element, number>());

  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice of columns begins anew
  useLayoutEffect(() => {
    const forget = () => {
      widths.current = new WeakMap();
      for (const cell of head.current?.cells ?? []) cell.style.minWidth = '';
    };
    forget();
    let last = innerWidth;
    const resized = () => {
      if (innerWidth === last) return;
      last = innerWidth;
      forget();
    };
    addEventListener('resize', resized);
    return () => removeEventListener('resize', resized);
  }, [head, columns]);

  useLayoutEffect(() => {
    // Columns without a row share all the room that there is: rows would not fit into that.
    if (innerWidth < 768 || !head.current?.closest('table')?.querySelector('tr[data-key]')) return;
    for (const cell of head.current.cells) {
      if (cell.classList.contains('cell-grow')) continue;
      // Never more than there is: a part of a pixel in each column, and the table scrolls sideways.
      const width = Math.floor(cell.getBoundingClientRect().width);
      if (width <= (widths.current.get(cell) ?? 0)) continue;
      widths.current.set(cell, width);
      cell.style.minWidth = `${width}px`;
    }
  });
}
