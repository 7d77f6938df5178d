import { ChevronRight } from 'lucide-react';
import type { Column } from '@/components/table/column';
import { LoadCell } from '@/components/table/load-cell';
import { SqlLine } from '@/components/ui/sql';
import { bytes, count, milliseconds, notApplicable, percent } from '@/lib/format';
import { oneLine, type Statement, statementKey } from './summary';

const perSecond = (value: number | null | undefined) =>
  value === null || value === undefined ? notApplicable : count(value);

/** Which statement is open, and how another one is opened (or the same closed). */
export type Opened = { key: string | null; toggle: (key: string) => void };

/** The columns of statements; the bars share the scale of the largest share, the text opens the whole statement. */
export function statementColumns(most: number, opened: Opened): Column<Statement>[] {
  return [
    {
      id: 'query',
      header: 'Statement',
      value: oneLine,
      cell: (row) => {
        const key = statementKey(row);
        return (
          <button
            type="button"
            className="statement-toggle"
            aria-expanded={opened.key === key}
            onClick={() => opened.toggle(key)}
          >
            <ChevronRight className="icon icon-tiny" aria-hidden />
            {row.query === null ? <span className="muted">{oneLine(row)}</span> : <SqlLine sql={row.query} />}
          </button>
        );
      },
      grow: true,
      rank: 1,
    },
    ...figureColumns(most),
  ];
}

/** The figures of statements, without their texts. */
export function figureColumns(most: number): Column<Statement>[] {
  return [
    {
      id: 'share',
      header: 'Share of time',
      kind: 'bar',
      value: (row) => row.share,
      cell: (row) => (
        <LoadCell
          pieces={[{ label: 'share', value: row.share ?? 0, color: 'var(--accent)' }]}
          most={most}
          text={percent}
        >
          {percent(row.share ?? 0)}
        </LoadCell>
      ),
      rank: 1,
    },
    {
      id: 'total_exec_time',
      header: 'Total',
      kind: 'number',
      value: (row) => row.total_exec_time,
      cell: (row) => milliseconds(row.total_exec_time),
      rank: 2,
    },
    {
      id: 'mean_exec_time',
      header: 'Mean',
      kind: 'number',
      value: (row) => row.mean_exec_time,
      cell: (row) => milliseconds(row.mean_exec_time),
      rank: 1,
    },
    {
      id: 'max_exec_time',
      header: 'Longest',
      kind: 'number',
      value: (row) => row.max_exec_time,
      cell: (row) => milliseconds(row.max_exec_time),
      hidden: true,
    },
    {
      id: 'calls',
      header: 'Calls',
      kind: 'number',
      value: (row) => row.calls,
      cell: (row) => count(row.calls),
      rank: 1,
    },
    {
      id: 'calls_per_second',
      header: 'Calls',
      unit: '/s',
      kind: 'number',
      value: (row) => row.calls_per_second ?? null,
      cell: (row) => perSecond(row.calls_per_second),
      rank: 3,
    },
    { id: 'rows', header: 'Rows', kind: 'number', value: (row) => row.rows, cell: (row) => count(row.rows), rank: 3 },
    {
      id: 'hit_ratio',
      header: 'Cache hit',
      kind: 'number',
      value: (row) => row.hit_ratio,
      cell: (row) => (row.hit_ratio === null ? notApplicable : percent(row.hit_ratio)),
      hidden: true,
    },
    {
      id: 'shared_blks_read',
      header: 'Read',
      unit: 'blocks',
      kind: 'number',
      value: (row) => row.shared_blks_read,
      cell: (row) => count(row.shared_blks_read),
      hidden: true,
    },
    {
      id: 'temp_blks_written',
      header: 'Temporary',
      unit: 'blocks',
      kind: 'number',
      value: (row) => row.temp_blks_written,
      cell: (row) => count(row.temp_blks_written),
      hidden: true,
    },
    {
      id: 'wal_bytes',
      header: 'WAL',
      kind: 'number',
      value: (row) => row.wal_bytes,
      cell: (row) => bytes(row.wal_bytes),
      hidden: true,
    },
    {
      id: 'mean_plan_time',
      header: 'Mean planning',
      kind: 'number',
      value: (row) => (row.plans > 0 ? row.mean_plan_time : null),
      cell: (row) => (row.plans > 0 ? milliseconds(row.mean_plan_time) : notApplicable),
      hidden: true,
    },
    { id: 'datname', header: 'Database', value: (row) => row.datname, hidden: true },
    { id: 'usename', header: 'Role', value: (row) => row.usename, rank: 3 },
    { id: 'queryid', header: 'Query ID', value: (row) => row.queryid, hidden: true },
  ];
}
