import { ChartPanel } from '@/components/charts/chart-panel';
import type { ColumnLook } from '@/components/charts/look';
import { DataTable } from '@/components/table/data-table';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { useTopic } from '@/lib/client/use-topic';
import { count, milliseconds } from '@/lib/format';
import { poolColumns } from './columns';
import { type Pool, poolsChartSentence, poolsSentence, poolWaitsSentence } from './summary';

const looks: ColumnLook[] = [
  { column: 'waiting', label: 'Waiting', color: 'var(--wait-lock)' },
  { column: 'in_use', label: 'In use', color: 'var(--wait-cpu)' },
  { column: 'idle', label: 'Free', color: 'var(--wait-other)', quiet: true },
];
const waitLooks: ColumnLook[] = [
  { column: 'p99', label: 'p99', color: 'var(--wait-lock)' },
  { column: 'p95', label: 'p95', color: 'var(--wait-io)' },
  { column: 'p50', label: 'p50', color: 'var(--wait-client)' },
];

const poolKey = (pool: Pool) => pool.pool;

/** The connections that pgdeck itself keeps to the watched server, and whether they suffice. */
export function OwnPools({ server }: { server: string }) {
  const view = useTopic(server, 'pools');
  return (
    <>
      <Panel
        id="own-pools"
        title="pgdeck's own pools"
        sentence={view.rows ? stateSentence(view.rows) : '\u00a0'}
        view={view}
        flush
        height={140}
        means="Waits are those of the last 5 minutes for a connection; –: nobody waited. For a moment there may be one more while a connection is renewed, and one for an action that is over at once. Limits are PGDECK_POOL_MIN, PGDECK_POOL_MAX, PGDECK_POOL_TIMEOUT and PGDECK_POOL_RECYCLE."
      >
        {(rows: Pool[]) => (
          <DataTable
            id="pools"
            caption="pgdeck's own pools"
            rows={rows}
            columns={poolColumns}
            rowKey={poolKey}
            sort={{ column: 'size', descending: true }}
            view={view}
            inUrl={false}
            filterText=""
          />
        )}
      </Panel>
      <div className="columns-2">
        <ChartPanel
          title="Pool state"
          series="pools"
          view={view}
          looks={looks}
          stacked
          unit="count"
          text={count}
          height={130}
          folded="most"
          sentence={(series) => poolsChartSentence(series.points)}
          means="The most connections in use and free, and questions that waited, in each stretch of time."
        />
        <ChartPanel
          title="Waits for a connection"
          series="pool-waits"
          view={view}
          looks={waitLooks}
          text={milliseconds}
          height={130}
          folded="most"
          sentence={(series) => poolWaitsSentence(series)}
          means="How long questions waited for one of pgdeck's connections: half of them, 95 and 99 of 100, over 5 minutes each."
        />
      </div>
    </>
  );
}

function stateSentence(rows: Pool[]) {
  return (
    <>
      {poolsSentence(rows)}
      {rows
        .filter(({ state }) => state !== 'ok')
        .map((row) => (
          <span key={row.pool}>
            {' '}
            <StateText state={row.state} small>
              {row.pool}: {row.word}
            </StateText>{' '}
            {row.warning} {row.advice}
          </span>
        ))}
    </>
  );
}
