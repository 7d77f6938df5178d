'use client';

import { Asked, type AskedQuery } from '@/components/ui/asked';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { Ago } from '@/components/ui/time';
import { bytes, percent } from '@/lib/format';
import type { HistoryStatus } from '@/lib/history/answers';
import { keptText, storeSentence } from './summary';

/** The history store: where it is, how full, since when it remembers, who samples, and what is worth telling. */
export function StorePanel({ server, query }: { server: string; query: AskedQuery<HistoryStatus> }) {
  const status = query.data;
  return (
    <Panel
      flush
      title="History store"
      sentence={status ? storeSentence(status).text : '\u00a0'}
      source="GET /api/history"
    >
      <Asked query={query} height={150}>
        {(known) => <Store server={server} status={known} />}
      </Asked>
    </Panel>
  );
}

function Store({ server, status }: { server: string; status: HistoryStatus }) {
  const { state, word } = storeSentence(status);
  const lease = status.leases.find((each) => each.server === server);
  return (
    <div className="grid grid-cols-1 gap-2">
      <p>
        <StateText state={state}>{word}</StateText>
      </p>
      <dl className="facts">
        <dt>Where</dt>
        <dd>{whereText(status)}</dd>
        <dt>Size</dt>
        <dd>
          {status.bytes === null
            ? 'not known'
            : `${bytes(status.bytes)} of at most ${bytes(status.maxBytes)} (${percent(status.bytes / status.maxBytes)})`}
        </dd>
        <dt>Samples</dt>
        <dd>{keptText(status.oldest.raw, status.rawDays)}</dd>
        <dt>Minutes</dt>
        <dd>{keptText(status.oldest.minute, status.minuteDays)}</dd>
        <dt>Hours</dt>
        <dd>{keptText(status.oldest.hour, status.hourDays)}</dd>
        <dt>Sampled by</dt>
        <dd>{lease ? (lease.own ? 'this pgdeck' : `another pgdeck, ${lease.holder}`) : sampledByNobody(status)}</dd>
      </dl>
      {status.notices.map((notice) => (
        <Note key={`${notice.at} ${notice.text}`} state="warning">
          <p>
            {notice.text} <span className="muted">{<Ago at={new Date(notice.at * 1000).toISOString()} />}</span>
          </p>
        </Note>
      ))}
    </div>
  );
}

const sampledByNobody = (status: HistoryStatus) =>
  status.state === 'on' ? 'nobody at this moment' : 'this pgdeck, without a lease';

function whereText(status: HistoryStatus): string {
  if (status.kind === 'off') return 'memory only (PGDECK_HISTORY is off)';
  const place = status.kind === 'embedded' ? "pgdeck's own PostgreSQL" : 'PGDECK_HISTORY_URL';
  const version = status.version ? `, PostgreSQL ${status.version}` : '';
  const engine = status.engine && status.engine !== 'plain' ? ` with ${status.engine}` : '';
  return `${place}${version}${engine}`;
}
