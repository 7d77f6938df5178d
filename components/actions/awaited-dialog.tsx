'use client';

import { X } from 'lucide-react';
import { useEffect, useSyncExternalStore } from 'react';
import { bringWhenIdle } from '@/lib/client/later';
import { StateIcon } from '../ui/state';
import { actionDialog } from './dialog-part';

const { awaited } = actionDialog;
const nothing = () => undefined;

/** Fetches the dialog of actions after the page, and says so where somebody waits for it or it does not come. */
export function AwaitedDialog() {
  const state = useSyncExternalStore(awaited.subscribe, awaited.get, nothing);
  useEffect(() => bringWhenIdle(actionDialog), []);
  if (!state) return null;
  if (state === 'coming')
    return (
      <div className="banner awaited" role="status">
        <p>The dialog of actions is still being fetched from pgdeck.</p>
      </div>
    );
  return (
    <div className="banner warning awaited" role="alert">
      <StateIcon state="warning" />
      <p>
        <b>The dialog of actions could not be fetched from pgdeck.</b> Nothing was done. pgdeck does not answer, or was
        started anew with another version. Try again, or reload the page.
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
