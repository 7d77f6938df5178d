'use client';

import { ChevronRight } from 'lucide-react';
import { visible } from '@/components/ui/highlight';

/** Which row is open, and how another one is opened (or the same closed). */
export type Opened = { key: string | null; toggle: (key: string) => void };

/** The name of a row as a button that opens what stands below the row. */
export function Toggle({ opened, id, name }: { opened: Opened; id: string; name: string }) {
  return (
    <button type="button" className="row-toggle" aria-expanded={opened.key === id} onClick={() => opened.toggle(id)}>
      <ChevronRight className="icon icon-tiny" aria-hidden />
      {visible(name)}
    </button>
  );
}
