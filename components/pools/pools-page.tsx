'use client';

import './pools.css';
import { ChartPanel } from '@/components/charts/chart-panel';
import type { ColumnLook } from '@/components/charts/look';
import { PageHead } from '@/components/shell/page-head';
import { DataTable } from '@/components/table/data-table';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { useTopic } from '@/lib/client/use-topic';
import { count } from '@/lib/format';
import { poolColumns } from './columns';
import { judgePool, type Pool, poolsChartSentence, poolsSentence, poolTitle } from './summary';

const looks: ColumnLook[] = [
  { column: 'waiting', label: 'Waiting', color: 'var(--wait-lock)' },
  { column: 'in_use', label: 'In use', color: 'var(--wait-cpu)' },
  { column: 'idle', label: 'Free', color: 'var(--wait-other)', quiet: true },
];

const poolKey = (pool: Pool) => pool.pool;

/** The Pools page: the connections that pgdeck itself keeps to the watched server, and whether they suffice. */
export function PoolsPage({ server }: { server: string }) {
  const view = useTopic(server, 'pools');
  return (
    <>
      <PageHead server={server} title="Pools" sentence={view.rows ? poolsSentence(view.rows) : undefined} range />
      <Panel
        id="own-pools"
        title="pgdeck's own pools"
        sentence={stateSentence(view.rows)}
        view={view}
        flush
        height={140}
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
          />
        )}
      </Panel>
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
      <Panel title="What is healthy">
        <ul className="pool-rules">
          {rules.map(({ title, text }) => (
            <li key={title}>
              <b>{title}</b> {text}
            </li>
          ))}
        </ul>
      </Panel>
    </>
  );
}

const rules = [
  {
    title: 'Waiting is 0.',
    text: 'A question that waits for a connection makes a page late. More connections would not help: the server answers slowly, or a catalog is locked.',
  },
  {
    title: 'Timeouts stand still.',
    text: 'Each question is cancelled after 4 s, and after 250 ms of waiting for a lock. A few after a lock storm are ordinary; a number that grows is not.',
  },
  {
    title: 'Errors stand still.',
    text: 'A refused password, a restart of the server or a full server count here once each, until pgdeck is connected again.',
  },
  {
    title: 'Recycled grows slowly.',
    text: 'The connection for slow questions is renewed every half hour, so that it does not grow on the server.',
  },
  {
    title: 'The number does not grow with viewers.',
    text: 'A thousand open browsers use the same few connections as one.',
  },
];

function stateSentence(rows: Pool[] | undefined) {
  if (!rows) return undefined;
  const wrong = rows.map((row) => ({ row, judged: judgePool(row) })).filter(({ judged }) => judged.state !== 'ok');
  if (wrong.length === 0) return 'All healthy.';
  return (
    <>
      {wrong.map(({ row, judged }) => (
        <span key={row.pool}>
          <StateText state={judged.state} small>
            {poolTitle(row.pool)}: {judged.word}
          </StateText>{' '}
          {judged.why}{' '}
        </span>
      ))}
    </>
  );
}
