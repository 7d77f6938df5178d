import type { Attempts } from './attempts';
import type { PoolCounts, PoolFigures } from './pool-counts';
import type { Answered, Session } from './session';

/** Sends one statement over the connection that is lent. */
export type Query = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Answered<Row>>;

type Options = {
  attempts: Attempts;
  counts: PoolCounts;
  /** Connects as the acting role. */
  open: () => Promise<Session>;
  countFailure: (error: unknown) => void;
};

const retryMs = 60_000;

/** The one connection for previews and signals: opened when it is needed, lent to one user at a time, kept open. */
export class Signals {
  readonly #options: Options;
  #session: Session | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #users = 0;
  #waiting = 0;
  #triedAt = 0;

  constructor(options: Options) {
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

  /** The connection ends once it is idle; the next one goes elsewhere. */
  replace(): void {
    const old = this.#session;
    this.#session = undefined;
    this.#turn = this.#turn.then(() => old?.close());
  }

  /** The pool as the topic `pools` shows it. */
  figures(): PoolFigures {
    const open = this.#session ? [{ session: this.#session, inUse: this.#session.busy }] : [];
    return this.#options.counts.figures('signals', { minimum: 0, size: 1, waiting: this.#waiting }, open);
  }

  /** Ends the connection. */
  close(): void {
    this.#session?.close();
  }

  #open(): Promise<Session> {
    return this.#options.attempts.run('signals', async () => {
      if (this.#session?.closed !== false) this.#session = await this.#options.open();
      return this.#session;
    });
  }
}
