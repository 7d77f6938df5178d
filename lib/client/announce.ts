'use client';

import { makeStore } from './store';

/** What the polite region of the page says; each announcement is an object of its own, so that a repeated one is heard. */
export const announcement = makeStore<{ text: string }>({ text: '' });

/** Says something to readers of the screen without moving the focus: a finished action, a lost connection, a filter's count. */
export function announce(text: string): void {
  announcement.set({ text });
}
