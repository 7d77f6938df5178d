'use client';

import { createContext, useContext } from 'react';

/** Which server a page is of, and the moment of the past that it shows (epoch seconds); null: what is now. */
export type PageTime = { server: string; at: number | null };

/** Given by the frame of each page from its URL. */
export const PageTimeContext = createContext<PageTime>({ server: '', at: null });

/** The server and the moment of the page. */
export function usePageTime(): PageTime {
  return useContext(PageTimeContext);
}

/** Why nothing can be done on this page; undefined: it can. */
export function useActionsOff(): string | undefined {
  return usePageTime().at === null ? undefined : 'You are looking at the past. Go back to live to act.';
}
