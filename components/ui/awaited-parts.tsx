'use client';

import { X } from 'lucide-react';
import { useEffect, useSyncExternalStore } from 'react';
import { awaited, bringWhenIdle } from '@/lib/client/later';
import { parts } from '../parts';
import { StateIcon } from './state';

const nothing = () => undefined;

/** Fetches what comes after the page, and says so where somebody waits for it, or where it does not come. */
export function AwaitedParts() {
  const state = useSyncExternalStore(awaited.subscribe, awaited.get, nothing);
  useEffect(() => bringWhenIdle(parts), []);
  if (!state) return null;
  if (state === 'coming')
    return (
      <div className="banner awaited" role="status">
        <p>A part of this page is still being fetched from pgdeck.</p>
      </div>
    );
  return (
    <div className="banner warning awaited" role="alert">
      <StateIcon state="warning" />
      <p>
        <b>A part of this page could not be fetched from pgdeck</b> and is not shown. Nothing was done. pgdeck does not
        answer, or was started anew with another version. Try again, or reload the page.
      </p>
      <button type="button" className="button" onClick={() => location.reload()}>
        Reload the page
      </button>
      <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => awaited.set(undefined)}>
        <X className="icon" aria-hidden />
      </button>
    </div>
  );
}
