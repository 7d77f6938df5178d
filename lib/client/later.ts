import { useSyncExternalStore } from 'react';
import { makeStore } from './store';

/** A part of the pages' code that is fetched after a page is there, so that the page is there sooner. */
export type Later<T> = {
  get(): T | undefined;
  subscribe(listener: () => void): () => void;
  /** Fetches it, quietly: whoever needs it asks again. */
  bring(): Promise<boolean>;
  /** Fetches it for somebody who waits; false: it did not come, which they are told. */
  want(): Promise<boolean>;
};

/** What is said to who waits for a part: it is on its way, or it did not come. */
export const awaited = makeStore<'coming' | 'failed' | undefined>(undefined);

/** A part that comes sooner needs no word. */
const slowMs = 400;

/** Makes a part of what fetches it. */
export function later<T extends object>(load: () => Promise<T>): Later<T> {
  const part = makeStore<T | undefined>(undefined);
  let coming: Promise<boolean> | undefined;
  const bring = () => {
    coming ??= load().then(
      (loaded) => {
        part.set(loaded);
        return true;
      },
      () => {
        coming = undefined;
        return false;
      },
    );
    return coming;
  };
  const want = async () => {
    if (part.get()) return true;
    const slow = setTimeout(() => awaited.set('coming'), slowMs);
    const came = await bring();
    clearTimeout(slow);
    awaited.set(came ? undefined : 'failed');
    return came;
  };
  return { get: part.get, subscribe: part.subscribe, bring, want };
}

/** A part as soon as it is there; never on the server nor in the first rendering. */
export function useLater<T>(part: Later<T>): T | undefined {
  return useSyncExternalStore(part.subscribe, part.get, () => undefined);
}

/** Fetches parts when the browser has nothing else to do; returns what calls it off. */
export function bringWhenIdle(parts: Later<unknown>[]): () => void {
  const bring = () => {
    for (const part of parts) part.bring();
  };
  // Safari has no idle callbacks.
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(bring, 500);
    return () => clearTimeout(timer);
  }
  const idle = requestIdleCallback(bring, { timeout: 3000 });
  return () => cancelIdleCallback(idle);
}
