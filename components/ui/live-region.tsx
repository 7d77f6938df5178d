'use client';

import { useSyncExternalStore } from 'react';
import { announcement } from '@/lib/client/announce';
import { visible } from './highlight';

const silence = { text: '' };

/**
 * The one polite region of a page; it is there before anything is put into it. It stands at the top: below the page it
 * would make that a pixel higher than its window or frame, which then scrolls.
 */
export function LiveRegion() {
  const { text } = useSyncExternalStore(announcement.subscribe, announcement.get, () => silence);
  return (
    <div className="visually-hidden top-0" role="status" aria-live="polite">
      {visible(text)}
    </div>
  );
}
