'use client';

import { useEffect, useState } from 'react';
import { RevealLine, useReveal } from '@/components/access/reveal';
import { statementCharts } from '@/components/history/charts-of';
import { RowCharts } from '@/components/history/row-charts';
import { visible } from '@/components/ui/highlight';
import { SqlBlock } from '@/components/ui/sql';
import { Clock } from '@/components/ui/time';
import { bytes, count, exact, milliseconds, notApplicable, percent } from '@/lib/format';
import type { Statement } from './summary';

/** One statement in full: its text laid out over lines, the figures that the table has no room for, and its history. */
export function StatementDetail({ server, row }: { server: string; row: Statement }) {
  const { queryid, userid, dbid, toplevel } = row;
  const key = { queryid, userid, dbid, toplevel };
  const reveal = useReveal({ topic: 'slow-queries', key, column: 'query' }, row.query);
  const text = useFormatted(reveal.text);
  const cut = row.query !== null && (row.query_length ?? 0) > row.query.length;
  return (
    <div className="statement-detail">
      {text === undefined ? (
        reveal.seen === 'hidden' ? (
          <RevealLine reveal={reveal} />
        ) : (
          <p className="soft">Its text was not read yet, or is hidden from the role that pgdeck reads with.</p>
        )
      ) : (
        <div>
          <SqlBlock sql={text} label="statement" />
          <RevealLine reveal={reveal} />
          {cut && (
            <p className="muted mt-1 text-xs">
              The first {exact(row.query?.length ?? 0)} of {exact(row.query_length ?? 0)} characters.
            </p>
          )}
        </div>
      )}
      <dl className="facts">
        <Fact name="A call">
          {milliseconds(row.min_exec_time)} to {milliseconds(row.max_exec_time)}, mean{' '}
          {milliseconds(row.mean_exec_time)} ± {milliseconds(row.stddev_exec_time)}
        </Fact>
        <Fact name="Rows a call">{row.calls > 0 ? count(row.rows / row.calls) : notApplicable}</Fact>
        <Fact name="Planning">
          {row.plans > 0 ? `${milliseconds(row.mean_plan_time)} each` : 'not measured (track_planning is off)'}
        </Fact>
        <Fact name="Blocks">
          {count(row.shared_blks_hit)} found in the cache, {count(row.shared_blks_read)} read
          {row.hit_ratio !== null && ` (${percent(row.hit_ratio)} found)`}
        </Fact>
        <Fact name="Waited">
          {row.blk_read_time === null && row.blk_write_time === null
            ? notApplicable
            : `${milliseconds(row.blk_read_time ?? 0)} for reads, ${milliseconds(row.blk_write_time ?? 0)} for writes`}
        </Fact>
        <Fact name="Temporary">
          {count(row.temp_blks_read)} blocks read, {count(row.temp_blks_written)} written
        </Fact>
        <Fact name="WAL">{bytes(row.wal_bytes)}</Fact>
        <Fact name="Ran in">
          {visible(`${row.datname ?? 'a dropped database'} as ${row.usename ?? 'a dropped role'}`)}
          {!row.toplevel && ', inside a function'}
        </Fact>
        <Fact name="Query ID">{row.queryid}</Fact>
        {row.stats_since && (
          <Fact name="Counted since">
            <Clock at={row.stats_since} withZone />
          </Fact>
        )}
      </dl>
      <div className="statement-history">
        <StatementHistory server={server} sid={row.sid} />
      </div>
    </div>
  );
}

/** What a statement did over the page's time. */
export function StatementHistory({ server, sid }: { server: string; sid: string }) {
  return <RowCharts server={server} series="statement" of={{ sid }} charts={statementCharts} />;
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="contents">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The text laid out once the formatter has been loaded; until then, and where it fails, as it is. */
function useFormatted(query: string | null): string | undefined {
  const [formatted, setFormatted] = useState<{ query: string; text: string }>();
  useEffect(() => {
    if (query === null) return;
    let current = true;
    import('./format-sql').then(
      ({ formatSql }) => current && setFormatted({ query, text: formatSql(query) }),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [query]);
  if (query === null) return undefined;
  return formatted?.query === query ? formatted.text : query;
}
