import type { Target } from '@/lib/config';
import type { Attempts } from './attempts';
import type { PoolCounts, PoolFigures } from './pool-counts';
import type { Answered, Session } from './session';

/** Sends one statement over the connection that is lent. */
export type Query = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Answered<Row>>;

type Options = {
  attempts: Attempts;
  counts: PoolCounts;
  open: (target: Target) => Promise<Session>;
  countFailure: (error: unknown) => void;
  /** It has ended for good. */
  onEnded: () => void;
};

const retryMs = 60_000;

/** The one connection for previews and signals as a role: opened when it is needed, lent to one user at a time, kept open. */
export class Signals {
  /** Where it connects to. */
  target: Target;
  readonly #options: Options;
  #session: Session | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #users = 0;
  #waiting = 0;
  #triedAt = 0;
  #holders = 0;
  #left = false;
  #ended = false;

  constructor(target: Target, options: Options) {
    this.target = target;
    this.#options = options;
  }

  /** Lends the connection when it is its turn. */
  lend<T>(use: (query: Query) => Promise<T>): Promise<T> {
    const { counts, countFailure } = this.#options;
    const since = performance.now();
    if (this.#users++ > 0) counts.add('signals', 'waits');
    this.#waiting++;
    const turn = this.#turn.then(async () => {
      this.#waiting--;
      const lent = this.#session?.closed === false ? this.#session : await this.#open();
      counts.waited('signals', performance.now() - since);
      return use((text, values) =>
        lent.query<never>(text, values).catch((error) => {
          countFailure(error);
          throw error;
        }),
      );
    });
    this.#turn = turn
      .catch(() => {})
      .finally(() => {
        this.#users--;
      });
    return turn;
  }

  /** Opens the connection before it is asked for, at most once a minute. */
  prepare(): void {
    if (this.#session?.closed === false || Date.now() - this.#triedAt < retryMs) return;
    this.#triedAt = Date.now();
    this.#open().catch(() => {});
  }

  /** The connection ends once it is idle; the next one signs in anew, to the same place. */
  renew(target: Target): void {
    this.target = target;
    const old = this.#session;
    this.#session = undefined;
    this.#turn = this.#turn.then(() => old?.close());
  }

  /** Keeps it from ending while something acts as its role; answers with how to give it back. */
  hold(): () => void {
    this.#holders++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders--;
      this.#endIdle();
    };
  }

  /** Another role acts from now on: it ends once it is idle and nobody holds it. */
  leave(): void {
    this.#left = true;
    this.#endIdle();
  }

  /** The pool as the topic `pools` shows it; `former` are those of roles of before that something still acts as. */
  figures(former: Iterable<Signals>): PoolFigures {
    const all = [this, ...former];
    const open = all.flatMap((each) => (each.#session ? [{ session: each.#session, inUse: each.#session.busy }] : []));
    const waiting = all.reduce((sum, each) => sum + each.#waiting, 0);
    return this.#options.counts.figures('signals', { minimum: 0, size: all.length, waiting }, open);
  }

  /** Ends the connection. */
  close(): void {
    this.#ended = true;
    this.#session?.close();
    this.#options.onEnded();
  }

  #endIdle(): void {
    if (this.#left && this.#holders === 0) this.#turn = this.#turn.then(() => this.close());
  }

  #open(): Promise<Session> {
    return this.#options.attempts.run('signals', this.target, async () => {
      if (this.#session?.closed === false) return this.#session;
      const { target } = this;
      const session = await this.#options.open(target);
      if (this.#ended || this.target !== target) {
        session.close();
        throw new Error('Client was closed');
      }
      this.#session = session;
      return session;
    });
  }
}
