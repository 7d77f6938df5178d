'use client';

import './changes.css';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import type { Column } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { Asked } from '@/components/ui/asked';
import { IconButton } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import { Ago } from '@/components/ui/time';
import { changesQuery } from '@/lib/client/history-queries';
import { useInterval } from '@/lib/client/live';
import { useWhyNotRole } from '@/lib/client/session';
import { useRange } from '@/lib/client/url-state';
import type { ChangeEvent } from '@/lib/history/answers';
import { Link } from '../ui/link';
import { changeKinds } from './kinds';
import { momentHref } from './links';
import { MarkDialog } from './mark-dialog';
import { changesSentence } from './summary';

const shown = 6;
const rowKey = (event: ChangeEvent) => event.id;

/** The newest changes of the page's time, for a page that is about more than them. */
export function RecentChanges({ server, link }: { server: string; link: ReactNode }) {
  const [range] = useRange();
  const [adding, setAdding] = useState(false);
  const noMark = useWhyNotRole(server, 'operator');
  const interval = useInterval(10_000);
  const query = useInfiniteQuery({
    ...changesQuery(server, range, null),
    refetchInterval: 'last' in range && interval,
  });
  const events = useMemo(() => query.data?.pages.flatMap((page) => page.events), [query.data]);
  const columns = useMemo(() => recentColumns(server), [server]);
  return (
    <Panel
      title="What changed"
      sentence={events ? changesSentence(events, range, query.hasNextPage) : '\u00a0'}
      tools={
        <IconButton label="Add mark…" off={noMark} onClick={() => setAdding(true)}>
          <Plus className="icon" aria-hidden />
        </IconButton>
      }
      source="Settings, restarts, schema, extensions, roles, resets, actions and marks"
      link={link}
      flush
    >
      <Asked query={{ ...query, data: events }} height={60} flush>
        {(known) =>
          known.length === 0 ? (
            <div className="panel-message">
              <StateText state="ok">None</StateText>
            </div>
          ) : (
            <DataTable
              id="overview-changes"
              caption="What changed"
              rows={known.slice(0, shown)}
              columns={columns}
              rowKey={rowKey}
              sort={{ column: 'at', descending: true }}
              inUrl={false}
              bare
            />
          )
        }
      </Asked>
      {adding && <MarkDialog server={server} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function recentColumns(server: string): Column<ChangeEvent>[] {
  return [
    {
      id: 'title',
      header: 'Change',
      value: (event) => event.title,
      cell: (event) => {
        const { icon: Icon, one } = changeKinds[event.kind];
        return (
          <Link className="change-link" href={momentHref(server, event.at)} prefetch={false}>
            <Icon className="icon icon-small muted" aria-hidden />
            <span className="cut" title={visible(event.title)}>
              <span className="visually-hidden">{one}: </span>
              {visible(event.title)}
            </span>
          </Link>
        );
      },
      grow: true,
      rank: 1,
    },
    { id: 'actor', header: 'By', value: (event) => event.actor, rank: 2 },
    {
      id: 'at',
      header: 'When',
      kind: 'number',
      value: (event) => event.at,
      cell: (event) => <Ago at={new Date(event.at * 1000).toISOString()} />,
      rank: 1,
    },
  ];
}
