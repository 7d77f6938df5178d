import type { Column } from '@/components/table/column';
import { LoadCell } from '@/components/table/load-cell';
import { type Opened, Toggle } from '@/components/table/toggle';
import { visible } from '@/components/ui/highlight';
import { Badge, StateText } from '@/components/ui/state';
import { bytes, count, duration, exact, list, notApplicable, percent, plural } from '@/lib/format';
import { sizeParts } from './parts';
import { behind, stale, type Table, tableName } from './summary';

const age = (seconds: number | null) => (seconds === null ? 'never' : duration(seconds));
const holdsRows = (row: Table) => row.relkind !== 'p';

/** The columns of tables; the size bars share the scale of the largest table. */
export function tableColumns(most: number, opened?: Opened): Column<Table>[] {
  return [
    {
      id: 'relname',
      header: 'Table',
      value: tableName,
      cell: (row) => (
        <>
          {opened ? <Toggle opened={opened} id={String(row.relid)} name={tableName(row)} /> : visible(tableName(row))}
          {row.partitions !== null && <span className="muted"> {plural(row.partitions, 'partition')}</span>}
          {row.locked_by.length > 0 && (
            <>
              {' '}
              <Badge state="warning">locked by {list(row.locked_by.map(String), 2)}</Badge>
            </>
          )}
        </>
      ),
      rank: 1,
    },
    {
      id: 'total_bytes',
      header: 'Size',
      kind: 'bar',
      value: (row) => row.total_bytes,
      cell: (row) => (
        <LoadCell
          pieces={sizeParts.map(({ column, label, color }) => ({ label, value: row[column], color }))}
          most={most}
          text={bytes}
          room={100}
        >
          {row.size_exact ? '' : 'about '}
          {bytes(row.total_bytes)}
        </LoadCell>
      ),
      rank: 1,
    },
    {
      id: 'heap_bytes',
      header: 'Rows',
      unit: 'size',
      kind: 'number',
      value: (row) => row.heap_bytes,
      cell: (row) => bytes(row.heap_bytes),
      hidden: true,
    },
    {
      id: 'index_bytes',
      header: 'Indexes',
      unit: 'size',
      kind: 'number',
      value: (row) => row.index_bytes,
      cell: (row) => bytes(row.index_bytes),
      hidden: true,
    },
    {
      id: 'toast_bytes',
      header: 'TOAST',
      unit: 'size',
      kind: 'number',
      value: (row) => row.toast_bytes,
      cell: (row) => bytes(row.toast_bytes),
      hidden: true,
    },
    {
      id: 'n_live_tup',
      header: 'Rows',
      kind: 'number',
      value: (row) => row.n_live_tup,
      cell: (row) => count(row.n_live_tup),
      rank: 2,
    },
    {
      id: 'n_dead_tup',
      header: 'Dead rows',
      kind: 'number',
      value: (row) => row.n_dead_tup,
      cell: (row) => (
        <span
          title={
            row.vacuum_trigger === null ? undefined : `Autovacuum takes it from ${exact(Math.ceil(row.vacuum_trigger))}`
          }
        >
          {behind(row) ? <StateText state="warning">{count(row.n_dead_tup)}</StateText> : count(row.n_dead_tup)}
        </span>
      ),
      rank: 1,
    },
    {
      id: 'dead_ratio',
      header: 'Dead',
      unit: 'share',
      kind: 'number',
      value: (row) => row.dead_ratio,
      cell: (row) => (row.dead_ratio === null ? notApplicable : percent(row.dead_ratio)),
      hidden: true,
    },
    {
      id: 'vacuum_trigger',
      header: 'Vacuum from',
      unit: 'dead rows',
      kind: 'number',
      value: (row) => row.vacuum_trigger,
      cell: (row) =>
        !row.autovacuum_enabled && holdsRows(row)
          ? 'off'
          : row.vacuum_trigger === null
            ? notApplicable
            : count(row.vacuum_trigger),
      hidden: true,
    },
    {
      id: 'n_mod_since_analyze',
      header: 'Changed',
      unit: 'rows',
      kind: 'number',
      value: (row) => (holdsRows(row) ? row.n_mod_since_analyze : null),
      cell: (row) =>
        stale(row) ? (
          <StateText state="warning">{count(row.n_mod_since_analyze)}</StateText>
        ) : holdsRows(row) ? (
          count(row.n_mod_since_analyze)
        ) : (
          notApplicable
        ),
      rank: 2,
    },
    {
      id: 'vacuum_age_seconds',
      header: 'Vacuumed',
      unit: 'ago',
      kind: 'number',
      value: (row) => row.vacuum_age_seconds,
      cell: (row) => (holdsRows(row) ? age(row.vacuum_age_seconds) : notApplicable),
      ticks: true,
      rank: 3,
    },
    {
      id: 'analyze_age_seconds',
      header: 'Analyzed',
      unit: 'ago',
      kind: 'number',
      value: (row) => row.analyze_age_seconds,
      cell: (row) => age(row.analyze_age_seconds),
      ticks: true,
      rank: 2,
    },
    {
      id: 'seq_scan',
      header: 'Sequential scans',
      kind: 'number',
      value: (row) => (holdsRows(row) ? row.seq_scan : null),
      cell: (row) => (holdsRows(row) ? count(row.seq_scan) : notApplicable),
      rank: 3,
    },
    {
      id: 'idx_scan',
      header: 'Index scans',
      kind: 'number',
      value: (row) => (holdsRows(row) ? row.idx_scan : null),
      cell: (row) => (holdsRows(row) ? count(row.idx_scan) : notApplicable),
      rank: 3,
    },
    {
      id: 'n_tup_ins_per_second',
      header: 'Inserted',
      unit: '/s',
      kind: 'number',
      value: (row) => row.n_tup_ins_per_second ?? null,
      hidden: true,
    },
    {
      id: 'n_tup_upd_per_second',
      header: 'Updated',
      unit: '/s',
      kind: 'number',
      value: (row) => row.n_tup_upd_per_second ?? null,
      hidden: true,
    },
    {
      id: 'n_tup_del_per_second',
      header: 'Deleted',
      unit: '/s',
      kind: 'number',
      value: (row) => row.n_tup_del_per_second ?? null,
      hidden: true,
    },
    { id: 'schemaname', header: 'Schema', value: (row) => row.schemaname, hidden: true },
    { id: 'relid', header: 'OID', value: (row) => String(row.relid), hidden: true },
  ];
}
