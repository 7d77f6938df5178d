import { makeStore } from './store';

/** An answer that said who asks is not recognised (401), or may not do this (403); each an object of its own. */
export type Refusal = { status: 401 | 403 };

/** The last refusal that a request met; whoever keeps the session of a page follows it. */
export const refusal = makeStore<Refusal | undefined>(undefined);

/** Whether the page waits for somebody to sign in again: nothing that holds what was typed may close meanwhile. */
export const signedOut = makeStore(false);

/** Writes down an answer if it is a refusal; a wrong password is none, for nobody was signed in by it. */
export function noteRefusal(status: number, code: string): void {
  if (status === 403 || (status === 401 && (code === 'unauthenticated' || code === 'session_expired')))
    refusal.set({ status });
}
