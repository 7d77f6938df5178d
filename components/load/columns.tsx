import { waitLooks } from '@/components/charts/look';
import type { Column } from '@/components/table/column';
import { LoadCell } from '@/components/table/load-cell';
import { visible } from '@/components/ui/highlight';
import { SqlLine } from '@/components/ui/sql';
import { change, count, figure, milliseconds, notApplicable, percent } from '@/lib/format';
import type { TopAnswer, TopRow } from '@/lib/history/answers';
import { type Slice, sliceWords } from './filters';
import { waitText } from './looks';

/** A row of the top table; the last one stands for all that are not listed. */
export type LoadRow = TopRow & { rest?: string };

/** The rows of an answer, the others last, so that they sum to the whole. */
export function loadRows(answer: TopAnswer, slice: Slice): LoadRow[] {
  if (!answer.other || answer.other.rows === 0) return answer.rows;
  const { rows, load, classes } = answer.other;
  const { one, many } = sliceWords[slice];
  return [
    ...answer.rows,
    {
      key: 'others',
      label: null,
      rest: rows === 1 ? `1 other ${one.toLowerCase()}` : `${count(rows)} other ${many}`,
      load,
      share: answer.load > 0 ? load / answer.load : 0,
      classes,
    },
  ];
}

/** What a row of a slice is called. */
export function rowText(row: LoadRow, slice: Slice): string {
  if (row.rest) return row.rest;
  if (slice === 'wait') return waitText(row.label ?? row.key);
  if (slice === 'statement' && row.label === null && row.queryid && row.queryid !== '0')
    return `statement ${row.queryid}, text not known`;
  return row.label?.replace(/\s+/g, ' ').trim() || sliceWords[slice].none;
}

/** Whether a row can be narrowed to: the rest cannot. */
export const canChoose = (row: LoadRow) => row.rest === undefined;

const noQueryId =
  'A statement has no query id before it is planned, so while it waits for a table; nor has a process of the server, nor any statement while compute_query_id is off.';

function titleOf(row: LoadRow, slice: Slice, chosen: boolean): string {
  if (chosen) return 'Show all again';
  return slice === 'statement' && row.key === '0' ? noQueryId : 'Show only this';
}

/** From which change and share on a slower statement is marked. */
const worse = { change: 0.5, share: 0.05 };

const load = (value: number) => (value > 0 && value < 0.05 ? '<\u00a00.1' : (Math.round(value * 10) / 10).toFixed(1));

/** The columns of what caused load; names are buttons that narrow the page. */
export function loadColumns(
  slice: Slice,
  most: number,
  choose: (row: LoadRow) => void,
  chosen: (row: LoadRow) => boolean,
): Column<LoadRow>[] {
  const columns: Column<LoadRow>[] = [
    {
      id: 'label',
      header: sliceWords[slice].one,
      value: (row) => rowText(row, slice),
      cell: (row) =>
        canChoose(row) ? (
          <button
            type="button"
            className="load-name"
            aria-pressed={chosen(row)}
            title={titleOf(row, slice, chosen(row))}
            onClick={() => choose(row)}
          >
            {slice === 'statement' && row.label !== null ? <SqlLine sql={row.label} /> : visible(rowText(row, slice))}
          </button>
        ) : (
          <span className="soft">{rowText(row, slice)}</span>
        ),
      grow: true,
      rank: 1,
    },
    {
      id: 'load',
      header: 'Load',
      unit: 'sessions',
      kind: 'bar',
      meaning: 'Average active sessions over the time of the chart, by what they waited for.',
      value: (row) => row.load,
      cell: (row) => (
        <LoadCell
          pieces={waitLooks.map(({ column, label, color }) => ({ label, value: row.classes[column] ?? 0, color }))}
          most={most}
          text={figure}
          room={44}
        >
          {load(row.load)}
        </LoadCell>
      ),
      rank: 1,
    },
    {
      id: 'share',
      header: 'Share',
      kind: 'number',
      meaning: 'Part of the load of all rows.',
      value: (row) => row.share,
      cell: (row) => percent(row.share),
      rank: 2,
    },
  ];
  return slice === 'statement' ? [...columns, ...statementColumns] : columns;
}

const statementColumns: Column<LoadRow>[] = [
  {
    id: 'calls_per_second',
    header: 'Calls',
    unit: '/s',
    kind: 'number',
    meaning: 'Calls per second over this time, from pg_stat_statements.',
    value: (row) => row.calls_per_second ?? null,
    cell: (row) => known(row.calls_per_second, count),
    rank: 3,
  },
  {
    id: 'mean_exec_time',
    header: 'Mean',
    kind: 'number',
    meaning: 'Mean time of a call over this time, from pg_stat_statements.',
    value: (row) => row.mean_exec_time ?? null,
    cell: (row) => known(row.mean_exec_time, milliseconds),
    rank: 1,
  },
  {
    id: 'mean_change',
    header: 'Change',
    kind: 'number',
    meaning: 'Mean time against the span of the same length before; new: it did not run then; –: not known.',
    value: (row) => row.mean_change ?? null,
    cell: changed,
    rank: 1,
  },
];

const known = (value: number | null | undefined, text: (value: number) => string) =>
  value === null || value === undefined ? <span className="muted">{notApplicable}</span> : text(value);

function changed(row: LoadRow) {
  const { mean_change: ratio, mean_exec_time: mean } = row;
  if (mean === null || mean === undefined || ratio === undefined) return <span className="muted">{notApplicable}</span>;
  if (ratio === null) return <span className="muted">new</span>;
  const text = change(1, 1 + ratio);
  return ratio >= worse.change && row.share >= worse.share ? <b className="text-critical">{text}</b> : text;
}
