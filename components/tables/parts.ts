import type { ColumnLook } from '@/components/charts/look';
import type { Table } from './summary';

/** What the size of a table consists of, in the order and colours of every bar. */
export const sizeParts: (ColumnLook & { column: 'heap_bytes' | 'index_bytes' | 'toast_bytes' })[] = [
  { column: 'heap_bytes', label: 'Rows', color: 'var(--wait-io)' },
  { column: 'index_bytes', label: 'Indexes', color: 'var(--wait-lwlock)' },
  { column: 'toast_bytes', label: 'TOAST', color: 'var(--wait-client)' },
];

/** The sizes of a table's parts, in the order of `sizeParts`. */
export function partsOf(row: Pick<Table, 'heap_bytes' | 'index_bytes' | 'toast_bytes'>): number[] {
  return sizeParts.map(({ column }) => row[column]);
}
