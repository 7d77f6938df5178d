'use client';

import { useQuery } from '@tanstack/react-query';
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { type ReactNode, Suspense, useEffect, useMemo, useRef } from 'react';
import { deckPath, type Frame, FrameContext, framedPath } from '@/lib/client/frame';
import { serversQuery } from '@/lib/client/queries';
import { ActionProvider } from '../actions/action-provider';
import { pages } from '../shell/pages';
import { PageTime, Shell } from '../shell/shell';
import { OpenFullWindow } from '../ui/full-window';
import { useEmbedded } from './embedded';
import { toldPath, toldTitle } from './paths';
import { Message } from './states';
import { views } from './views';

/** How long a page is given to put its state into its title before the portal is told. */
const settleMs = 150;

/** A page of pgdeck in a portal's frame: `/embed/<server>/<page>`; less of a path leads to the first page of the whole deck. */
export function EmbedPage() {
  const { session, line } = useEmbedded();
  const [server, slug, ...rest] = deckPath(usePathname()).split('/').filter(Boolean).map(decodeURIComponent);
  const search = useSearchParams();
  const nav = search.has('nav');
  const panel = search.get('panel');
  const frame = useMemo<Frame>(
    () => ({
      nav,
      panel,
      pages: session.pages,
      deck: session.deck,
      actions: session.actions,
      open: (href) => {
        const { pathname, searchParams } = new URL(href, location.origin);
        line.say({ type: 'open', path: toldPath(pathname, searchParams) });
      },
    }),
    [nav, panel, session, line],
  );
  const View = slug === undefined ? undefined : views[slug];
  const isShown = slug !== undefined && (session.pages?.includes(slug) ?? true);
  if (server === undefined || slug === undefined) return <First server={server} />;
  if (rest.length > 0 || !View)
    return (
      <Message title="There is no such page" state="unknown">
        <p>The address of this frame names no page of pgdeck.</p>
      </Message>
    );
  if (!isShown)
    return (
      <Message title="This page is not shown here" state="unknown">
        <p>The portal shows other pages of pgdeck than this one.</p>
      </Message>
    );
  const inside = (
    <Known server={server}>
      <Suspense fallback={<div className="embed-coming" />}>
        <View server={server} limits={session.limits} />
        {panel !== null && <p className="no-panel">There is no panel “{panel.slice(0, 60)}” on this page.</p>}
      </Suspense>
      {panel === null && <OpenFullWindow />}
    </Known>
  );
  return (
    <FrameContext value={frame}>
      <Tell />
      {nav ? (
        <Shell server={server}>{inside}</Shell>
      ) : (
        <PageTime server={server}>
          <main id="content" tabIndex={-1} className={`page ${panel === null ? '' : 'page-of-one'}`}>
            <ActionProvider server={server}>{inside}</ActionProvider>
          </main>
        </PageTime>
      )}
    </FrameContext>
  );
}

/** Says so where a server is not there, or not for this frame. */
function Known({ server, children }: { server: string; children: ReactNode }) {
  const servers = useQuery(serversQuery()).data?.servers;
  if (!servers || servers.some(({ id }) => id === server)) return children;
  return (
    <Message title="There is no such server" state="unknown">
      <p>The address of this frame names a server that pgdeck does not watch, or not for you.</p>
    </Message>
  );
}

/** Leads to the first page of a server, or of the first server, with the navigation. */
function First({ server }: { server: string | undefined }) {
  const router = useRouter();
  const { session } = useEmbedded();
  const servers = useQuery(serversQuery()).data?.servers;
  const id = server ?? servers?.[0]?.id;
  const slug = pages.find((page) => session.pages?.includes(page.slug) ?? true)?.slug;
  useEffect(() => {
    if (id && slug) router.replace(framedPath(`/${encodeURIComponent(id)}/${slug}`, true));
  }, [router, id, slug]);
  if (slug && (id || !servers)) return null;
  return (
    <Message title="Nothing is shown here" state="unknown">
      <p>The portal shows no page or no server of pgdeck.</p>
    </Message>
  );
}

/** Tells the portal which page is shown and what its title is, so that its own address can lead there again. */
function Tell() {
  const { line } = useEmbedded();
  const path = deckPath(usePathname());
  const query = useSearchParams().toString();
  const before = useRef<{ path: string; told: string; title: string }>(undefined);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const tell = () => {
      const [told, title] = [toldPath(path, new URLSearchParams(query)), toldTitle(document.title)];
      const last = before.current;
      if (last?.told === told && last.title === title) return;
      line.say({ type: 'location', path: told, title, replace: last === undefined || last.path === path });
      before.current = { path, told, title };
    };
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(tell, settleMs);
    };
    soon();
    // A page puts its state into its title, some of it long after it is there.
    const titles = new MutationObserver(soon);
    titles.observe(document.head, { subtree: true, childList: true, characterData: true });
    return () => {
      clearTimeout(timer);
      titles.disconnect();
    };
  }, [line, path, query]);
  return null;
}
