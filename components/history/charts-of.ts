import { bytes, count, milliseconds, rate } from '@/lib/format';
import { derived, ratio } from './derived';
import type { RowChart } from './row-charts';

const one = (column: string, label: string) => [{ column, label, color: 'var(--accent)' }];

/** What is drawn of a statement. */
export const statementCharts: RowChart[] = [
  {
    title: 'Mean time',
    of: (series) => series,
    looks: one('mean_exec_time', 'Mean time'),
    text: milliseconds,
  },
  {
    title: 'Calls',
    of: (series) => series,
    looks: one('calls_per_second', 'Calls'),
    text: rate,
  },
  {
    title: 'Blocks read by a call',
    of: (series) =>
      derived(series, 'read', (point) => ratio(point('shared_blks_read_per_second'), point('calls_per_second'))),
    looks: one('read', 'Blocks read by a call'),
    text: count,
  },
];

/** What is drawn of a table. */
export const tableCharts: RowChart[] = [
  {
    title: 'Size',
    of: (series) => series,
    looks: [
      { column: 'heap_bytes', label: 'Rows', color: 'var(--accent)' },
      { column: 'index_bytes', label: 'Indexes', color: 'var(--wait-client)' },
      { column: 'toast_bytes', label: 'TOAST', color: 'var(--wait-lwlock)' },
    ],
    text: bytes,
    unit: 'bytes',
  },
  {
    title: 'Rows changed',
    of: (series) => series,
    looks: [
      { column: 'n_tup_ins_per_second', label: 'Inserted', color: 'var(--wait-cpu)' },
      { column: 'n_tup_upd_per_second', label: 'Updated', color: 'var(--wait-io)' },
      { column: 'n_tup_del_per_second', label: 'Deleted', color: 'var(--wait-lwlock)' },
    ],
    text: rate,
  },
  {
    title: 'Dead rows',
    of: (series) => series,
    looks: one('n_dead_tup', 'Dead rows'),
    text: count,
    unit: 'count',
  },
];

/** What is drawn of an index. */
export const indexCharts: RowChart[] = [
  { title: 'Size', of: (series) => series, looks: one('size_bytes', 'Size'), text: bytes, unit: 'bytes' },
  { title: 'Scans', of: (series) => series, looks: one('idx_scan_per_second', 'Scans'), text: rate },
];
