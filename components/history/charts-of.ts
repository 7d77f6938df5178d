import { byteRate, bytes, count, milliseconds, rate } from '@/lib/format';
import { derived, ratio } from './derived';
import type { RowChart } from './row-charts';

const one = (column: string, label: string) => [{ column, label, color: 'var(--accent)' }];

/** What is drawn of a statement. */
export const statementCharts: RowChart[] = [
  {
    title: 'Mean time',
    of: (series) => derived(series, 'mean', (point) => ratio(point('total_exec_time'), point('calls'))),
    looks: one('mean', 'Mean time'),
    text: milliseconds,
  },
  {
    title: 'Calls',
    of: (series) => derived(series, 'calls', (point) => point('calls')),
    looks: one('calls', 'Calls'),
    text: rate,
  },
  {
    title: 'Blocks read by a call',
    of: (series) => derived(series, 'read', (point) => ratio(point('shared_blks_read'), point('calls'))),
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
      { column: 'n_tup_ins', label: 'Inserted', color: 'var(--wait-cpu)' },
      { column: 'n_tup_upd', label: 'Updated', color: 'var(--wait-io)' },
      { column: 'n_tup_del', label: 'Deleted', color: 'var(--wait-lwlock)' },
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
  { title: 'Scans', of: (series) => series, looks: one('idx_scan', 'Scans'), text: rate },
];

/** What is drawn of a database. */
export const databaseCharts: RowChart[] = [
  {
    title: 'Transactions',
    of: (series) => series,
    looks: [
      { column: 'xact_rollback', label: 'Rolled back', color: 'var(--wait-lwlock)' },
      { column: 'xact_commit', label: 'Committed', color: 'var(--accent)' },
    ],
    text: rate,
  },
  { title: 'Size', of: (series) => series, looks: one('size_bytes', 'Size'), text: bytes, unit: 'bytes' },
  {
    title: 'Temporary files',
    of: (series) => series,
    looks: one('temp_bytes', 'Temporary files'),
    text: byteRate,
    unit: 'bytes',
  },
];
