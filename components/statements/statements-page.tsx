'use client';

import './statements.css';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useActionDialogs } from '@/components/actions/action-provider';
import { BarChart, type BarRow } from '@/components/charts/bar-chart';
import { PageHead } from '@/components/shell/page-head';
import { matches } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { FilterField } from '@/components/table/table-tools';
import { Choice } from '@/components/ui/choice';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { useDatabase, useFilter } from '@/lib/client/url-state';
import { useTopic } from '@/lib/client/use-topic';
import { percent } from '@/lib/format';
import { statementColumns } from './columns';
import { defaults, type Limit, limits, type Mean, means, statementsAsk } from './controls';
import { PastStatement } from './past-statement';
import { StatementDetail } from './statement-detail';
import { statementMenu } from './statement-menu';
import {
  droppedSentence,
  leastText,
  oneLine,
  type Statement,
  shareSentence,
  statementKey,
  statementsSentence,
} from './summary';

const looks = [{ column: 'share', label: 'Share of time', color: 'var(--accent)' }];
const bars = 8;

/** The Statements page: which statements take the time, each with its whole text. */
export function StatementsPage({ server }: { server: string }) {
  const [database] = useDatabase();
  const [mean, setMean] = useQueryState('min_mean_ms', parseAsStringLiteral(means).withDefault(defaults.mean));
  const [limit, setLimit] = useQueryState('limit', parseAsStringLiteral(limits).withDefault(defaults.limit));
  const [open, setOpen] = useQueryState('statement', parseAsString);
  const [filter] = useFilter();
  const view = useTopic(server, 'slow-queries', statementsAsk(mean, limit, database));
  const rows = useMemo(
    () => (view.rows ?? []).filter((row) => !database || row.datname === database).slice(0, Number(limit)),
    [view.rows, database, limit],
  );
  const toggle = useCallback((key: string) => void setOpen((now) => (now === key ? null : key)), [setOpen]);
  useEffect(() => {
    // Another page or a bar of the chart opened it: it may stand below the fold.
    if (open) document.querySelector(`tr[data-key="${CSS.escape(open)}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [open]);
  const most = Math.max(0, ...rows.map((row) => row.share ?? 0));
  const columns = useMemo(() => statementColumns(most, { key: open, toggle }), [most, open, toggle]);
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => matches(row, columns, words)).length;
  const minimum = Number(mean);
  const detail = useCallback(
    (row: Statement) => (statementKey(row) === open ? <StatementDetail server={server} row={row} /> : undefined),
    [server, open],
  );
  const dialogs = useActionDialogs();
  const menu = useCallback((row: Statement) => statementMenu(row, dialogs, toggle), [dialogs, toggle]);
  return (
    <>
      <PageHead
        server={server}
        title="Statements"
        databases="all"
        range
        sentence={view.rows ? statementsSentence(rows, minimum) : '\u00a0'}
      />
      <div className="filters">
        <Segmented
          label="Mean time from"
          segments={means.map((value) => ({ value, label: meanLabel(value) }))}
          value={mean}
          onChange={(value: Mean) => void setMean(value)}
        />
        <Choice
          label="How many"
          options={limits.map((value) => ({ value, label: `First ${value}` }))}
          value={limit}
          onChange={(value: Limit) => void setLimit(value)}
        />
        <FilterField placeholder="statement, role" found={found} />
      </div>
      {open && view.rows && !rows.some((row) => statementKey(row) === open) && (
        <PastStatement server={server} sid={open} />
      )}
      {(rows.length > 0 || !view.rows) && view.answer?.status !== 'unavailable' && (
        <ShareChart view={view} rows={rows} onChoose={toggle} />
      )}
      <Panel
        title="Statements by total time"
        sentence={droppedSentence(rows) ?? entriesSentence(rows)}
        view={view}
        flush
        height={420}
        empty={() =>
          rows.length === 0
            ? {
                word: 'None',
                text:
                  minimum > 0
                    ? `No statement takes ${leastText(minimum)} or more on average since the statistics began. Choose All to see the faster ones.`
                    : 'No statement that may be seen has been recorded since the statistics began. They appear here when applications run some.',
              }
            : undefined
        }
      >
        <DataTable
          id="statements"
          caption="Statements"
          rows={rows}
          columns={columns}
          rowKey={statementKey}
          rowName={oneLine}
          sort={{ column: 'total_exec_time', descending: true }}
          view={view}
          live
          detail={detail}
          menu={menu}
        />
      </Panel>
    </>
  );
}

function ShareChart({
  view,
  rows,
  onChoose,
}: {
  view: ReturnType<typeof useTopic<'slow-queries'>>;
  rows: Statement[];
  onChoose: (key: string) => void;
}) {
  const [table, setTable] = useState(false);
  const first = useMemo(() => rows.toSorted((a, b) => b.total_exec_time - a.total_exec_time).slice(0, bars), [rows]);
  const drawn: BarRow[] = first.map((row) => ({
    key: statementKey(row),
    label: oneLine(row),
    code: true,
    values: [row.share ?? 0],
  }));
  const left = 1 - first.reduce((sum, row) => sum + (row.share ?? 0), 0);
  const sentence = view.rows ? shareSentence(first) : '\u00a0';
  return (
    <Panel
      title="Share of the total time"
      sentence={sentence}
      view={view}
      alerts={false}
      height={(bars + 1) * 24}
      asTable={{ shown: table, toggle: () => setTable(!table) }}
      means="Part of the time of all statements since the statistics of pg_stat_statements began; the bars sum to all of it."
    >
      <BarChart
        label={`Share of the total time. ${sentence}`}
        rows={drawn}
        looks={looks}
        text={percent}
        rest={{ key: 'others', label: 'All others', values: [Math.max(0, left)] }}
        space={Math.min(bars, Math.max(rows.length, 1))}
        asTable={table}
        onChoose={(key) => key !== 'others' && onChoose(key)}
      />
    </Panel>
  );
}

const meanLabel = (value: Mean) => (value === '0' ? 'All' : `${leastText(Number(value))} or more`);

const entriesSentence = (rows: Statement[]) => {
  const entries = rows[0]?.entries;
  return entries === undefined ? '\u00a0' : `${rows.length} of the ${entries} that pg_stat_statements keeps now.`;
};
