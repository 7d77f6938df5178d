'use client';

import { SquareArrowOutUpRight } from 'lucide-react';
import { withBasePath } from '@/lib/client/base-path';
import { useDeckHref, useFrame } from '@/lib/client/frame';

/** What a button that acts says inside a frame where nothing can be done. */
export const actElsewhere = 'Open in full window to act';

/** Where this page is outside of the frame, for what cannot be done inside; undefined: it can, or there is no outside. */
export function useElsewhere(): string | undefined {
  const frame = useFrame();
  const href = useDeckHref();
  return frame && !frame.actions && frame.deck ? href : undefined;
}

/** Stands in a frame where a button that acts would be. */
export function ActElsewhere({ href, className }: { href: string; className: string }) {
  return (
    <a className={`button act-elsewhere ${className}`} href={withBasePath(href)} target="_blank" rel="noopener">
      <SquareArrowOutUpRight className="icon" aria-hidden />
      {actElsewhere}
    </a>
  );
}

/** Leads from a frame to the same page outside of it; where pgdeck is in its portal alone, the portal is asked for it. */
export function OpenFullWindow() {
  const frame = useFrame();
  const href = useDeckHref();
  if (!frame) return null;
  const inside = (
    <>
      <SquareArrowOutUpRight className="icon icon-small" aria-hidden />
      Open in full window
    </>
  );
  return frame.deck ? (
    <a className="open-full" href={withBasePath(href)} target="_blank" rel="noopener">
      {inside}
    </a>
  ) : (
    <button type="button" className="open-full" onClick={() => frame.open(href)}>
      {inside}
    </button>
  );
}
