import { makeStore } from './store';

/** An answer that said nobody is recognised (401), or that they may not do this (403); each an object of its own. */
export type Refusal = { status: 401 | 403 };

/** The last refusal that a request met; whoever keeps the session of a page follows it. */
export const refusal = makeStore<Refusal | undefined>(undefined);

/** Whether the page waits for somebody to sign in again: nothing that holds what was typed may close meanwhile. */
export const signedOut = makeStore(false);

/** What says that nobody is signed in (any more), or only somebody who may do nothing here. */
const nobody = new Set(['unauthenticated', 'session_expired', 'no_role']);

/** Writes down an answer if it is a refusal; a wrong password is none, for nobody was signed in by it. */
export function noteRefusal(status: number, code: string): void {
  if (nobody.has(code)) refusal.set({ status: 401 });
  else if (status === 403) refusal.set({ status });
}
