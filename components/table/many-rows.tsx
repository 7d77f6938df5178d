'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import type { ReactNode } from 'react';
import { rowHeight, type Seen } from './seen';

/** Draws those rows of a long table that are seen. */
export function ManyRows({
  scroller,
  rowKeys,
  children,
}: {
  scroller: HTMLElement | null;
  rowKeys: string[];
  children: (seen: Seen) => ReactNode;
}) {
  const virtualizer = useVirtualizer({
    count: rowKeys.length,
    getScrollElement: () => scroller,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rowKeys[index] ?? index,
    overscan: 12,
  });
  const items = virtualizer.getVirtualItems();
  const total = virtualizer.getTotalSize();
  return children({
    indexes: items.map(({ index }) => index),
    // Without anything in it the table would have no height, and so no part that is seen.
    before: items[0]?.start ?? total,
    after: total - (items.at(-1)?.end ?? total),
    measure: virtualizer.measureElement,
  });
}
