'use client';

import './embed.css';
import { focusManager, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { basePath } from '@/lib/client/base-path';
import type { EmbedSession } from '@/lib/client/embed-shapes';
import { framedPath } from '@/lib/client/frame';
import { takeToken } from '@/lib/client/frame-script';
import { refusal } from '@/lib/client/refusal';
import { request } from '@/lib/client/request';
import { pages } from '../shell/pages';
import { tellHeight } from './height';
import { Keeper, type Signed } from './keeper';
import { readWish, showLook } from './look';
import { readPath } from './paths';
import { type Heard, Line, toastOf } from './protocol';
import { Ended, Waiting } from './states';
import { seeVisible } from './visible-part';

/** The session of a frame and the line to its portal. */
export type Embedded = { session: EmbedSession; line: Line };

const EmbeddedContext = createContext<Embedded | undefined>(undefined);

/** The session of this frame, below `Embedded` only. */
export function useEmbedded(): Embedded {
  const embedded = useContext(EmbeddedContext);
  if (!embedded) throw new Error('this is only shown inside a frame');
  return embedded;
}

const waiting: Signed = { state: 'waiting' };

/**
 * What is around every page in a portal's frame: it talks to the portal, keeps the frame signed in by its tokens and
 * shows nothing before. The document that the server sends for it holds no data at all.
 */
export function Embedded({ origins, children }: { origins: readonly string[]; children: ReactNode }) {
  const router = useRouter();
  const client = useQueryClient();
  const [frame, setFrame] = useState<{ keeper: Keeper; line: Line }>();
  const [root, setRoot] = useState<HTMLElement | null>(null);

  useEffect(() => {
    const line = new Line(window, origins);
    const keeper = new Keeper({
      exchange: (token) => request<EmbedSession>('/api/embed/session', { body: { token }, open: true }),
      ask: (reason) => line.say({ type: 'auth-required', reason }),
      isFor: ({ origin }) => line.expect(origin),
    });
    let wish = {};
    let before: EmbedSession | undefined;
    const show = () => showLook({ ...before?.presentation, ...wish });
    const hear = (message: Heard) => {
      if (message.type === 'init' || message.type === 'theme') {
        wish = { ...wish, ...readWish(message.look) };
        show();
      }
      if (message.type === 'init' || message.type === 'token') void keeper.take(message.token);
      if (message.type === 'refresh') void client.invalidateQueries();
      if (message.type === 'navigate') {
        const path = readPath(message.path, shownSlugs(before));
        if (path) router.push(framedPath(path, isWholeDeck(location)));
      }
    };
    const follow = () => {
      const now = keeper.signed.get();
      focusManager.setFocused(now.state === 'on' ? undefined : false);
      if (now.state === 'on') {
        // Who is somebody else, or sees other things, must not see what was asked for the one before.
        if (before && sees(before) !== sees(now.session)) client.clear();
        else if (before) void client.invalidateQueries();
        before = now.session;
        show();
      }
      if (now.state === 'ended') line.say(toastOf('warning', 'The session of pgdeck in this frame has ended.'));
    };
    const stops = [
      line.listen(hear),
      keeper.signed.subscribe(follow),
      refusal.subscribe(() => refusal.get()?.status === 401 && keeper.lost()),
      onVisible(() => keeper.look()),
      () => keeper.stop(),
      () => focusManager.setFocused(undefined),
    ];
    setFrame({ keeper, line });
    const token = takeToken();
    if (token) void keeper.take(token);
    line.sayReady();
    return () => {
      for (const stop of stops) stop();
    };
  }, [origins, router, client]);

  const signed = useSyncExternalStore(
    frame?.keeper.signed.subscribe ?? never,
    () => frame?.keeper.signed.get() ?? waiting,
    () => waiting,
  );

  const line = frame?.line;
  // Before the portal has spoken there is nobody to tell.
  const talks = line?.portal !== undefined && signed.state !== 'waiting';
  useEffect(() => {
    if (!root || !line || !talks) return;
    const stops = [tellHeight(root, (px) => line.say({ type: 'height', px })), seeVisible(root)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [root, line, talks]);

  return (
    <div ref={setRoot} className="embed" data-state={signed.state}>
      {signed.state === 'ended' && <Ended onAgain={() => frame?.keeper.again()} />}
      {'session' in signed && line ? (
        <EmbeddedContext value={{ session: signed.session, line }}>{children}</EmbeddedContext>
      ) : (
        <Waiting
          alone={line !== undefined && !line.isFramed}
          refused={signed.state === 'refused' ? signed.why : undefined}
          onAgain={() => frame?.keeper.again()}
        />
      )}
    </div>
  );
}

/** Whether an address shows the navigation: one that names no page leads to one with it. */
const isWholeDeck = ({ pathname, search }: Location): boolean =>
  new URLSearchParams(search).has('nav') || !/^\/embed\/[^/]+\/[^/]/.test(pathname.slice(basePath.length));

const never = () => () => {};

const shownSlugs = (session: EmbedSession | undefined): string[] => session?.pages ?? pages.map(({ slug }) => slug);

const sees = ({ user, pages: shown }: EmbedSession): string => JSON.stringify([user.id, user.role, shown]);

function onVisible(look: () => void): () => void {
  const listener = () => document.visibilityState === 'visible' && look();
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}
