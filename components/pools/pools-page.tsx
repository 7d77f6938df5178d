'use client';

import './pools.css';
import { useCallback, useMemo } from 'react';
import { PageHead } from '@/components/shell/page-head';
import { visible } from '@/components/ui/highlight';
import { Note } from '@/components/ui/note';
import { Age } from '@/components/ui/time';
import { useSession } from '@/lib/client/session';
import { type TopicView, useTopic } from '@/lib/client/use-topic';
import type { Limits } from '@/lib/config';
import { list } from '@/lib/format';
import { maximaOf } from '@/lib/maxima';
import type { Told } from './join';
import { MaximaPanel } from './maxima-panel';
import { OwnPools } from './own-pools';
import { PgBouncerPanels } from './pgbouncer-panels';
import { waitingIn } from './pgbouncer-summary';
import { SizingPanel } from './sizing-panel';
import { type Bouncer, type Service, type Slots, slotsOf, slotsOfServices } from './slots';
import { SlotsPanel } from './slots-panel';
import { pageSentence } from './summary';
import { useJoined } from './use-joined';

/** Clients of PgBouncer up to which their applications are told by name. */
const fewClients = 2000;

type PageProps = { server: string; limits: Pick<Limits, 'connectionsWarning'> };

/**
 * The Pools page: who holds the server's slots, what all pools may open, how large they should be, and how each is now. Each
 * part asks for its own topics, so that one that is asked often does not draw the others again.
 */
export function PoolsPage({ server, limits }: PageProps) {
  // What is about the server as a whole is asked for only where somebody may see all of it.
  const only = useSession()?.servers[server]?.databases;
  if (only)
    return (
      <>
        <Top server={server} limits={limits} part />
        <PgBouncer server={server} part />
        <Note>
          <p>
            You may see {list(only)}. What all pools may open, how large they should be and pgdeck's own pools are about
            the server as a whole.
          </p>
        </Note>
      </>
    );
  return (
    <>
      <WholeTop server={server} limits={limits} />
      <Services server={server} />
      <WholePgBouncer server={server} />
      <OwnPools server={server} />
    </>
  );
}

function WholeTop(props: PageProps) {
  const view = useTopic(props.server, 'application-pools');
  const { rows } = view;
  const { answer } = useTopic(props.server, 'pgbouncer-pools');
  const none = answer?.status === 'unavailable' && !answer.last;
  if (none && rows?.every(({ kind }) => kind !== 'pgbouncer'))
    return <DirectTop {...props} view={view} services={rows} />;
  return <Top {...props} services={rows} />;
}

/** Where no PgBouncer is, the slots are of the same sample as what the pools may open. */
function DirectTop({ server, limits, view, services }: PageProps & { view: TopicView<Service>; services: Service[] }) {
  const connections = useTopic(server, 'connections').rows;
  const slots = useMemo(() => connections && slotsOfServices(services, connections), [services, connections]);
  return (
    <>
      <Head
        server={server}
        slots={slots}
        view={view}
        about={{ maxima: maximaOf(services), waiting: undefined, part: false }}
      />
      {/* What is not known of PgBouncer is said where its pools are counted. */}
      <SlotsPanel
        slots={slots}
        bouncer={false}
        part={false}
        view={view}
        warnFrom={limits.connectionsWarning}
        alerts={view.answer?.status === 'unavailable'}
      />
    </>
  );
}

function Top({
  server,
  limits,
  services,
  part = false,
}: PageProps & { services?: Service[] | undefined; part?: boolean }) {
  const sessions = useTopic(server, 'sessions');
  const connections = useTopic(server, 'connections');
  const pools = useTopic(server, 'pgbouncer-pools');
  const away = pools.answer?.status === 'unavailable';
  const slotsWith = useCallback(
    (known: Omit<Bouncer, 'pools' | 'away'>) =>
      sessions.rows && connections.rows
        ? slotsOf(sessions.rows, connections.rows, services, pools.rows && { pools: pools.rows, away, ...known })
        : undefined,
    [sessions.rows, connections.rows, services, pools.rows, away],
  );
  const agoSeconds = secondsBetween(pools, sessions);
  const join = useCallback((later: boolean) => slotsWith({ later, agoSeconds }), [slotsWith, agoSeconds]);
  const slots = useJoined(sessions, [pools], join);
  const waiting = pools.rows && !away ? waitingIn(pools.rows) : undefined;
  const shared = { view: sessions, part, warnFrom: limits.connectionsWarning };
  const clients = (pools.rows ?? []).reduce((sum, pool) => sum + pool.cl_active + pool.cl_waiting, 0);
  return (
    <>
      <Head
        server={server}
        slots={slots}
        view={sessions}
        about={{ maxima: services && maximaOf(services), waiting, part }}
      />
      {pools.rows && pools.rows.length > 0 && clients <= fewClients ? (
        <JoinedSlots server={server} {...shared} pools={pools} slotsWith={slotsWith} />
      ) : (
        <SlotsPanel slots={slots} bouncer={pools.rows !== undefined} {...shared} />
      )}
    </>
  );
}

function Head<R>({
  server,
  slots,
  view,
  about,
}: {
  server: string;
  slots: Slots | undefined;
  /** What the slots are counted from. */
  view: TopicView<R>;
  about: Parameters<typeof pageSentence>[1];
}) {
  const waiting = about.waiting?.clients ?? 0;
  return (
    <PageHead
      server={server}
      title="Pools"
      state={waiting > 0 ? `${waiting} waiting` : undefined}
      sentence={
        slots ? (
          <>
            <Before view={view} />
            {visible(pageSentence(slots, about))}
          </>
        ) : (
          '\u00a0'
        )
      }
      range
    />
  );
}

/** Says that what follows is not of now, while there is no answer. */
function Before<R>({ view: { answer, ageSeconds, receivedAt } }: { view: TopicView<R> }) {
  if (answer?.status !== 'unavailable' || ageSeconds === undefined) return null;
  const why = answer.reason === 'unreachable' ? 'The server is not reached' : 'There is no answer now';
  return (
    <>
      {why}; what follows is what was known of it <Age ageSeconds={ageSeconds} receivedAt={receivedAt} />.{' '}
    </>
  );
}

function Services({ server }: { server: string }) {
  const view = useTopic(server, 'application-pools');
  return (
    <>
      <MaximaPanel view={view} />
      <SizingPanel server={server} view={view} />
    </>
  );
}

function WholePgBouncer({ server }: { server: string }) {
  return <PgBouncer server={server} named={isNamed(useTopic(server, 'application-pools'))} />;
}

function PgBouncer({ server, named = false, part = false }: { server: string; named?: boolean; part?: boolean }) {
  return <PgBouncerPanels server={server} view={useTopic(server, 'pgbouncer-pools')} named={named} part={part} />;
}

/** Whether a PgBouncer is configured and does not answer: only then does the sum of pools miss it. */
function isNamed({ answer }: TopicView<Service>): boolean {
  return answer?.status === 'ok' && Boolean(answer.partial?.some(({ object }) => object === 'PgBouncer'));
}

/** The slots with PgBouncer's clients and server connections beside them, which are asked for only here. */
function JoinedSlots({
  server,
  pools,
  slotsWith,
  ...shared
}: {
  server: string;
  view: TopicView;
  pools: Told;
  part: boolean;
  warnFrom: number;
  slotsWith: (known: Omit<Bouncer, 'pools' | 'away'>) => Slots | undefined;
}) {
  const clients = useTopic(server, 'pgbouncer-clients');
  const servers = useTopic(server, 'pgbouncer-servers');
  const agoSeconds = secondsBetween(servers.rows ? servers : pools, shared.view);
  const join = useCallback(
    (later: boolean) => slotsWith({ clients: clients.rows, servers: servers.rows, later, agoSeconds }),
    [slotsWith, clients.rows, servers.rows, agoSeconds],
  );
  const slots = useJoined(shared.view, [pools, servers], join);
  return <SlotsPanel slots={slots} bouncer {...shared} />;
}

/** Seconds from one answer to another one; undefined where one of them is not there. */
function secondsBetween(one: Told, other: Told): number | undefined {
  if (one.sampledAt === undefined || other.sampledAt === undefined) return undefined;
  return (Date.parse(other.sampledAt) - Date.parse(one.sampledAt)) / 1000;
}
