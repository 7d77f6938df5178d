import { bearer } from '@/lib/client/bearer';
import type { EmbedSession } from '@/lib/client/embed-shapes';
import type { RequestError } from '@/lib/client/request';
import { makeStore } from '@/lib/client/store';

/** How a frame is signed in: not yet; yes; not any more; not at all, and why. */
export type Signed =
  | { state: 'waiting' }
  | { state: 'on' | 'ended'; session: EmbedSession }
  | { state: 'refused'; why: string };

/** What it needs of the outside. */
export type Outside = {
  /** Takes a token to pgdeck for a session. */
  exchange: (token: string) => Promise<EmbedSession>;
  /** Asks the portal for another token. */
  ask: (reason: 'renew' | 'expired' | 'refused') => void;
  /** Whether a session is for the portal that this frame talks to. */
  isFor: (session: EmbedSession) => boolean;
};

/** Before the end a new token is asked for, so that nothing is seen of the change; ms. */
const renewBefore = 90_000;
const askAgain = 20_000;
const pauses = [1000, 2000, 5000, 15_000, 30_000];

const pauseAfter = (tries: number): number => pauses[Math.min(tries, pauses.length - 1)] as number;

/** Keeps a frame signed in by the tokens of its portal. */
export class Keeper {
  readonly signed = makeStore<Signed>({ state: 'waiting' });
  readonly #outside: Outside;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #end: ReturnType<typeof setTimeout> | undefined;
  #newest = 0;
  #refused = 0;
  #stopped = false;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** A token from the portal: the newest one counts. */
  async take(token: string): Promise<void> {
    const mine = ++this.#newest;
    for (let tries = 0; !this.#stopped && mine === this.#newest; tries++) {
      const answer = await this.#outside.exchange(token).catch((error: unknown) => error);
      if (this.#stopped || mine !== this.#newest) return;
      if (!(answer instanceof Error)) return this.#begin(answer as EmbedSession);
      const { status = 0, message } = answer as Partial<RequestError> & Error;
      // What pgdeck has looked at and not taken, it will not take.
      if (status === 401 || status === 403 || status === 404 || status === 400) return this.#refuse(status, message);
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(tries)));
    }
  }

  /** pgdeck does not know the bearer any more, whatever its end: it was restarted, or all were signed out. */
  lost(): void {
    if (this.signed.get().state === 'on') this.#ended();
  }

  /** Asks the portal anew, where somebody wants that. */
  again(): void {
    this.#refused = 0;
    this.#ask(this.signed.get().state === 'refused' ? 'refused' : 'expired');
  }

  /** Looks at the clock: a computer that slept may have slept over the end. */
  look(): void {
    const held = bearer.get();
    if (this.signed.get().state === 'on' && held && held.endsAt <= Date.now()) this.#ended();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#end);
    bearer.set(undefined);
  }

  #begin(session: EmbedSession): void {
    if (!this.#outside.isFor(session)) {
      this.#refuse(403, 'This token is made for another portal.');
      return;
    }
    this.#refused = 0;
    const left = Date.parse(session.expiresAt) - Date.parse(session.now);
    bearer.set({ token: session.accessToken, endsAt: Date.now() + left });
    clearTimeout(this.#timer);
    clearTimeout(this.#end);
    this.#timer = setTimeout(() => this.#ask('renew'), Math.max(left - renewBefore, left / 2));
    this.#end = setTimeout(() => this.#ended(), left);
    this.signed.set({ state: 'on', session });
  }

  #ended(): void {
    const now = this.signed.get();
    bearer.set(undefined);
    clearTimeout(this.#end);
    if (now.state === 'on') this.signed.set({ state: 'ended', session: now.session });
    this.#ask('expired');
  }

  #ask(reason: 'renew' | 'expired' | 'refused'): void {
    this.#outside.ask(reason);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(reason), askAgain);
  }

  #refuse(status: number, why: string): void {
    const now = this.signed.get();
    if (now.state === 'waiting' || now.state === 'refused') this.signed.set({ state: 'refused', why });
    clearTimeout(this.#timer);
    // An origin, a server or a page that is not there is a mistake that another token of the same portal repeats.
    if (status !== 401 && now.state !== 'on') return;
    this.#timer = setTimeout(() => this.#ask('refused'), pauseAfter(this.#refused++));
  }
}
