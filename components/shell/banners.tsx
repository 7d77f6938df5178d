'use client';

import { DatabaseZap, FlaskConical, Unplug, WifiOff, X } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { useAlive } from '@/lib/client/clock';
import { useLost } from '@/lib/client/connection';
import { usePreference } from '@/lib/client/preferences';
import { wrongTimes } from '@/lib/client/range';
import { useSession } from '@/lib/client/session';
import { useHistory } from '@/lib/client/use-kept';
import { plural } from '@/lib/format';
import { Button, IconButton } from '../ui/button';
import { StateIcon } from '../ui/state';
import { ConnectDialog } from './connect-dialog';
import { useConfigRefused, useServer } from './use-server';

/** A hint without the end that the banner says itself. */
function once(hint: string | null | undefined): string {
  return (hint ?? '')
    .replace(/; pgdeck tries again by itself\.$/, '.')
    .replace(/^pgdeck connects again by itself\.$/, '');
}

/** What concerns every page of a server: it is the demo, it is not reached, or pgdeck itself does not answer. */
export function Banners({ server: id }: { server: string }) {
  const server = useServer(id);
  return (
    <>
      <AnonymousBanner />
      <LostBanner />
      <HistoryBanner />
      <WrongTimesBanner />
      <ConfigBanner />
      {server?.leaving && (
        <div className="banner warning" role="status">
          <StateIcon state="warning" />
          <p>
            <b>This server is being removed.</b> {server.leaving} No action can be begun on it.
          </p>
        </div>
      )}
      {server?.state === 'unreachable' && server.problem && (
        <div className="banner critical" role="status">
          <StateIcon state="critical" />
          <p>
            <b>{server.problem.sentence}</b> {once(server.problem.hint)} It is tried again by itself.
          </p>
        </div>
      )}
      {server?.demo && <DemoBanner />}
    </>
  );
}

/** Nobody signs in here: whoever reaches the address sees what is shown. It stays. */
function AnonymousBanner() {
  if (useSession()?.user.mode !== 'anonymous') return null;
  return (
    <div className="banner critical" role="note">
      <StateIcon state="critical" />
      <p>
        <b>Anybody who reaches this address can look.</b> Nobody signs in here: actions are off, and texts of statements
        are hidden.
      </p>
    </div>
  );
}

function WrongTimesBanner() {
  const search = useSearchParams();
  const alive = useAlive();
  const wrong = alive && wrongTimes({ from: search.get('from'), to: search.get('to'), at: search.get('at') });
  if (!wrong) return null;
  return (
    <div className="banner warning" role="status">
      <StateIcon state="warning" />
      <p>{wrong}</p>
    </div>
  );
}

function LostBanner() {
  const lost = useLost();
  const shown = lost !== undefined && lost.failures > 1;
  const was = useRef(false);
  useEffect(() => {
    if (shown === was.current) return;
    was.current = shown;
    announce(shown ? 'Connection to pgdeck lost.' : 'Connection to pgdeck is back.');
  }, [shown]);
  if (!shown) return null;
  const Icon = lost.offline ? WifiOff : Unplug;
  return (
    <div className="banner warning">
      <Icon className="icon" aria-hidden />
      <p>
        <b>{lost.offline ? 'This computer is offline.' : 'pgdeck does not answer.'}</b> What you see is as old as each
        panel says. It is asked again by itself; if pgdeck was stopped, start it with npm start.
      </p>
    </div>
  );
}

/** For admins: the file of servers was read again and is wrong, so that what is watched is what it said before. */
function ConfigBanner() {
  const refused = useConfigRefused();
  if (!refused) return null;
  const [first, ...others] = refused.problems;
  return (
    <div className="banner warning" role="status">
      <StateIcon state="warning" />
      <p>
        <b>The file of PGDECK_CONFIG was not taken.</b> What is watched stays as it was. {first}{' '}
        {others.length > 0 && `${plural(others.length, 'other problem is', 'other problems are')} told by `}
        {others.length > 0 && <code>npx pgdeck config check</code>}
      </p>
    </div>
  );
}

/** The history store is wanted and not there: why, and what goes on without it. */
function HistoryBanner() {
  const history = useHistory();
  if (!history || history.kind === 'off' || history.state === 'on' || history.state === 'starting') return null;
  return (
    <div className="banner" role="status">
      <DatabaseZap className="icon" aria-hidden />
      <p>
        <b>History is off.</b> {history.reason} What is now and the last hour are shown as ever.
      </p>
    </div>
  );
}

function DemoBanner() {
  const [hiddenOn, setHiddenOn] = usePreference('demoHiddenOn');
  const [connect, setConnect] = useState(false);
  const alive = useAlive();
  const today = alive ? new Date().toISOString().slice(0, 10) : '';
  if (hiddenOn === today && alive) return null;
  return (
    <div className="banner">
      <FlaskConical className="icon" aria-hidden />
      <p>
        <b>Demo server.</b> A real PostgreSQL on this computer with made-up shop data; its problems are made on purpose.
      </p>
      <div className="actions">
        <Button onClick={() => setConnect(true)}>Connect your server</Button>
        <IconButton label="Hide for today" onClick={() => setHiddenOn(today)}>
          <X className="icon" aria-hidden />
        </IconButton>
      </div>
      <ConnectDialog open={connect} onOpenChange={setConnect} />
    </div>
  );
}
