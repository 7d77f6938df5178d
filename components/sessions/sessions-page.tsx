'use client';

import { ChevronDown, Group as GroupIcon } from 'lucide-react';
import { parseAsBoolean, parseAsInteger, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useCallback, useMemo, useState } from 'react';
import { useAction } from '@/components/actions/action-provider';
import { ChartPanel } from '@/components/charts/chart-panel';
import { connectionLooks } from '@/components/charts/look';
import { latest } from '@/components/charts/summary';
import { PageHead } from '@/components/shell/page-head';
import { DataTable } from '@/components/table/data-table';
import { FilterField } from '@/components/table/table-tools';
import { Button } from '@/components/ui/button';
import { Choice } from '@/components/ui/choice';
import { visible } from '@/components/ui/highlight';
import { ActionMenu } from '@/components/ui/menu';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { useDatabase, useFilter } from '@/lib/client/url-state';
import { useTopic } from '@/lib/client/use-topic';
import { count, ofTotal, plural } from '@/lib/format';
import { sessionColumns } from './columns';
import { groupColumns, groupingTitle } from './groups';
import { choose, type Group, type Grouping, groupings, groupSessions } from './select';
import { bulkOffers, offerBody, offerCount, offerOff, offerWords } from './session-actions';
import { SessionDetail } from './session-detail';
import { countKinds, isHidden, type Session, type SessionKind, type SessionLimits, sessionKinds } from './session-kind';
import { sessionMenu } from './session-menu';
import { connectionsSentence, sessionsSentence } from './summary';
import { useHrefs } from './use-hrefs';

const noSessions: Session[] = [];
const sessionKey = (session: Session) => `${session.pid}:${session.backend_start_us ?? ''}`;
const groupKey = (group: Group) => group.name;
const groupingChoices = ['none', ...groupings] as const;

/** The Sessions page: who is connected and does what, filtered by the URL, with what can be done about each. */
export function SessionsPage({ server, limits }: { server: string; limits: SessionLimits }) {
  const view = useTopic(server, 'sessions');
  const connections = useTopic(server, 'connections');
  const [database] = useDatabase();
  const all = useMemo(() => {
    const rows = view.rows ?? noSessions;
    return database ? rows.filter((row) => row.datname === database) : rows;
  }, [view.rows, database]);

  const [filter, setFilter] = useFilter();
  const [idleShown, setIdleShown] = useQueryState('idle', parseAsBoolean.withDefault(false));
  const [by, setBy] = useQueryState('group', parseAsStringLiteral(groupings));
  const act = useAction();
  const hrefs = useHrefs(server);

  const kind = sessionKinds.find((each) => each.kind === filter.fields.state)?.kind;
  const group = groupings
    .map((each) => ({ by: each, name: filter.fields[each] }))
    .find((each): each is { by: Grouping; name: string } => each.name !== undefined);
  const setField = (name: string, value: string | undefined) => {
    const { [name]: _before, ...others } = filter.fields;
    setFilter({ ...filter, fields: value === undefined ? others : { ...others, [name]: value } });
  };

  const counts = useMemo(() => countKinds(all), [all]);
  const grouped = group ? choose(all, { group }) : all;
  const { by: groupBy, name: groupName } = group ?? {};
  const rows = useMemo(
    () => choose(all, { kind, group: groupBy && { by: groupBy, name: groupName ?? '' }, idle: idleShown }),
    [all, kind, groupBy, groupName, idleShown],
  );
  const idleHidden = kind || idleShown ? 0 : countKinds(grouped).idle;

  const columns = useMemo(() => sessionColumns(limits, hrefs.locks), [limits, hrefs]);
  const detail = useDetail(all);
  const { show } = detail;
  const menu = useCallback(
    (session: Session) => sessionMenu(session, { act, show, locksHref: hrefs.locks }),
    [act, show, hrefs],
  );

  return (
    <>
      <PageHead
        server={server}
        title="Sessions"
        state={counts.waiting > 0 ? `${counts.waiting} waiting` : undefined}
        sentence={view.rows ? sessionsSentence(all) : undefined}
        databases="all"
        range
      />
      <ChartPanel
        title="Connections by state"
        series="connections"
        view={connections}
        looks={connectionLooks}
        stacked
        unit="count"
        text={count}
        height={120}
        sentence={connectionsSentence}
        limit={(series) => {
          const ceiling = latest(series, 'ceiling');
          return ceiling === null ? undefined : { value: ceiling, label: `${count(ceiling)} for applications` };
        }}
      />
      <div className="filters">
        <Segmented<SessionKind | 'all'>
          label="State"
          value={kind ?? 'all'}
          onChange={(value) => setField('state', value === 'all' ? undefined : value)}
          segments={[
            { value: 'all', label: 'All', count: view.rows && all.length },
            ...sessionKinds
              .filter((each) => each.kind !== 'other' || counts.other > 0)
              .map((each) => ({ value: each.kind, label: each.title, count: view.rows && counts[each.kind] })),
          ]}
        />
        <FilterField placeholder="User, application, client, text" />
        {group && (
          <Button onClick={() => setField(group.by, undefined)}>
            {groupingTitle(group.by)}: {visible(group.name)} ×<span className="visually-hidden"> (remove filter)</span>
          </Button>
        )}
        <span className="push" />
        <Choice
          label="Grouping"
          icon={GroupIcon}
          options={groupingChoices.map((value) => ({
            value,
            label: value === 'none' ? 'Not grouped' : `Group by ${value}`,
          }))}
          value={by ?? 'none'}
          onChange={(value) => setBy(value === 'none' ? null : value)}
        />
        <ActionMenu
          label="Act on many sessions"
          title="Each shows who they are before anything is done."
          trigger={
            <Button>
              Many at once
              <ChevronDown className="icon icon-tiny" aria-hidden />
            </Button>
          }
          entries={() =>
            bulkOffers.map((offer) => {
              const many = offerCount(view.rows ?? noSessions, offer);
              return {
                label: offerWords(offer),
                ...(many > 0 && { key: `${many} now` }),
                off: offerOff(view.rows ?? noSessions, offer),
                danger: many > 0,
                acts: offerBody(offer),
                onSelect: () => act(offerBody(offer)),
              };
            })
          }
        />
      </div>
      {by && (
        <Panel
          id="sessions-by-group"
          title={`Sessions by ${by}`}
          sentence={groupSentence(all, by)}
          view={view}
          flush
          footer={<span>{plural(all.length, 'session')}</span>}
        >
          <DataTable
            id="session-groups"
            caption={`Sessions by ${by}`}
            rows={groupSessions(all, by)}
            columns={groupColumns(by, (name) => setField(by, name))}
            rowKey={groupKey}
            sort={{ column: 'sessions', descending: true }}
            inUrl={false}
            filterText=""
            bare
          />
        </Panel>
      )}
      <Panel
        id="sessions"
        title={titleOf(kind, idleShown || counts.idle === 0)}
        view={view}
        flush
        height={420}
        footer={hiddenNote(all)}
        link={
          idleHidden > 0 ? (
            <>
              {ofTotal(rows.length, grouped.length)} not idle ·{' '}
              <button type="button" className="link-button" onClick={() => setIdleShown(true)}>
                show {count(idleHidden)} idle
              </button>
            </>
          ) : idleShown && !kind && counts.idle > 0 ? (
            <button type="button" className="link-button" onClick={() => setIdleShown(null)}>
              hide {count(counts.idle)} idle
            </button>
          ) : undefined
        }
      >
        <DataTable
          id="sessions"
          caption="Sessions"
          rows={rows}
          columns={columns}
          rowKey={sessionKey}
          rowName={rowName}
          sort={{ column: 'xact_seconds', descending: true }}
          view={view}
          live
          menu={menu}
          menuTitle={menuTitle}
          empty={emptyText(rows.length, grouped.length, kind)}
        />
      </Panel>
      {detail.session && (
        <SessionDetail
          session={detail.session}
          ended={detail.ended}
          limits={limits}
          locksHref={hrefs.locks}
          act={(body) => {
            detail.hide();
            act(body);
          }}
          onClose={detail.hide}
        />
      )}
    </>
  );
}

/** The session that the URL asks for, as it is or, once it ended, as it was last. */
function useDetail(sessions: Session[]) {
  const [pid, setPid] = useQueryState('session', parseAsInteger);
  const [last, setLast] = useState<Session>();
  const now = pid === null ? undefined : sessions.find((session) => session.pid === pid);
  const same = now && (last?.pid !== pid || last?.backend_start_us === now.backend_start_us);
  // Kept while rendering, so that an ended session does not flicker away.
  if (same && now !== last) setLast(now);
  const show = useCallback(
    (session: Session) => {
      setLast(session);
      setPid(session.pid);
    },
    [setPid],
  );
  const hide = useCallback(() => {
    setPid(null);
  }, [setPid]);
  const session = pid === null ? undefined : same ? now : last?.pid === pid ? last : undefined;
  return { session, ended: !same, show, hide };
}

const rowName = (session: Session) => [`session ${session.pid}`, session.usename].filter(Boolean).join(', ');

const menuTitle = (session: Session) => (
  <>
    <b>Session {session.pid}</b>
    {[session.usename, session.application_name].filter(Boolean).map((part) => ` · ${visible(String(part))}`)}
  </>
);

function titleOf(kind: SessionKind | undefined, everything: boolean): string {
  if (kind === 'waiting') return 'Sessions that wait for a lock';
  if (kind) return `${sessionKinds.find((each) => each.kind === kind)?.title ?? ''} sessions`;
  return everything ? 'All sessions' : 'Sessions that are not idle';
}

function groupSentence(sessions: Session[], by: Grouping): string {
  const [largest, ...others] = groupSessions(sessions, by);
  if (!largest) return 'No session is connected.';
  return others.length === 0
    ? `All ${count(sessions.length)} are of ${largest.name}.`
    : `${largest.name} has most: ${ofTotal(largest.sessions, sessions.length)}.`;
}

function hiddenNote(sessions: Session[]) {
  const hidden = sessions.filter(isHidden).length;
  return hidden > 0 ? <span>{plural(hidden, 'session')} hidden from this role</span> : undefined;
}

function emptyText(shown: number, all: number, kind: SessionKind | undefined): string {
  if (shown > 0) return 'No session matches these words.';
  if (all === 0) return "No session but pgdeck's own is connected. Sessions appear here when an application connects.";
  if (kind) return `No session is ${sessionKinds.find((each) => each.kind === kind)?.title.toLowerCase()} now.`;
  return all === 1
    ? 'Nobody does anything now: the only session is idle.'
    : `Nobody does anything now: all ${count(all)} are idle.`;
}
