'use client';

import './pools.css';
import { useMemo } from 'react';
import { PageHead } from '@/components/shell/page-head';
import { useSession } from '@/lib/client/session';
import { type TopicView, useTopic } from '@/lib/client/use-topic';
import type { Limits } from '@/lib/config';
import type { Session } from '../sessions/session-kind';
import { maximaOf } from './maxima';
import { MaximaPanel } from './maxima-panel';
import { OwnPools } from './own-pools';
import { PgBouncerPanels } from './pgbouncer-panels';
import { waitingIn } from './pgbouncer-summary';
import { SizingPanel } from './sizing-panel';
import { type Bouncer, slotsOf } from './slots';
import { SlotsPanel } from './slots-panel';
import { pageSentence } from './summary';

/** Clients of PgBouncer up to which their applications are told by name. */
const fewClients = 2000;

/** The Pools page: who holds the server's slots, what all pools may open, how large they should be, and how each is now. */
export function PoolsPage({ server, limits }: { server: string; limits: Pick<Limits, 'connectionsWarning'> }) {
  const sessions = useTopic(server, 'sessions');
  const connections = useTopic(server, 'connections');
  const services = useTopic(server, 'application-pools');
  const own = useTopic(server, 'pools');
  const pools = useTopic(server, 'pgbouncer-pools');
  const part = Boolean(useSession()?.servers[server]?.databases);
  const away = pools.answer?.status === 'unavailable';
  const slots = useMemo(
    () =>
      sessions.rows && connections.rows
        ? slotsOf(sessions.rows, connections.rows, services.rows, pools.rows && { pools: pools.rows, away })
        : undefined,
    [sessions.rows, connections.rows, services.rows, pools.rows, away],
  );
  const warnFrom = limits.connectionsWarning;
  const maxima = services.rows && maximaOf(services.rows);
  const waiting = pools.rows && !away ? waitingIn(pools.rows) : undefined;
  // Only where there is one does the sum of pools miss it.
  const named =
    services.answer?.status === 'ok' && services.answer.partial?.some(({ object }) => object === 'PgBouncer');
  const shared = { view: sessions, part, warnFrom };
  const clients = (pools.rows ?? []).reduce((sum, pool) => sum + pool.cl_active + pool.cl_waiting, 0);
  return (
    <>
      <PageHead
        server={server}
        title="Pools"
        state={waiting && waiting.clients > 0 ? `${waiting.clients} waiting` : undefined}
        sentence={slots ? pageSentence(slots, { maxima, waiting, part }) : '\u00a0'}
        range
      />
      {pools.rows && pools.rows.length > 0 && clients <= fewClients ? (
        <JoinedSlots
          server={server}
          {...shared}
          of={(bouncer) =>
            sessions.rows && connections.rows
              ? slotsOf(sessions.rows, connections.rows, services.rows, { pools: pools.rows ?? [], away, ...bouncer })
              : undefined
          }
        />
      ) : (
        <SlotsPanel slots={slots} bouncer={(pools.rows?.length ?? 0) > 0} {...shared} />
      )}
      <MaximaPanel view={services} />
      <SizingPanel server={server} view={services} />
      <PgBouncerPanels server={server} view={pools} named={named} />
      <OwnPools view={own} />
    </>
  );
}

/** The slots with PgBouncer's clients and server connections beside them, which are asked for only here. */
function JoinedSlots({
  server,
  of,
  ...shared
}: {
  server: string;
  view: TopicView<Session>;
  part: boolean;
  warnFrom: number;
  of: (known: Pick<Bouncer, 'clients' | 'servers'>) => ReturnType<typeof slotsOf> | undefined;
}) {
  const clients = useTopic(server, 'pgbouncer-clients');
  const servers = useTopic(server, 'pgbouncer-servers');
  return <SlotsPanel slots={of({ clients: clients.rows, servers: servers.rows })} bouncer {...shared} />;
}
