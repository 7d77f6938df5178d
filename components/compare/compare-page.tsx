'use client';

import './compare.css';
import { createParser, parseAsString, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs';
import { useCallback, useMemo, useState } from 'react';
import { PageHead } from '@/components/shell/page-head';
import { matches } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { FilterField } from '@/components/table/table-tools';
import { Asked } from '@/components/ui/asked';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { StateText } from '@/components/ui/state';
import { useAlive } from '@/lib/client/clock';
import { type ComparedTopic, compareQuery, type Ends } from '@/lib/client/history-queries';
import { useFilter, useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { bytes } from '@/lib/format';
import type { CompareAnswer, ComparedRow } from '@/lib/history/answers';
import { loadPair, statementColumns, tableColumns, waitColumns } from './columns';
import { FiguresCompared, StatementCompared } from './row-detail';
import {
  comparedText,
  coverageSentences,
  statementsSentence,
  tablesSentence,
  unknownWindow,
  waitsSentence,
  withoutOwn,
} from './summary';
import { WindowChooser } from './window-chooser';
import { parseWindow, printWindow, type Windows, windowBefore } from './windows';

const subjects = ['statements', 'tables', 'waits'] as const;
type Subject = (typeof subjects)[number];

const about: Record<Subject, { topic: ComparedTopic; label: string; sort: string; source: string }> = {
  statements: { topic: 'slow-queries', label: 'Statements', sort: 'change', source: 'pg_stat_statements' },
  tables: { topic: 'tables', label: 'Tables', sort: 'growth', source: 'pg_stat_all_tables' },
  waits: { topic: 'load', label: 'Waits', sort: 'change', source: 'pg_stat_activity' },
};

const asWindow = createParser<Ends>({
  parse: parseWindow,
  serialize: printWindow,
  eq: (a, b) => a.from === b.from && a.to === b.to,
});

/** The Compare page: a window of time against another, by statements, tables and waits. */
export function ComparePage({ server }: { server: string }) {
  const alive = useAlive();
  if (alive) return <Comparison server={server} />;
  return <PageHead server={server} title="Compare" sentence={'\u00a0'} live={false} />;
}

function Comparison({ server }: { server: string }) {
  const [given, setGiven] = useQueryStates({ a: asWindow, b: asWindow }, { history: 'push' });
  const [subject, setSubject] = useQueryState('of', parseAsStringLiteral(subjects).withDefault('statements'));
  const [range] = useRange();
  // Both windows stand still while they are looked at.
  const [opened] = useState(() => Math.floor(Date.now() / 1000));
  const windows = useMemo<Windows>(() => {
    const b = given.b ?? ('to' in range ? range : { from: opened - range.last, to: opened });
    return { a: given.a ?? windowBefore('before', b), b };
  }, [given, range, opened]);
  const query = useAsked(compareQuery(server, about[subject].topic, windows.a, windows.b));
  const answer = useMemo(
    () => (query.data?.topic === about[subject].topic ? withoutOwn(query.data) : undefined),
    [query.data, subject],
  );
  return (
    <>
      <PageHead
        server={server}
        title="Compare"
        live={false}
        sentence={answer ? sentenceOf(subject, answer) : '\u00a0'}
      />
      <WindowChooser server={server} windows={windows} nowSeconds={opened} onChange={(next) => void setGiven(next)} />
      <div className="filters">
        <Segmented<Subject>
          label="Compare by"
          segments={subjects.map((value) => ({ value, label: about[value].label }))}
          value={subject}
          onChange={(value) => void setSubject(value)}
        />
      </div>
      <Panel
        id="comparison"
        title={about[subject].label}
        sentence={answer ? coverageSentences(answer).join(' ') || 'Everything of both windows is known.' : '\u00a0'}
        source={about[subject].source}
        flush
        footer={
          <>
            {subject !== 'tables' && <span>pgdeck's own are left out</span>}
            {answer?.source === 'memory' && <span>from memory: the last hour at most</span>}
          </>
        }
      >
        <Asked query={{ ...query, data: answer }} height={360} flush>
          {(known) => <Rows server={server} subject={subject} answer={known} />}
        </Asked>
      </Panel>
    </>
  );
}

function sentenceOf(subject: Subject, answer: CompareAnswer): string {
  if (subject === 'statements') return statementsSentence(answer);
  if (subject === 'tables') return tablesSentence(answer, bytes);
  return waitsSentence(answer, (row) => loadPair(row, answer));
}

const rowKey = (row: ComparedRow) => row.key;

function Rows({ server, subject, answer }: { server: string; subject: Subject; answer: CompareAnswer }) {
  const [open, setOpen] = useQueryState('row', parseAsString);
  const [filter] = useFilter();
  const toggle = useCallback((key: string) => void setOpen((now) => (now === key ? null : key)), [setOpen]);
  const columns = useMemo(() => {
    const opened = { key: open, toggle };
    if (subject === 'statements') return statementColumns(answer, opened);
    return subject === 'tables' ? tableColumns(answer, opened) : waitColumns(answer, opened);
  }, [subject, answer, open, toggle]);
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = answer.rows.filter((row) => matches(row, columns, words)).length;
  const detail = useCallback(
    (row: ComparedRow) =>
      row.key !== open ? undefined : subject === 'statements' ? (
        <StatementCompared
          row={row}
          answer={answer}
          href={`/${encodeURIComponent(server)}/statements?limit=200&statement=${encodeURIComponent(row.key)}&from=${answer.b.from}&to=${answer.b.to}`}
        />
      ) : (
        <FiguresCompared row={row} answer={answer} />
      ),
    [open, subject, answer, server],
  );
  const unknown = unknownWindow(answer.a, answer.b);
  if (unknown || answer.rows.length === 0)
    return (
      <div className="panel-message">
        <StateText state={unknown ? 'unknown' : 'ok'}>{unknown ? 'Not known' : 'None'}</StateText>
        <p>
          {unknown
            ? `${unknown} Choose windows in which pgdeck was watching; the page of pgdeck's own cost says since when it remembers.`
            : 'Nothing ran or changed in either window.'}
        </p>
      </div>
    );
  return (
    <>
      <div className="filters compare-filter">
        <FilterField placeholder="name, text" found={found} />
      </div>
      <DataTable
        id={`compare-${subject}`}
        caption={`${about[subject].label} compared`}
        rows={answer.rows}
        columns={columns}
        rowKey={rowKey}
        rowName={comparedText}
        sort={{ column: about[subject].sort, descending: true }}
        detail={detail}
      />
    </>
  );
}
