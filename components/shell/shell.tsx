'use client';

import { Dialog } from '@base-ui/react/dialog';
import { Menu as MenuIcon } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import { PageTimeContext } from '@/lib/client/page-time';
import { usePageTimes } from '@/lib/client/url-state';
import type { SignInOffer } from '../access/offer';
import { SessionKeeper } from '../access/session-keeper';
import { UserMenu } from '../access/user-menu';
import { ActionProvider } from '../actions/action-provider';
import { LookMenu } from './look-menu';
import { Navigation } from './navigation';
import { ServerCard } from './server-card';

/**
 * What is around every page of a server: navigation at the left, or under 1024 px a bar on top with a drawer. Without an
 * `offer` to sign in, as in a portal's frame, it tells nothing of who is signed in.
 */
export function Shell({ server, offer, children }: { server: string; offer?: SignInOffer; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <PageTime server={server}>
      <div className="app">
        <nav className="nav" aria-label="Pages">
          <Navigation server={server} offer={offer} />
        </nav>
        <header className="topbar">
          <Dialog.Root open={open} onOpenChange={setOpen}>
            <Dialog.Trigger className="icon-button" aria-label="Pages">
              <MenuIcon className="icon" aria-hidden />
            </Dialog.Trigger>
            <Dialog.Portal>
              <Dialog.Backdrop className="dialog-scrim" />
              <Dialog.Popup className="drawer" aria-label="Pages">
                <Navigation server={server} offer={offer} onLeave={() => setOpen(false)} />
              </Dialog.Popup>
            </Dialog.Portal>
          </Dialog.Root>
          <ServerCard id={server} small />
          <span className="push" />
          {offer && (
            <>
              <UserMenu server={server} offer={offer} small />
              <LookMenu />
            </>
          )}
        </header>
        <main id="content" tabIndex={-1} className="page">
          <ActionProvider server={server}>{children}</ActionProvider>
        </main>
      </div>
      {offer && <SessionKeeper offer={offer} />}
    </PageTime>
  );
}

/** Tells what is below it which server the page is of, and which moment it shows. */
export function PageTime({ server, children }: { server: string; children: ReactNode }) {
  const { at } = usePageTimes();
  const time = useMemo(() => ({ server, at }), [server, at]);
  return <PageTimeContext value={time}>{children}</PageTimeContext>;
}
