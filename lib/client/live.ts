'use client';

import { useSyncExternalStore } from 'react';
import { usePreference } from './preferences';
import { makeStore } from './store';

const paused = makeStore(false);

/** Whether pages ask again by themselves, and how to pause or resume that. */
export function useLive(): { live: boolean; setLive: (live: boolean) => void } {
  const stopped = useSyncExternalStore(paused.subscribe, paused.get, () => false);
  return { live: !stopped, setLive: (live) => paused.set(!live) };
}

/** How often to ask, in ms, given how often the answer can change: false while paused. */
export function useInterval(cadenceMs: number): number | false {
  const { live } = useLive();
  const [least] = usePreference('refreshSeconds');
  return live && Math.max(cadenceMs, least * 1000);
}
