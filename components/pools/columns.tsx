import type { Column } from '@/components/table/column';
import { StateText } from '@/components/ui/state';
import { exact, milliseconds, notApplicable } from '@/lib/format';
import { type Pool, purposes } from './summary';

const zero = (value: number) => (value === 0 ? <span className="muted zero">0</span> : exact(value));

const wait = (value: number | null) =>
  value === null ? <span className="muted">{notApplicable}</span> : milliseconds(value);

/** The columns of pgdeck's own pools. */
export const poolColumns: Column<Pool>[] = [
  {
    id: 'pool',
    header: 'Pool',
    value: (row) => row.pool,
  },
  {
    id: 'purpose',
    header: 'For',
    value: (row) => purposes[row.pool]?.short ?? null,
    cell: (row) => (
      <span className="soft" title={purposes[row.pool]?.purpose}>
        {purposes[row.pool]?.short}
      </span>
    ),
    meaning: 'What its connections are used for.',
  },
  {
    id: 'state',
    header: 'State',
    value: (row) => row.word,
    cell: (row) => (
      <span title={row.warning ?? undefined}>
        {row.word === 'Closed' ? (
          <span className="soft">{row.word}</span>
        ) : (
          <StateText state={row.state} small>
            {row.word}
          </StateText>
        )}
      </span>
    ),
    meaning:
      'Healthy: a connection is free when one is needed, and nothing waits. Closed: one is opened when there is something to do.',
  },
  { id: 'size', header: 'At most', kind: 'number', value: (row) => row.size },
  { id: 'in_use', header: 'In use', kind: 'number', value: (row) => row.in_use, cell: (row) => zero(row.in_use) },
  { id: 'idle', header: 'Free', kind: 'number', value: (row) => row.idle, cell: (row) => zero(row.idle) },
  {
    id: 'overflow',
    header: 'Overflow',
    kind: 'number',
    value: (row) => row.overflow,
    cell: (row) => zero(row.overflow),
  },
  { id: 'waiting', header: 'Waiting', kind: 'number', value: (row) => row.waiting, cell: (row) => zero(row.waiting) },
  ...(['p50', 'p95', 'p99'] as const).map(
    (name): Column<Pool> => ({
      id: `wait_ms_${name}`,
      header: name === 'p50' ? 'Wait p50' : name,
      kind: 'number',
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
      hidden: true,
      value: (row) => row[id],
      cell: (row) => zero(row[id]),
    }),
  ),
];
