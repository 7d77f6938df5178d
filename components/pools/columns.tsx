import type { Column } from '@/components/table/column';
import { StateText } from '@/components/ui/state';
import { exact, milliseconds, notApplicable } from '@/lib/format';
import { judgePool, type Pool, poolTitle, purposes } from './summary';

const zero = (value: number) => (value === 0 ? <span className="muted">0</span> : exact(value));

const wait = (value: number | null) =>
  value === null ? <span className="muted">{notApplicable}</span> : milliseconds(value);

/** The columns of pgdeck's own pools. */
export const poolColumns: Column<Pool>[] = [
  {
    id: 'pool',
    header: 'Pool',
    value: (row) => poolTitle(row.pool),
    cell: (row) => <span title={purposes[row.pool]?.purpose}>{poolTitle(row.pool)}</span>,
  },
  {
    id: 'state',
    header: 'State',
    value: (row) => judgePool(row).word,
    cell: (row) => {
      const { state, word, why } = judgePool(row);
      return (
        <span title={why}>
          {state === 'ok' && word !== 'Healthy' ? (
            <span className="soft">{word}</span>
          ) : (
            <StateText state={state} small>
              {word}
            </StateText>
          )}
        </span>
      );
    },
    meaning: 'Healthy: a connection is free when one is needed, and nothing waits.',
  },
  {
    id: 'purpose',
    header: 'What for',
    hidden: true,
    rank: 3,
    value: (row) => purposes[row.pool]?.purpose ?? null,
    cell: (row) => (
      <span className="cut soft" style={{ display: 'block' }} title={purposes[row.pool]?.purpose}>
        {purposes[row.pool]?.purpose ?? row.pool}
      </span>
    ),
    meaning: 'What the connections of the pool are used for.',
  },
  { id: 'size', header: 'At most', kind: 'number', value: (row) => row.size },
  { id: 'in_use', header: 'In use', kind: 'number', value: (row) => row.in_use, cell: (row) => zero(row.in_use) },
  { id: 'idle', header: 'Free', kind: 'number', value: (row) => row.idle, cell: (row) => zero(row.idle) },
  {
    id: 'overflow',
    header: 'Overflow',
    kind: 'number',
    rank: 3,
    value: (row) => row.overflow,
    cell: (row) => zero(row.overflow),
  },
  { id: 'waiting', header: 'Waiting', kind: 'number', value: (row) => row.waiting, cell: (row) => zero(row.waiting) },
  ...(['p50', 'p95', 'p99'] as const).map(
    (name): Column<Pool> => ({
      id: `wait_ms_${name}`,
      header: `Wait ${name}`,
      kind: 'number',
      rank: name === 'p95' ? 2 : 3,
      value: (row) => row[`wait_ms_${name}`],
      cell: (row) => wait(row[`wait_ms_${name}`]),
    }),
  ),
  ...(
    [
      ['timeouts_total', 'Timeouts'],
      ['failed_connections_total', 'Failed'],
      ['recycled_total', 'Recycled'],
    ] as const
  ).map(
    ([id, header]): Column<Pool> => ({
      id,
      header,
      kind: 'number',
      rank: id === 'recycled_total' ? 3 : 2,
      value: (row) => row[id],
      cell: (row) => zero(row[id]),
    }),
  ),
  ...(
    [
      ['minimum', 'Kept open'],
      ['waits_total', 'Waits'],
      ['wait_timeouts_total', 'Waited in vain'],
      ['pings_failed_total', 'Found dead'],
      ['errors_total', 'Errors'],
      ['opened_total', 'Opened'],
    ] as const
  ).map(
    ([id, header]): Column<Pool> => ({
      id,
      header,
      kind: 'number',
      rank: 3,
      hidden: true,
      value: (row) => row[id],
      cell: (row) => zero(row[id]),
    }),
  ),
];
