'use client';

import './changes.css';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo, useState } from 'react';
import { PageHead } from '@/components/shell/page-head';
import { Asked } from '@/components/ui/asked';
import { Button } from '@/components/ui/button';
import { Choice } from '@/components/ui/choice';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { changesQuery, historyQuery } from '@/lib/client/history-queries';
import { useInterval } from '@/lib/client/live';
import { useWhyNotRole } from '@/lib/client/session';
import { useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { ChangeList } from './change-list';
import { changeKindIds, changeKinds } from './kinds';
import { MarkDialog } from './mark-dialog';
import { changesSentence } from './summary';

const all = 'all';

/** The Changes page: what was changed on the server and when, from settings to deployments. */
export function ChangesPage({ server }: { server: string }) {
  const [range] = useRange();
  const [kind, setKind] = useQueryState('kind', parseAsStringLiteral(changeKindIds));
  const [adding, setAdding] = useState(false);
  const noMark = useWhyNotRole(server, 'operator');
  const interval = useInterval(10_000);
  const query = useInfiniteQuery({
    ...changesQuery(server, range, kind),
    refetchInterval: 'last' in range && interval,
  });
  const store = useAsked(historyQuery()).data;
  const memory = store && store.state !== 'on';
  const events = useMemo(() => query.data?.pages.flatMap((page) => page.events), [query.data]);
  return (
    <>
      <PageHead
        server={server}
        title="Changes"
        range
        sentence={events ? changesSentence(events, range, query.hasNextPage) : '\u00a0'}
      />
      <div className="filters">
        <Choice
          label="Kind"
          options={[
            { value: all, label: 'All kinds' },
            ...changeKindIds.map((id) => ({ value: id as string, label: upperFirst(changeKinds[id].many) })),
          ]}
          value={kind ?? all}
          onChange={(value) => void setKind(changeKindIds.find((id) => id === value) ?? null)}
        />
        <span className="push" />
        <Button off={noMark} onClick={() => setAdding(true)}>
          <Plus className="icon icon-small" aria-hidden />
          Add mark…
        </Button>
      </div>
      <Panel
        title="What changed"
        sentence="Newest first: settings, restarts, failovers, statistics resets, schema, extensions, roles, actions of pgdeck and marks."
        source={memory ? 'memory: since pgdeck began' : "pgdeck's history"}
        flush
        footer={memory && <span>{store.reason}</span>}
        link={
          query.hasNextPage ? (
            <Button
              look="quiet"
              onClick={() => query.fetchNextPage()}
              off={query.isFetchingNextPage && 'Older changes are being loaded.'}
            >
              Load older
            </Button>
          ) : events && events.length > 0 ? (
            'All changes of this time are shown'
          ) : undefined
        }
      >
        <Asked query={{ ...query, data: events }} height={240} flush>
          {(known) =>
            known.length > 0 ? (
              <ChangeList server={server} events={known} />
            ) : (
              <div className="panel-message">
                <StateText state="ok">None</StateText>
                <p>
                  {kind
                    ? 'Nothing of this kind changed in this time. Choose All kinds or a longer time to see more.'
                    : 'Nothing that pgdeck looks for changed in this time. Choose a longer time to see more, or add a mark.'}
                </p>
              </div>
            )
          }
        </Asked>
      </Panel>
      {adding && <MarkDialog server={server} onClose={() => setAdding(false)} />}
    </>
  );
}

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
