import { ChevronRight } from 'lucide-react';
import type { Column } from '@/components/table/column';
import { SqlLine } from '@/components/ui/sql';
import { Badge } from '@/components/ui/state';
import { bytes, count, figure, milliseconds } from '@/lib/format';
import type { CompareAnswer, ComparedRow, Window } from '@/lib/history/answers';
import { PairCell, SignedCell, WaterfallCell } from './cells';
import { callPair, type Pair, plainPair, ratePair, stepScale } from './figures';
import { comparedText } from './summary';

/** Which row is open, and how another one is opened (or the same closed). */
export type Opened = { key: string | null; toggle: (key: string) => void };

/** From which part of the time of all statements on a slower one is marked. */
const notable = 0.02;

/** A change of time: `+12.3 ms/s`. */
export const perSecondText = (value: number) => `${milliseconds(value)}/s`;

/** Whether so much of a window is known that what is missing in it was not there. */
export const isWhole = ({ from, to, coveredSeconds, folded }: Window) => !folded && coveredSeconds >= 0.9 * (to - from);

function nameColumn(header: string, opened: Opened, { a, b, topic }: CompareAnswer): Column<ComparedRow> {
  return {
    id: 'label',
    header,
    value: comparedText,
    cell: (row) => (
      <button
        type="button"
        className="compare-toggle"
        aria-expanded={opened.key === row.key}
        onClick={() => opened.toggle(row.key)}
      >
        <ChevronRight className="icon icon-tiny" aria-hidden />
        {topic === 'slow-queries' && row.label ? (
          <SqlLine sql={row.label} />
        ) : (
          <span className="cut">{comparedText(row)}</span>
        )}
        {!row.a && isWhole(a) && <Badge>new</Badge>}
        {!row.b && isWhole(b) && <Badge>gone</Badge>}
      </button>
    ),
    grow: true,
    rank: 1,
  };
}

type Look = { id: string; header: string; unit?: string; meaning: string; rank?: 1 | 2 | 3; hidden?: boolean };

function pairColumn(
  look: Look,
  pair: (row: ComparedRow) => Pair,
  text: (value: number) => string,
): Column<ComparedRow> {
  return {
    ...look,
    kind: 'number',
    value: (row) => pair(row).b,
    cell: (row) => <PairCell pair={pair(row)} text={text} />,
  };
}

/** The columns of compared statements: the change of time in its parts, and each figure from A to B. */
export function statementColumns(answer: CompareAnswer, opened: Opened): Column<ComparedRow>[] {
  const { a, b, rows } = answer;
  const scale = stepScale(rows.flatMap(({ time }) => time ?? []));
  const whole = Math.max(
    a.coveredSeconds > 0 ? a.total / a.coveredSeconds : 0,
    b.coveredSeconds > 0 ? b.total / b.coveredSeconds : 0,
  );
  const rate = (name: string) => (row: ComparedRow) => ratePair(row, name, a, b);
  const call = (name: string) => (row: ComparedRow) => callPair(row, name);
  const nowhere = (name: string) => rows.every((row) => !row.a?.[name] && !row.b?.[name]);
  return [
    nameColumn('Statement', opened, answer),
    {
      id: 'change',
      header: 'Change of time',
      unit: 'per s',
      kind: 'bar',
      meaning:
        'Time of the statement per second of B less that of A, in its parts from the top: calls, reading, writing, planning, executing. Red is more time, green less.',
      value: (row) => row.time?.total ?? null,
      cell: (row) =>
        row.time && (
          <WaterfallCell time={row.time} scale={scale} text={milliseconds} marked={row.time.total > notable * whole} />
        ),
      rank: 1,
    },
    pairColumn(
      { id: 'calls', header: 'Calls', unit: '/s', meaning: 'Calls per second.', rank: 1 },
      rate('calls'),
      count,
    ),
    pairColumn(
      { id: 'mean_exec_time', header: 'Mean', meaning: 'Time of a call.', rank: 1 },
      call('total_exec_time'),
      milliseconds,
    ),
    pairColumn(
      {
        id: 'shared_blks_read',
        header: 'Read',
        unit: '/call',
        meaning: 'Blocks read from outside the cache by a call.',
        rank: 2,
      },
      call('shared_blks_read'),
      count,
    ),
    pairColumn(
      {
        id: 'wal_bytes',
        header: 'WAL',
        unit: '/s',
        meaning: 'WAL written per second.',
        rank: 3,
        hidden: nowhere('wal_bytes'),
      },
      rate('wal_bytes'),
      bytes,
    ),
    pairColumn(
      {
        id: 'temp_blks_written',
        header: 'Temporary',
        unit: '/call',
        meaning: 'Blocks written to temporary files by a call.',
        rank: 3,
        hidden: nowhere('temp_blks_written'),
      },
      call('temp_blks_written'),
      count,
    ),
    pairColumn(
      { id: 'rows', header: 'Rows', unit: '/call', meaning: 'Rows of a call.', hidden: true },
      call('rows'),
      count,
    ),
    { id: 'datname', header: 'Database', value: (row) => row.datname ?? null, hidden: true },
    { id: 'usename', header: 'Role', value: (row) => row.usename ?? null, hidden: true },
  ];
}

/** How much larger a table is at the end of B than at the end of A; null where one is not known. */
export function growth(row: ComparedRow): number | null {
  const { a, b } = plainPair(row, 'total_bytes');
  return a === null || b === null ? null : b - a;
}

/** The columns of compared tables. */
export function tableColumns(answer: CompareAnswer, opened: Opened): Column<ComparedRow>[] {
  const { a, b, rows } = answer;
  const all = rows.map((row) => growth(row) ?? 0);
  const scale = { least: Math.min(0, ...all), most: Math.max(0, ...all) };
  const rate = (name: string) => (row: ComparedRow) => ratePair(row, name, a, b);
  const plain = (name: string) => (row: ComparedRow) => plainPair(row, name);
  return [
    nameColumn('Table', opened, answer),
    {
      id: 'growth',
      header: 'Change of size',
      kind: 'bar',
      meaning: 'Size at the end of B less that at the end of A, with indexes and TOAST.',
      value: growth,
      cell: (row) => <SignedCell value={growth(row) ?? 0} scale={scale} text={bytes} />,
      rank: 1,
    },
    pairColumn(
      { id: 'total_bytes', header: 'Size', meaning: 'Size with indexes and TOAST.', rank: 1 },
      plain('total_bytes'),
      bytes,
    ),
    pairColumn(
      { id: 'n_dead_tup', header: 'Dead rows', meaning: 'Dead rows at the end of each window.', rank: 1 },
      plain('n_dead_tup'),
      count,
    ),
    pairColumn(
      {
        id: 'seq_tup_read',
        header: 'Read by scan',
        unit: 'rows/s',
        meaning: 'Rows read by sequential scans per second.',
        rank: 2,
      },
      rate('seq_tup_read'),
      count,
    ),
    pairColumn(
      { id: 'idx_scan', header: 'Index scans', unit: '/s', meaning: 'Index scans per second.', rank: 3 },
      rate('idx_scan'),
      count,
    ),
    pairColumn(
      { id: 'n_tup_ins', header: 'Inserted', unit: '/s', meaning: 'Rows inserted per second.', rank: 3 },
      rate('n_tup_ins'),
      count,
    ),
    pairColumn(
      { id: 'n_tup_upd', header: 'Updated', unit: '/s', meaning: 'Rows updated per second.', rank: 3 },
      rate('n_tup_upd'),
      count,
    ),
    pairColumn(
      { id: 'n_tup_del', header: 'Deleted', unit: '/s', meaning: 'Rows deleted per second.', hidden: true },
      rate('n_tup_del'),
      count,
    ),
    { id: 'datname', header: 'Database', value: (row) => row.datname ?? null, hidden: true },
  ];
}

/** The average active sessions that waited for something, on both sides. */
export const loadPair = (row: ComparedRow, { a, b }: CompareAnswer): Pair => ratePair(row, 'seconds', a, b);

/** The columns of compared waits. */
export function waitColumns(answer: CompareAnswer, opened: Opened): Column<ComparedRow>[] {
  const delta = (row: ComparedRow) => {
    const { a, b } = loadPair(row, answer);
    return (b ?? 0) - (a ?? 0);
  };
  const all = answer.rows.map(delta);
  const scale = { least: Math.min(0, ...all), most: Math.max(0, ...all) };
  return [
    nameColumn('Wait event', opened, answer),
    {
      id: 'change',
      header: 'Change of load',
      kind: 'bar',
      meaning: 'Average active sessions of B less those of A.',
      value: delta,
      cell: (row) => <SignedCell value={delta(row)} scale={scale} text={figure} marked={delta(row) >= 0.5} />,
      rank: 1,
    },
    pairColumn(
      { id: 'load', header: 'Load', unit: 'sessions', meaning: 'Average active sessions.', rank: 1 },
      (row) => loadPair(row, answer),
      figure,
    ),
  ];
}
