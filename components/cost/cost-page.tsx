'use client';

import { useMemo } from 'react';
import { PageHead } from '@/components/shell/page-head';
import type { Column } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { LoadCell } from '@/components/table/load-cell';
import { Asked } from '@/components/ui/asked';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { costQuery, historyQuery } from '@/lib/client/history-queries';
import { useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { bytes, count, exact, milliseconds, notApplicable, percent } from '@/lib/format';
import type { CostAnswer } from '@/lib/history/answers';
import { StorePanel } from './store-panel';
import { budgetSentence, costSentence, storedSentence } from './summary';

type TopicCost = CostAnswer['byTopic'][number];
type Stored = CostAnswer['stored'][number];

/** The page of pgdeck's own cost: what it takes of the server it watches, and of the disk that remembers it. */
export function CostPage({ server }: { server: string }) {
  const [range] = useRange();
  const cost = useAsked(costQuery(server, range));
  const store = useAsked(historyQuery());
  return (
    <>
      <PageHead
        server={server}
        title="pgdeck's own cost"
        range
        sentence={cost.data ? costSentence(cost.data) : '\u00a0'}
      />
      <div className="columns-2">
        <Panel
          flush
          title="Budget"
          sentence="pgdeck slows down by itself before it is a burden."
          source="pg_stat_statements"
        >
          <Asked query={cost} height={150}>
            {(known) => <Budget cost={known} />}
          </Asked>
        </Panel>
        <StorePanel server={server} query={store} />
      </div>
      <Panel
        flush
        title="By question"
        sentence={cost.data ? topicSentence(cost.data) : '\u00a0'}
        source="pg_stat_statements, statements tagged pgdeck"
      >
        <Asked query={cost} height={240} flush>
          {(known) => <ByTopic cost={known} />}
        </Asked>
      </Panel>
      <Panel
        flush
        title="Stored by table"
        sentence={cost.data ? storedSentence(cost.data) : '\u00a0'}
        source="the history store"
      >
        <Asked query={cost} height={200} flush>
          {(known) => <StoredTables cost={known} on={store.data?.state === 'on'} />}
        </Asked>
      </Panel>
    </>
  );
}

function Budget({ cost }: { cost: CostAnswer }) {
  const { state, text } = budgetSentence(cost);
  return (
    <div className="grid grid-cols-1 gap-2">
      <p>
        <StateText state={state}>
          {state === 'warning' ? 'Slowed down' : state === 'ok' ? 'Within the budget' : 'Not known'}
        </StateText>
      </p>
      <p className="soft">{text}</p>
      <dl className="facts">
        <dt>Share</dt>
        <dd>
          {cost.share === null ? 'not known' : percent(cost.share)} of at most {cost.budgetPercent}&nbsp;%
        </dd>
        <dt>Statements</dt>
        <dd>{cost.statements === null ? 'not known' : exact(Math.round(cost.statements))}</dd>
        <dt>Time</dt>
        <dd>{cost.exec_ms === null ? 'not known' : milliseconds(cost.exec_ms)}</dd>
        <dt>Blocks</dt>
        <dd>
          {cost.blocks_hit === null || cost.blocks_read === null
            ? 'not known'
            : `${count(cost.blocks_hit)} found in the cache, ${count(cost.blocks_read)} read`}
        </dd>
        <dt>Connections</dt>
        <dd>{exact(cost.connections)} open</dd>
      </dl>
    </div>
  );
}

const notToldApart = "pgdeck's statements of this time are not told apart; they are within two minutes of its start.";

function topicSentence(cost: CostAnswer): string {
  const first = cost.byTopic.toSorted((a, b) => b.exec_ms - a.exec_ms)[0];
  if (!first) return cost.unknownBecause ?? notToldApart;
  const all = cost.byTopic.reduce((sum, { exec_ms }) => sum + exec_ms, 0);
  return `The question ${first.topic} takes the most: ${milliseconds(first.exec_ms)}${all > 0 ? `, ${percent(first.exec_ms / all)} of all` : ''}.`;
}

const topicKey = (row: TopicCost) => row.topic;

function ByTopic({ cost }: { cost: CostAnswer }) {
  const most = Math.max(0, ...cost.byTopic.map(({ exec_ms }) => exec_ms));
  const columns = useMemo<Column<TopicCost>[]>(
    () => [
      { id: 'topic', header: 'Question', value: (row) => row.topic, grow: true, rank: 1 },
      {
        id: 'exec_ms',
        header: 'Time',
        kind: 'bar',
        meaning: 'Time that its statements ran on the watched server.',
        value: (row) => row.exec_ms,
        cell: (row) => (
          <LoadCell
            pieces={[{ label: 'time', value: row.exec_ms, color: 'var(--accent)' }]}
            most={most}
            text={milliseconds}
          >
            {milliseconds(row.exec_ms)}
          </LoadCell>
        ),
        rank: 1,
      },
      {
        id: 'calls',
        header: 'Statements',
        kind: 'number',
        meaning: 'How often it was asked.',
        value: (row) => row.calls,
        cell: (row) => count(row.calls),
        rank: 1,
      },
      {
        id: 'mean',
        header: 'Mean',
        kind: 'number',
        meaning: 'Mean time of one asking.',
        value: (row) => (row.calls > 0 ? row.exec_ms / row.calls : null),
        cell: (row) => (row.calls > 0 ? milliseconds(row.exec_ms / row.calls) : notApplicable),
        rank: 1,
      },
    ],
    [most],
  );
  if (cost.byTopic.length === 0)
    return (
      <div className="panel-message">
        <StateText state="unknown">Not known</StateText>
        <p>{cost.unknownBecause ?? notToldApart}</p>
      </div>
    );
  return (
    <DataTable
      id="cost-topics"
      caption="Cost by question"
      rows={cost.byTopic}
      columns={columns}
      rowKey={topicKey}
      sort={{ column: 'exec_ms', descending: true }}
      filterText=""
      inUrl={false}
    />
  );
}

const tableKey = (row: Stored) => row.table;

function StoredTables({ cost, on }: { cost: CostAnswer; on: boolean }) {
  const most = Math.max(0, ...cost.stored.map((row) => row.bytes));
  const columns = useMemo<Column<Stored>[]>(
    () => [
      { id: 'table', header: 'Table', value: (row) => row.table, grow: true, rank: 1 },
      {
        id: 'bytes',
        header: 'Stored',
        unit: 'a day',
        kind: 'bar',
        meaning: 'Bytes that this server takes in the table by day.',
        value: (row) => row.bytes,
        cell: (row) => (
          <LoadCell pieces={[{ label: 'bytes', value: row.bytes, color: 'var(--accent)' }]} most={most} text={bytes}>
            {bytes(row.bytes)}
          </LoadCell>
        ),
        rank: 1,
      },
    ],
    [most],
  );
  if (cost.stored.length === 0)
    return (
      <div className="panel-message">
        <StateText state="unknown">{on ? 'Not counted yet' : 'Nothing is stored'}</StateText>
        <p>
          {on
            ? 'Nothing of this server was counted on disk yet. It is within minutes of the first samples.'
            : 'The history store is not on, so nothing of this server is on disk. See above for the reason.'}
        </p>
      </div>
    );
  return (
    <DataTable
      id="cost-stored"
      caption="Stored by table"
      rows={cost.stored}
      columns={columns}
      rowKey={tableKey}
      sort={{ column: 'bytes', descending: true }}
      filterText=""
      inUrl={false}
    />
  );
}
