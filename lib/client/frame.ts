'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { createContext, useCallback, useContext } from 'react';

/** What holds for pages inside a portal's frame. */
export type Frame = {
  /** Whether the whole deck with its navigation is shown. */
  nav: boolean;
  /** The one panel that is shown; null: the whole page. */
  panel: string | null;
  /** The pages that may be seen; null: all. */
  pages: readonly string[] | null;
  /** Whether pgdeck can also be opened outside of the portal. */
  deck: boolean;
  /** Whether actions can be run inside the frame. */
  actions: boolean;
  /** Asks the portal to open a path of pgdeck in a full window. */
  open: (path: string) => void;
};

/** Given by the embedded pages; undefined on pages of pgdeck's own. */
export const FrameContext = createContext<Frame | undefined>(undefined);

/** The frame that this page is in; undefined: none. */
export function useFrame(): Frame | undefined {
  return useContext(FrameContext);
}

/** The part of a query that belongs to the frame and not to the page. */
export const frameParameters = ['nav', 'panel'];

/** The path of a page without what a frame puts before it: `/main/locks`. */
export function deckPath(path: string): string {
  return path.replace(/^\/embed(?=\/|$)/, '') || '/';
}

/** The path of this page, in a frame or not. */
export function usePagePath(): string {
  return deckPath(usePathname());
}

/** A path of pgdeck as it is inside a frame. */
export function framedPath(path: string, nav: boolean): string {
  if (!path.startsWith('/')) return path;
  const [before = '', query = ''] = path.split('?');
  const search = new URLSearchParams(query);
  if (nav) search.set('nav', '1');
  const text = search.toString();
  return `/embed${before}${text && `?${text}`}`;
}

/** Whether a frame may show what a path leads to. */
export function isShown(path: string, { pages }: Pick<Frame, 'pages'>): boolean {
  const slug = path.split('?')[0]?.split('/')[2];
  return pages === null || slug === undefined || pages.includes(slug);
}

/** Makes a link to a page of pgdeck stay in the frame; undefined: the frame may not show that page. */
export function useInside(): (href: string) => string | undefined {
  const frame = useFrame();
  return useCallback(
    (href) => {
      if (!frame) return href;
      return isShown(href, frame) ? framedPath(href, frame.nav) : undefined;
    },
    [frame],
  );
}

/** The path and query of this page as pgdeck has it outside of a frame: `/main/locks?database=shop`. */
export function useDeckHref(): string {
  const path = usePagePath();
  const search = new URLSearchParams(useSearchParams());
  for (const name of frameParameters) search.delete(name);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}
