'use client';

import { ChevronsUpDown } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { visible } from '@/components/ui/highlight';
import { useFrame } from '@/lib/client/frame';
import { usePageTime } from '@/lib/client/page-time';
import { withLasting } from '@/lib/client/range';
import type { ServerSummary } from '@/lib/client/shapes';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { Popover } from '../ui/popover';
import { type State, StateIcon, stateWord } from '../ui/state';
import { ConnectDialog } from './connect-dialog';
import {
  serverAddress,
  serverHost,
  serverKind,
  serverState,
  useFindings,
  useServer,
  useServers,
  versionText,
} from './use-server';

/** Which server is watched, as whom, and how it is; opens to its facts and to the other servers. Never a password. */
export function ServerCard({ id, small }: { id: string; small?: boolean }) {
  const server = useServer(id);
  const past = usePageTime().at !== null;
  const state = serverState(server, useFindings(id));
  const [connect, setConnect] = useState(false);
  const framed = useFrame() !== undefined;
  const name = server?.name ?? id;
  const address = server && serverAddress(server);
  return (
    <>
      <Popover
        title={name}
        align="start"
        trigger={
          small ? (
            <button type="button" className="topbar-server">
              <StateMark state={state} />
              <span className="cut">{name}</span>
              {server && <small>{serverKind(server)}</small>}
              <ChevronsUpDown className="icon icon-small" aria-hidden />
            </button>
          ) : (
            <button type="button" className="server-card">
              <StateMark state={state} />
              <b className="cut">{name}</b>
              <ChevronsUpDown className="icon icon-small" aria-hidden />
              <small className="cut">
                {server ? serverKind(server) : '\u00a0'}
                {past && ', now'}
              </small>
              {/* Who is not told has no empty lines for it; their place is kept until that is known. */}
              {(!server || server.database !== undefined) && (
                <>
                  <small className="cut" title={address}>
                    {server?.database ? visible(`${server.database} as ${server.role}`) : '\u00a0'}
                  </small>
                  <small className="cut">{server ? (serverHost(server) ?? '\u00a0') : '\u00a0'}</small>
                </>
              )}
            </button>
          )
        }
      >
        {server && <Facts server={server} />}
        <Others current={id} />
        {!framed && (
          <div className="actions" style={{ marginTop: 10 }}>
            <Button onClick={() => setConnect(true)}>Connect another server</Button>
          </div>
        )}
      </Popover>
      <ConnectDialog open={connect} onOpenChange={setConnect} />
    </>
  );
}

function StateMark({ state }: { state: State }) {
  return (
    <span className={`state ${state}`}>
      <StateIcon state={state} />
      <span className="visually-hidden">Server, {stateWord(state)}: </span>
    </span>
  );
}

function Facts({ server }: { server: ServerSummary }) {
  const facts: [string, string | undefined][] = [
    ['Host', server.host && `${server.host}, port ${server.port}`],
    ['Database', server.database],
    ['Reads as', server.role],
    ['Acts as', server.actionRole],
    [
      'Server',
      server.versionNum === null
        ? undefined
        : `PostgreSQL ${versionText(server.versionNum)}, ${server.inRecovery ? 'standby' : 'primary'}`,
    ],
    ['Kind', server.environment ?? undefined],
    ['Tags', server.tags.join(', ') || undefined],
    ['State', server.problem?.sentence],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) =>
        value ? (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

function Others({ current }: { current: string }) {
  const others = useServers().filter((server) => server.id !== current);
  if (others.length === 0) return null;
  return (
    <nav aria-label="Other servers" style={{ margin: '8px -8px 0' }}>
      {others.map((server) => (
        <Other key={server.id} server={server} />
      ))}
    </nav>
  );
}

function Other({ server }: { server: ServerSummary }) {
  const time = new URLSearchParams(useSearchParams().toString());
  time.delete('database');
  const state = serverState(server, useFindings(server.id));
  return (
    <Link className="menu-item" href={withLasting(`/${encodeURIComponent(server.id)}/overview`, time)} prefetch={false}>
      <span className={`state ${state}`}>
        <StateIcon state={state} />
      </span>
      <span className="cut">
        <b>{server.name}</b> <span className="muted">{serverKind(server)}</span>
      </span>
      <span className="visually-hidden">{stateWord(state)}</span>
    </Link>
  );
}
