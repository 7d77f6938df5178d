'use client';

import { Eye, Filter, SquareArrowOutUpRight } from 'lucide-react';
import { useCallback, useMemo, useState } from 'react';
import { RevealDialog, useTextSeen, whyMasked } from '@/components/access/reveal';
import { DataTable } from '@/components/table/data-table';
import { Asked } from '@/components/ui/asked';
import { visible } from '@/components/ui/highlight';
import type { MenuEntry } from '@/components/ui/menu';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { StateText } from '@/components/ui/state';
import { topQuery } from '@/lib/client/history-queries';
import { useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { durationInWords } from '@/lib/format';
import type { TopAnswer } from '@/lib/history/answers';
import { canChoose, type LoadRow, loadColumns, loadRows, rowText } from './columns';
import { type LoadFilter, type Slice, slices, sliceWords, toggled } from './filters';
import { coverageSentence, topSentence } from './summary';

const spanText = (seconds: number) => (seconds === 3600 ? 'hour' : durationInWords(seconds));
const rowKey = (row: LoadRow) => (row.rest ? 'others' : `:${row.key}`);

/** What caused the load of the chart above: one slice of it, in the same colours, over the same time. */
export function LoadTable({
  server,
  slice,
  onSlice,
  asked,
  filters,
  onFilters,
  statementHref,
}: {
  server: string;
  slice: Slice;
  onSlice: (slice: Slice) => void;
  asked: string;
  filters: LoadFilter[];
  onFilters: (filters: LoadFilter[]) => void;
  statementHref: (sid: string) => string;
}) {
  const [range] = useRange();
  const query = useAsked(topQuery(server, slice, range, asked));
  const answer = query.data;
  return (
    <Panel
      id="load-by"
      title={`Load by ${sliceWords[slice].one.toLowerCase()}`}
      sentence={answer ? topSentence(answer) : '\u00a0'}
      source={slice === 'statement' ? 'pg_stat_activity, pg_stat_statements' : 'pg_stat_activity'}
      flush
      footer={
        <>
          {slice === 'statement' && answer && (
            <span>Change: mean time against the {spanText(answer.to - answer.from)} before</span>
          )}
          {answer?.source === 'memory' && <span>from memory: the last hour at most</span>}
        </>
      }
    >
      <div className="load-tools load-slices">
        <Segmented<Slice>
          label="Load by"
          segments={slices.map((value) => ({ value, label: sliceWords[value].one }))}
          value={slice}
          onChange={onSlice}
        />
      </div>
      <Asked query={query} height={240} flush>
        {(known) =>
          known.rows.length === 0 ? (
            <Nothing answer={known} filtered={filters.length > 0} />
          ) : (
            <Rows answer={known} slice={slice} filters={filters} onFilters={onFilters} statementHref={statementHref} />
          )
        }
      </Asked>
    </Panel>
  );
}

function Rows({
  answer,
  slice,
  filters,
  onFilters,
  statementHref,
}: {
  answer: TopAnswer;
  slice: Slice;
  filters: LoadFilter[];
  onFilters: (filters: LoadFilter[]) => void;
  statementHref: (sid: string) => string;
}) {
  const rows = useMemo(() => loadRows(answer, slice), [answer, slice]);
  const most = Math.max(0, ...rows.map((row) => row.load));
  const choose = useCallback(
    (row: LoadRow) => onFilters(toggled(filters, { by: slice, value: row.key })),
    [filters, onFilters, slice],
  );
  const columns = useMemo(
    () => loadColumns(slice, most, choose, (row) => filters.some(({ by, value }) => by === slice && value === row.key)),
    [slice, most, choose, filters],
  );
  const seen = useTextSeen();
  const [revealing, setRevealing] = useState<LoadRow>();
  const menu = useCallback(
    (row: LoadRow): MenuEntry[] => [
      {
        label: 'Show only this',
        icon: Filter,
        onSelect: () => choose(row),
        ...(!canChoose(row) && { off: 'These are many.' }),
      },
      ...(slice === 'statement' && canChoose(row)
        ? [{ label: 'Open statement', icon: SquareArrowOutUpRight, href: statementHref(row.key) }]
        : []),
      ...(slice === 'statement' && row.label !== null && seen !== 'plain'
        ? [{ label: 'Reveal values…', icon: Eye, off: whyMasked(seen), onSelect: () => setRevealing(row) }]
        : []),
    ],
    [choose, slice, statementHref, seen],
  );
  return (
    <>
      <DataTable
        id={`load-${slice}`}
        caption={`Load by ${sliceWords[slice].one.toLowerCase()}`}
        rows={rows}
        columns={columns}
        rowKey={rowKey}
        rowName={(row) => rowText(row, slice).slice(0, 80)}
        rowState={(row) => (row.rest ? 'rest' : undefined)}
        sort={{ column: 'load', descending: true }}
        menu={menu}
        menuTitle={(row) => <b className="cut block">{visible(rowText(row, slice))}</b>}
        filterText=""
      />
      {revealing && (
        <RevealDialog
          title="Statement"
          of={{ topic: 'slow-queries', key: { sid: revealing.key }, column: 'query' }}
          masked={revealing.label ?? ''}
          onClose={() => setRevealing(undefined)}
        />
      )}
    </>
  );
}

function Nothing({ answer, filtered }: { answer: TopAnswer; filtered: boolean }) {
  const coverage = coverageSentence(answer.from, answer.to, answer.coveredSeconds);
  if (answer.coveredSeconds <= 0)
    return (
      <div className="panel-message">
        <StateText state="unknown">Not known</StateText>
        <p>{coverage}</p>
      </div>
    );
  return (
    <div className="panel-message">
      <StateText state="ok">Nobody was active</StateText>
      <p>
        {filtered
          ? 'Nothing of what is chosen above was active in this time. Take a filter away to see the rest.'
          : 'Nobody was active in this time, so there was no load. Rows appear when sessions work or wait.'}{' '}
        {coverage}
      </p>
    </div>
  );
}
