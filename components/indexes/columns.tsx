import type { Column } from '@/components/table/column';
import { LoadCell } from '@/components/table/load-cell';
import { type Opened, Toggle } from '@/components/table/toggle';
import { visible } from '@/components/ui/highlight';
import { type State, StateText } from '@/components/ui/state';
import { bytes, count, duration, notApplicable } from '@/lib/format';
import { duties, type Index, type Standing, standing } from './summary';

const words: Record<Standing, { word: string; state: State | undefined }> = {
  building: { word: 'Building', state: 'unknown' },
  invalid: { word: 'Invalid', state: 'warning' },
  unused: { word: 'Not used', state: 'unknown' },
  needed: { word: 'Needed', state: undefined },
  used: { word: 'Used', state: undefined },
  unknown: { word: 'Unknown', state: 'unknown' },
};

function lastUse(row: Index): string {
  if (row.last_idx_scan_seconds !== null) return duration(row.last_idx_scan_seconds);
  if (row.is_partitioned) return notApplicable;
  return row.idx_scan === 0 ? 'never' : 'unknown';
}

/** The columns of indexes; the size bars share the scale of the largest index. */
export function indexColumns(most: number, opened: Opened): Column<Index>[] {
  return [
    {
      id: 'indexrelname',
      header: 'Index',
      value: (row) => row.indexrelname,
      cell: (row) => <Toggle opened={opened} id={String(row.indexrelid)} name={row.indexrelname} />,
      rank: 1,
    },
    {
      id: 'relname',
      header: 'Table',
      value: (row) => (row.schemaname === 'public' ? row.relname : `${row.schemaname}.${row.relname}`),
      rank: 1,
    },
    {
      id: 'standing',
      header: 'Use',
      value: (row) => words[standing(row)].word,
      cell: (row) => {
        const { word, state } = words[standing(row)];
        return state ? <StateText state={state}>{word}</StateText> : word;
      },
      meaning:
        'Not used: no scan on this server since its statistics began. Needed: no scan either, but it keeps a constraint or stands for the indexes of partitions.',
      rank: 1,
    },
    {
      id: 'idx_scan',
      header: 'Scans',
      kind: 'number',
      value: (row) => row.idx_scan,
      cell: (row) => count(row.idx_scan),
      rank: 1,
    },
    {
      id: 'idx_scan_per_second',
      header: 'Scans',
      unit: '/s',
      kind: 'number',
      value: (row) => row.idx_scan_per_second ?? null,
      hidden: true,
    },
    {
      id: 'last_idx_scan_seconds',
      header: 'Last used',
      unit: 'ago',
      kind: 'number',
      value: (row) => row.last_idx_scan_seconds,
      cell: lastUse,
      ticks: true,
      rank: 3,
    },
    {
      id: 'size_bytes',
      header: 'Size',
      kind: 'bar',
      value: (row) => row.size_bytes,
      cell: (row) => (
        <LoadCell
          pieces={[{ label: 'size', value: row.size_bytes, color: 'var(--accent)' }]}
          most={most}
          text={bytes}
          room={100}
        >
          {row.size_exact ? '' : 'about '}
          {bytes(row.size_bytes)}
        </LoadCell>
      ),
      rank: 1,
    },
    {
      id: 'key_columns',
      header: 'Columns',
      value: (row) => row.key_columns,
      cell: (row) => (
        <code className="cut block" title={visible(row.key_columns ?? '') || undefined}>
          {visible(row.key_columns ?? notApplicable)}
        </code>
      ),
      grow: true,
      rank: 3,
    },
    {
      id: 'duties',
      header: 'Serves',
      value: (row) => duties(row).join(', ') || null,
      cell: (row) => duties(row).join(', ') || notApplicable,
      rank: 3,
    },
    { id: 'amname', header: 'Method', value: (row) => row.amname, hidden: true },
    { id: 'included_columns', header: 'Included', value: (row) => row.included_columns, hidden: true },
    { id: 'is_partial', header: 'Partial', value: (row) => (row.is_partial ? 'yes' : 'no'), hidden: true },
    { id: 'schemaname', header: 'Schema', value: (row) => row.schemaname, hidden: true },
    { id: 'indexrelid', header: 'OID', value: (row) => String(row.indexrelid), hidden: true },
  ];
}
