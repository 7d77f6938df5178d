import { useSyncExternalStore } from 'react';
import { makeStore, type Store } from './store';

/** A part of the pages' code that is fetched after a page is there, so that the page is there sooner. */
export type Later<T> = {
  get(): T | undefined;
  subscribe(listener: () => void): () => void;
  /** What is said to who waits for it: it is on its way, or it did not come. */
  awaited: Store<'coming' | 'failed' | undefined>;
  /** Fetches it, quietly: whoever needs it asks again. */
  bring(): Promise<boolean>;
  /** Fetches it for somebody who waits; false: it did not come, which they are told. */
  want(): Promise<boolean>;
};

/** A part that comes sooner needs no word. */
const slowMs = 400;
/** Who waits longer is told that it did not come: nothing opens long after it was asked for. */
const longestMs = 10_000;

/** Makes a part of what fetches it. */
export function later<T extends object>(load: () => Promise<T>): Later<T> {
  const part = makeStore<T | undefined>(undefined);
  const awaited = makeStore<'coming' | 'failed' | undefined>(undefined);
  let coming: Promise<boolean> | undefined;
  const bring = () => {
    coming ??= load().then(
      (loaded) => {
        part.set(loaded);
        awaited.set(undefined);
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
    let late: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise<boolean>((resolve) => {
      late = setTimeout(resolve, longestMs, false);
    });
    const came = await Promise.race([bring(), tooLong]);
    clearTimeout(slow);
    clearTimeout(late);
    awaited.set(came ? undefined : 'failed');
    return came;
  };
  return { get: part.get, subscribe: part.subscribe, awaited, bring, want };
}

/** A part as soon as it is there; never on the server nor in the first rendering. */
export function useLater<T>(part: Later<T>): T | undefined {
  return useSyncExternalStore(part.subscribe, part.get, () => undefined);
}

/** Fetches a part when the browser has nothing else to do; returns what calls it off. */
export function bringWhenIdle(part: Later<unknown>): () => void {
  // Safari has no idle callbacks.
  if (typeof requestIdleCallback === 'undefined') {
    const timer = setTimeout(part.bring, 500);
    return () => clearTimeout(timer);
  }
  const idle = requestIdleCallback(() => void part.bring(), { timeout: 3000 });
  return () => cancelIdleCallback(idle);
}
