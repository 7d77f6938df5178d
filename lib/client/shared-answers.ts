import { focusManager, type Query, type QueryClient, type QueryPersister } from '@tanstack/react-query';
import { basePath } from './base-path';
import { inFrame } from './bearer';
import { signedOut } from './refusal';
import { sessionQuery } from './session-query';
import type { SessionAnswer } from './shapes';

/** An answer on its way from the tab that asked to the others; `receivedAt` is this computer's time in ms. */
type Told = { hash: string; data: unknown; receivedAt: number };

/** Where tabs of one browser meet; given by a test, the browser's own else. */
type Meeting = {
  locks: Pick<LockManager, 'request'>;
  open: (name: string) => Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>;
};

/** Who is signed in is each tab's own affair, and a run is followed by whoever began it. */
const own = new Set<unknown>(['session', 'run']);

/** Whoever asked keeps the line for a moment: what was told arrives before the next one's turn, ms. */
const lingerMs = 200;
/** A tab that asks may be frozen, or wait for long itself: after two to three seconds, not all in the same moment, others ask, too. */
const patienceMs = () => 2000 + Math.random() * 1000;
/** What was told longer ago, before the computer slept perhaps, is no answer to what is asked now, ms. */
const recentMs = 1000;

/** What tabs that may share answers have in common: the place, the person and their session; nothing of it is a secret. */
export function nameOf({ user, expiresAt }: SessionAnswer): string {
  return JSON.stringify(['pgdeck', basePath, user.mode, user.name, expiresAt]);
}

/** Lets the tabs of this browser in which the same person is signed in ask each question once; a portal's frame, known by its own bearer, shares nothing. */
export function shareAnswers(client: QueryClient): void {
  // Without https (or localhost) a browser has no locks: each tab then asks for itself.
  if (inFrame || navigator.locks === undefined) return;
  const shared = new SharedAnswers(client, { locks: navigator.locks, open: (name) => new BroadcastChannel(name) });
  const { queries, ...others } = client.getDefaultOptions();
  client.setDefaultOptions({ ...others, queries: { ...queries, persister: shared.ask } });
}

/**
 * One asks, all know: a tab whose turn it is asks and tells the others, who take that instead of asking, and whose
 * intervals begin anew with it. Failures are not shared.
 */
export class SharedAnswers {
  readonly #client: QueryClient;
  readonly #meeting: Meeting;
  readonly #inLine = new Map<string, (told: Told) => void>();
  /** What was told while nobody saw this tab, the newest of each question. */
  readonly #unseen = new Map<string, Told>();
  #name: string | undefined;
  #channel: ReturnType<Meeting['open']> | undefined;

  constructor(client: QueryClient, meeting: Meeting) {
    this.#client = client;
    this.#meeting = meeting;
    client.getQueryCache().subscribe(({ query }) => {
      if (query.queryKey[0] === 'session') this.#follow();
    });
    signedOut.subscribe(() => this.#follow());
    focusManager.subscribe((seen) => {
      if (seen) this.#see();
    });
  }

  /** Stands before each question of the cache: react-query calls what does that a persister. */
  readonly ask: QueryPersister = async (queryFn, context, query) => {
    const name = this.#name;
    // Pages of a list are as many as this tab has opened.
    if (name === undefined || !this.#channel || own.has(query.queryKey[0]) || 'getNextPageParam' in query.options)
      return queryFn(context);
    // Something was done since: an answer that others asked for may be from before.
    const asksAnew = query.state.isInvalidated;
    const turn = asksAnew ? undefined : await this.#turn(name, query.queryHash, context.signal);
    if (turn && 'told' in turn) return turn.told.data;
    let lingers = 0;
    try {
      context.signal.throwIfAborted();
      const data = await queryFn(context);
      if (name === this.#name) {
        this.#channel?.postMessage({ hash: query.queryHash, data, receivedAt: Date.now() } satisfies Told);
        lingers = lingerMs;
      }
      return data;
    } finally {
      if (turn) setTimeout(turn.leave, lingers);
    }
  };

  /** Waits until it is this tab's turn to ask, or another has told the answer; undefined: it took too long. */
  async #turn(
    name: string,
    hash: string,
    signal: AbortSignal,
  ): Promise<{ leave: () => void } | { told: Told } | undefined> {
    const line = new AbortController();
    const stop = () => line.abort();
    const patience = setTimeout(stop, patienceMs());
    signal.addEventListener('abort', stop, { once: true });
    let heard: Told | undefined;
    const hear = (told: Told) => {
      heard = told;
      stop();
    };
    this.#inLine.set(hash, hear);
    const leave = await new Promise<(() => void) | undefined>((resolve) => {
      this.#meeting.locks
        .request(`${name} ${hash}`, { signal: line.signal }, () => new Promise<void>((done) => resolve(done)))
        .catch(() => resolve(undefined));
    });
    clearTimeout(patience);
    signal.removeEventListener('abort', stop);
    if (this.#inLine.get(hash) === hear) this.#inLine.delete(hash);
    if (heard) {
      leave?.();
      return { told: heard };
    }
    return leave && { leave };
  }

  #hear(told: Told): void {
    const waits = this.#inLine.get(told.hash);
    if (waits && Date.now() - told.receivedAt < recentMs) waits(told);
    else if (focusManager.isFocused()) this.#take(told);
    else if (this.#client.getQueryCache().get(told.hash)) this.#unseen.set(told.hash, told);
  }

  /** Takes an answer over with its age, where this tab would have asked by itself: not on a page that is paused. */
  #take({ hash, data, receivedAt }: Told): void {
    const query = this.#client.getQueryCache().get(hash);
    if (!query || query.state.isInvalidated || receivedAt <= query.state.dataUpdatedAt || !asksByItself(query)) return;
    this.#client.setQueryData(query.queryKey, data, { updatedAt: receivedAt });
  }

  /** Before react-query looks for what is too old, and asks for that. */
  #see(): void {
    for (const told of this.#unseen.values()) this.#take(told);
    this.#unseen.clear();
  }

  /** Meets the tabs of who is signed in now, and of nobody else. */
  #follow(): void {
    const session = this.#client.getQueryData<SessionAnswer>(sessionQuery().queryKey);
    const name = session && !signedOut.get() ? nameOf(session) : undefined;
    if (name === this.#name) return;
    this.#channel?.close();
    this.#unseen.clear();
    this.#name = name;
    this.#channel = name === undefined ? undefined : this.#open(name);
    if (this.#channel) this.#channel.onmessage = ({ data }) => this.#hear(data as Told);
  }

  /** Undefined: this browser keeps nothing for the site (cookies are blocked), and lets its tabs not meet. */
  #open(name: string): ReturnType<Meeting['open']> | undefined {
    try {
      return this.#meeting.open(name);
    } catch {
      return undefined;
    }
  }
}

function asksByItself(query: Query): boolean {
  return query.isActive() && query.observers.some(({ options }) => Boolean(options.refetchInterval));
}
