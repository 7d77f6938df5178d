'use client';

import { useSearchParams } from 'next/navigation';
import { useMemo } from 'react';
import { RecentChanges } from '@/components/changes/recent-changes';
import { ChartPanel } from '@/components/charts/chart-panel';
import { type ColumnLook, connectionLooks, waitLooks } from '@/components/charts/look';
import { latest } from '@/components/charts/summary';
import { PageHead } from '@/components/shell/page-head';
import { useFindings, useServer } from '@/components/shell/use-server';
import { statementKey } from '@/components/statements/summary';
import { DataTable } from '@/components/table/data-table';
import { PartsLegend } from '@/components/tables/parts-legend';
import { counted, type Table } from '@/components/tables/summary';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { Ago } from '@/components/ui/time';
import { usePageTime } from '@/lib/client/page-time';
import { lastingQuery } from '@/lib/client/range';
import type { FindingsAnswer } from '@/lib/client/shapes';
import { useDatabase } from '@/lib/client/url-state';
import { useLasting } from '@/lib/client/use-lasting';
import { type TopicView, useTopic } from '@/lib/client/use-topic';
import { count, exact, list, rate } from '@/lib/format';
import { Link } from '../ui/link';
import { biggestColumns, worstColumns } from './columns';
import {
  activeSentence,
  connectionsSentence,
  largestSentence,
  transactionsSentence,
  waitingSentence,
  worstSentence,
} from './sentences';
import { checksSentence, countStates, inOrder, unreachedTitle, verdictTitle } from './verdict';
import { VerdictList } from './verdict-list';
import { worstAsk } from './worst';

const transactionLooks: ColumnLook[] = [
  { column: 'rollbacks', label: 'Rolled back', color: 'var(--wait-lwlock)' },
  { column: 'commits', label: 'Committed', color: 'var(--accent)' },
];
const waitingLooks: ColumnLook[] = [{ column: 'waiting', label: 'Waiting', color: 'var(--wait-lock)' }];
const connectionColumns = connectionLooks.map(({ column }) => column);
const shownTables = 5;

/** The Overview: the verdict in sentences, then the pictures and the worst of each kind. */
export function OverviewPage({ server }: { server: string }) {
  const [database] = useDatabase();
  const connections = useTopic(server, 'connections');
  const databases = useTopic(server, 'databases');
  const statements = useTopic(server, 'slow-queries', worstAsk);
  const tables = useTopic(server, 'tables', { database });
  const lasting = lastingQuery(useSearchParams());
  const pageLink = (slug: string, words: string) => (
    <Link href={`/${encodeURIComponent(server)}/${slug}${lasting}`} prefetch={false}>
      {words}
    </Link>
  );
  return (
    <>
      <Verdict server={server} />
      <div className="columns-2">
        <ChartPanel
          title="Connections by state"
          series="connections"
          view={connections}
          looks={connectionLooks}
          stacked
          unit="count"
          text={whole}
          limit={(series) => {
            const value = latest(series, 'ceiling');
            return value === null ? undefined : { value, label: `${exact(Math.round(value))} for applications` };
          }}
          source="pg_stat_activity"
          sentence={(series) => connectionsSentence(series, connectionColumns)}
          link={pageLink('sessions', 'All sessions')}
        />
        <ChartPanel
          title="Transactions per second"
          series="transactions"
          view={databases}
          looks={transactionLooks}
          stacked
          text={rate}
          source="pg_stat_database"
          sentence={transactionsSentence}
          means="Transactions that ended, committed or rolled back, in all databases."
        />
        <ChartPanel
          title="Active sessions"
          series="active-sessions"
          view={connections}
          looks={waitLooks}
          stacked
          source="pg_stat_activity"
          sentence={activeSentence}
          means="Sessions that run a statement, by what they wait for; CPU: nothing. pgdeck's own are left out."
        />
        <ChartPanel
          title="Waiting sessions"
          series="waiting-sessions"
          view={connections}
          looks={waitingLooks}
          stacked
          unit="count"
          text={count}
          source="pg_stat_activity"
          folded="most"
          sentence={waitingSentence}
          means="Sessions that wait for a lock another session holds: the most in each stretch of time."
          link={pageLink('locks', 'Blocking tree')}
        />
      </div>
      <Worst server={server} view={statements} link={pageLink('statements', 'All statements')} />
      <Biggest view={tables} link={pageLink('tables', 'All tables')} />
      <RecentChanges server={server} link={pageLink('changes', 'All changes')} />
    </>
  );
}

const whole = (value: number) => count(Math.round(value));

function Verdict({ server: id }: { server: string }) {
  const server = useServer(id);
  const { at } = usePageTime();
  const judged = useFindings(id, at);
  const answer = useMemo(() => judged && inOrder(judged), [judged]);
  const unreached = at === null ? unreachedTitle(server) : undefined;
  return (
    <>
      <PageHead
        server={id}
        title="Overview"
        heading={unreached ?? (answer ? verdictTitle(answer) : 'Nothing is judged yet')}
        state={answer && tabState(answer)}
        sentence={answer ? <Counts answer={answer} /> : '\u00a0'}
        range
      />
      {answer && <VerdictList server={id} answer={answer} />}
    </>
  );
}

function tabState(answer: FindingsAnswer): string | undefined {
  const { critical, warning } = countStates(answer);
  if (critical > 0) return `${critical} critical`;
  return warning > 0 ? `${warning} ${warning === 1 ? 'warning' : 'warnings'}` : undefined;
}

function Counts({ answer }: { answer: FindingsAnswer }) {
  const { critical, warning, unknown, ok } = countStates(answer);
  return (
    <span className="verdict-counts">
      {critical > 0 && <StateText state="critical">{critical} critical</StateText>}
      {warning > 0 && (
        <StateText state="warning">
          {warning} {warning === 1 ? 'warning' : 'warnings'}
        </StateText>
      )}
      {unknown > 0 && <StateText state="unknown">{unknown} unknown</StateText>}
      {ok > 0 && <StateText state="ok">{ok} OK</StateText>}
      {answer.judgedAt && (
        <span>
          judged <Ago at={answer.judgedAt} /> from {checksSentence(answer)}
          {answer.of && `, of what you may see: ${list(answer.of)}`}
        </span>
      )}
    </span>
  );
}

type Statement = NonNullable<Parameters<typeof worstSentence>[0]>[number];

function Worst({ server, view, link }: { server: string; view: TopicView<Statement>; link: React.ReactNode }) {
  const most = Math.max(0, ...(view.rows ?? []).map((row) => row.share ?? 0));
  const lasting = useLasting();
  const columns = useMemo(() => worstColumns(server, most, lasting), [server, most, lasting]);
  return (
    <Panel
      title="Statements with the most time"
      sentence={view.rows ? worstSentence(view.rows) : '\u00a0'}
      view={view}
      flush
      height={170}
      link={link}
      empty={(rows) =>
        rows.length === 0
          ? { word: 'None yet', state: 'unknown', text: 'Statements appear here when applications have run some.' }
          : undefined
      }
    >
      {(rows: Statement[]) => (
        <DataTable
          id="overview-statements"
          caption="Statements with the most time"
          rows={rows}
          columns={columns}
          rowKey={statementKey}
          sort={{ column: 'share', descending: true }}
          view={view}
          inUrl={false}
          bare
        />
      )}
    </Panel>
  );
}

const tableKey = (row: Table) => String(row.relid);

function Biggest({ view, link }: { view: TopicView<Table>; link: React.ReactNode }) {
  const all = useMemo(() => counted(view.rows ?? []), [view.rows]);
  const largest = useMemo(
    () => all.toSorted((a, b) => b.total_bytes - a.total_bytes || a.relid - b.relid).slice(0, shownTables),
    [all],
  );
  const most = largest[0]?.total_bytes ?? 0;
  const columns = useMemo(() => biggestColumns(most), [most]);
  return (
    <Panel
      title="Biggest tables"
      sentence={view.rows ? largestSentence(largest, all, view.database) : '\u00a0'}
      view={view}
      // Locks come and go: a locked table says so in its row, and the page of tables in full.
      alerts={view.answer?.status === 'unavailable'}
      flush
      height={170}
      footer={<PartsLegend />}
      link={link}
      empty={() =>
        largest.length === 0
          ? { word: 'None', text: 'This database has no tables of its own. They appear here when one is created.' }
          : undefined
      }
    >
      <DataTable
        id="overview-tables"
        caption="Biggest tables"
        rows={largest}
        columns={columns}
        rowKey={tableKey}
        sort={{ column: 'total_bytes', descending: true }}
        view={view}
        inUrl={false}
        bare
      />
    </Panel>
  );
}
