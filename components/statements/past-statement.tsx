'use client';

import { Panel } from '@/components/ui/panel';
import { SqlBlock } from '@/components/ui/sql';
import { topQuery } from '@/lib/client/history-queries';
import { useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { StatementHistory } from './statement-detail';

/** A statement that an address names but the list does not hold: what the history knows of it. */
export function PastStatement({ server, sid }: { server: string; sid: string }) {
  const [range] = useRange();
  const { data } = useAsked(topQuery(server, 'statement', range, `statement:${sid}`));
  const row = data?.rows[0];
  return (
    <Panel
      id="past-statement"
      title={row?.queryid ? `Statement ${row.queryid}` : 'A statement of the history'}
      sentence={
        row
          ? `${row.datname ?? 'a dropped database'} as ${row.usename ?? 'a dropped role'}; not among the statements below.`
          : 'It is not among the statements below; this is what the history knows of it in this time.'
      }
      source="pg_stat_statements, pgdeck's history"
    >
      <div className="grid grid-cols-1 gap-3">
        {row?.label && <SqlBlock sql={row.label} label="statement" />}
        <StatementHistory server={server} sid={sid} />
      </div>
    </Panel>
  );
}
