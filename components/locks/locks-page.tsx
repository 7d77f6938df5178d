'use client';

import { Info } from 'lucide-react';
import { parseAsInteger, useQueryState } from 'nuqs';
import { useMemo, useState } from 'react';
import { useAction } from '@/components/actions/action-provider';
import { ChartPanel } from '@/components/charts/chart-panel';
import type { ColumnLook } from '@/components/charts/look';
import { useHrefs } from '@/components/sessions/use-hrefs';
import { PageHead } from '@/components/shell/page-head';
import { Button } from '@/components/ui/button';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { useDatabase } from '@/lib/client/url-state';
import { useTopic } from '@/lib/client/use-topic';
import { count, plural } from '@/lib/format';
import { BlockingTree } from './blocking-tree';
import { locksSentence, waitingSentence, whyReadsWait } from './summary';
import { foldIds, type LockRow } from './tree';

const noRows: LockRow[] = [];
const waitingLooks: ColumnLook[] = [{ column: 'waiting', label: 'Waiting', color: 'var(--wait-lock)' }];

/** The Locks page: who waits for whom, root first, over the last hour and now. */
export function LocksPage({ server, blockedSeconds }: { server: string; blockedSeconds: number }) {
  const view = useTopic(server, 'locks');
  const connections = useTopic(server, 'connections');
  const [database] = useDatabase();
  const [pid] = useQueryState('pid', parseAsInteger);
  const [unfolded, setUnfolded] = useState(false);
  const act = useAction();
  const hrefs = useHrefs(server);

  // A tree is kept whole: one session of it in the database is enough.
  const rows = useMemo(() => {
    const all = view.rows ?? noRows;
    if (!database) return all;
    const roots = new Set(all.filter((row) => row.datname === database).map((row) => row.root_pid));
    return all.filter((row) => roots.has(row.root_pid));
  }, [view.rows, database]);
  const waiting = rows.filter((row) => row.waits_seconds !== null).length;
  const why = whyReadsWait(rows);
  const foldable = foldIds(rows).length > 0;

  return (
    <>
      <PageHead
        server={server}
        title="Locks"
        state={waiting > 0 ? `${waiting} waiting` : undefined}
        sentence={view.rows ? locksSentence(rows) : undefined}
        databases="all"
        range
      />
      <ChartPanel
        title="Sessions waiting for a lock"
        series="waiting-sessions"
        view={connections}
        looks={waitingLooks}
        stacked
        unit="count"
        text={count}
        height={110}
        folded="most"
        sentence={(series) => waitingSentence(series.points, series.step)}
        means="The most sessions that waited for a lock of another session in each stretch of time; pgdeck's own left out."
      />
      <Panel
        title="Blocking tree"
        sentence="Root first; each session stands under the one it waits for."
        view={view}
        flush
        height={240}
        source={
          waiting > 0 ? `pg_locks, pg_blocking_pids() for the ${plural(waiting, 'waiting session')} only` : undefined
        }
        tools={
          foldable && (
            <Button look="quiet" className="wide-only" aria-pressed={unfolded} onClick={() => setUnfolded(!unfolded)}>
              {unfolded ? 'Collapse like sessions' : 'Show all sessions'}
            </Button>
          )
        }
        empty={() =>
          rows.length > 0
            ? undefined
            : {
                word: 'Nobody waits',
                text: 'No session waits for a lock that another one holds. When one does, it appears here under the session it waits for, within 2 s.',
              }
        }
      >
        <BlockingTree
          rows={rows}
          view={view}
          chosenPid={pid}
          blockedSeconds={blockedSeconds}
          unfolded={unfolded}
          acts={{ act, sessionHref: (row) => hrefs.session(row.pid) }}
        />
      </Panel>
      {why && (
        <Note icon={Info} state="unknown" role="note">
          <p>
            <b>{why.title}</b> {why.text}
          </p>
        </Note>
      )}
    </>
  );
}
