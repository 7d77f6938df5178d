import type { Column } from '@/components/table/column';
import { StateText } from '@/components/ui/state';
import { exact } from '@/lib/format';
import { judgePool, type Pool, poolTitle, purposes } from './summary';

const zero = (value: number) => (value === 0 ? <span className="muted">0</span> : exact(value));

/** The columns of pgdeck's own pools. */
export const poolColumns: Column<Pool>[] = [
  { id: 'pool', header: 'Pool', value: (row) => poolTitle(row.pool) },
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
    grow: true,
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
  { id: 'waiting', header: 'Waiting', kind: 'number', value: (row) => row.waiting, cell: (row) => zero(row.waiting) },
  {
    id: 'timeouts_total',
    header: 'Timeouts',
    kind: 'number',
    rank: 2,
    value: (row) => row.timeouts_total,
    cell: (row) => zero(row.timeouts_total),
  },
  {
    id: 'errors_total',
    header: 'Errors',
    kind: 'number',
    rank: 2,
    value: (row) => row.errors_total,
    cell: (row) => zero(row.errors_total),
  },
  {
    id: 'recycled_total',
    header: 'Recycled',
    kind: 'number',
    rank: 3,
    value: (row) => row.recycled_total,
    cell: (row) => zero(row.recycled_total),
  },
  {
    id: 'opened_total',
    header: 'Opened',
    kind: 'number',
    rank: 3,
    value: (row) => row.opened_total,
    cell: (row) => zero(row.opened_total),
  },
];
