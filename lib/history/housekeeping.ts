import type { HistoryConfig } from '@/lib/config';
import { log, safeError } from '@/lib/metrics/log';
import { ensureIndexes } from './indexes';
import type { Leases } from './lease';
import { ensureAhead } from './partitions';
import { type Oldest, oldestKept, retain, storeBytes } from './retention';
import { rollUp } from './roll-ups';
import type { Store } from './store';

/** What keeping the store in shape needs. */
export type HousekeepingOptions = {
  store: Store;
  leases: Pick<Leases, 'want' | 'holds'>;
  config: HistoryConfig;
  /** How often it looks what is due. */
  lookMs?: number;
};

const name = 'housekeeping';
const rollUpEveryMs = 60_000;
const everyMs = 10 * 60_000;
/** How often is looked while the first hour is not whole. */
const soonMs = 30_000;
/** What was held up by a reader is tried again so soon. */
const againMs = 60_000;

/**
 * Keeps the store in shape: pieces of the days ahead, roll-ups, and what is dropped because of its age or the store's
 * size. Of several instances the one that has the lease does it; each looks how large the store is.
 */
export class Housekeeping {
  /** Bytes of the whole store; null while nobody has looked. */
  bytes: number | null = null;
  /** Epoch seconds of the oldest sample, minute and hour; null while nobody has looked, and where there is none. */
  oldest: Oldest = { raw: null, minute: null, hour: null };
  readonly #options: HousekeepingOptions;
  #timer: NodeJS.Timeout | undefined;
  #keptAt = Number.NEGATIVE_INFINITY;
  #rolledUpAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    options.leases.want(name);
    options.store.onChange(() => {
      this.#keptAt = Number.NEGATIVE_INFINITY;
      this.#lookedAt = Number.NEGATIVE_INFINITY;
    });
  }

  /** Begins to look every few seconds what is due. */
  start(): void {
    this.#timer = setTimeout(() => {
      this.#turn()
        .catch((error) => {
          if (this.#options.store.on)
            log.warn({ err: safeError(error), history: true }, 'the store was not kept in shape');
        })
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    }, this.#options.lookMs ?? 5000);
    this.#timer.unref();
  }

  /** Ends it; what is under way ends with the store's connections. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #turn(): Promise<void> {
    const { store, leases } = this.#options;
    if (!store.on) return;
    if (leases.holds(name)) {
      const left = performance.now() - this.#rolledUpAt >= rollUpEveryMs && (await this.#rollUp());
      // What is not rolled up yet must not be dropped.
      if (!left && performance.now() - this.#keptAt >= everyMs) {
        this.#keptAt = performance.now();
        if (!(await this.keep())) this.#keptAt -= everyMs - againMs;
      }
    }
    const young = Object.values(this.oldest).includes(null);
    if (performance.now() - this.#lookedAt >= (young ? soonMs : everyMs)) {
      this.#lookedAt = performance.now();
      await this.look();
    }
  }

  /** True where something is left for the next turn; one that fails must not keep what is old from being dropped. */
  async #rollUp(): Promise<boolean> {
    const { store, leases, config } = this.#options;
    const began = performance.now();
    const ends = () => this.#stopped || !leases.holds(name) || performance.now() - began > rollUpEveryMs;
    try {
      const left = await rollUp(store, config, ends);
      if (!left) this.#rolledUpAt = began;
      return left;
    } catch (error) {
      this.#rolledUpAt = began;
      if (store.on)
        log.warn({ err: safeError(error), history: true }, 'samples could not be rolled up; it is tried again');
      return false;
    }
  }

  /** Makes the pieces of the days ahead and drops what is too old or too much; false where something was held up. */
  async keep(): Promise<boolean> {
    const { store, config } = this.#options;
    const { engine } = store;
    if (!engine) return false;
    await ensureIndexes(store.transaction, (text) => store.notice(text));
    await ensureAhead(store.transaction, engine, store.now());
    const all = await retain(store, engine, config, store.now());
    await this.look();
    return all;
  }

  /** Looks how large the store is and how far it reaches back. */
  async look(): Promise<void> {
    const { store } = this.#options;
    const { engine } = store;
    if (!engine) return;
    this.bytes = await storeBytes(store.query, engine);
    this.oldest = await oldestKept(store.query, engine);
  }
}
