import { setImmediate as breathe } from 'node:timers/promises';
import { log, safeError } from '@/lib/metrics/log';
import { type Clock, systemClock } from './clock';
import type { ServerHistory } from './server-history';
import { type Batch, BatchWriter, type Fence, isOfData, type WriterStore } from './write-batches';

export type { Fence, WriterStore };

type Options = {
  store: WriterStore;
  servers: () => Iterable<ServerHistory>;
  /** Takes the values out of a statement's text. */
  mask: (text: string) => string;
  /** Whether this instance samples a server; the fence is asked all the same. */
  holds?: (server: ServerHistory) => boolean;
  fence?: Fence;
  clock?: Clock;
};

const tickMs = 10_000;
/** What a bin's last sample may take to arrive. */
const afterBinMs = 1500;
const stopMs = 2000;
/** What is kept while the store is away. */
const kept = { ms: 10 * 60_000, bytes: 64 * 1024 * 1024 };
const bytesAtOnce = 8 * 1024 * 1024;
const bytesOfMetrics = 5000;

/**
 * Writes what all servers of this process remember, each ten seconds in one transaction. What could not be written is
 * kept for ten minutes and sent again; sending twice changes nothing. After pgdeck was started again within ten seconds,
 * what its former run wrote of them stays, and the new one's part of them is not kept: never is anything there twice.
 */
export class Writer {
  readonly #options: Required<Options>;
  readonly #batches: BatchWriter;
  #queue: Batch[] = [];
  #bytes = 0;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onAt: number;
  #dropped = 0;

  constructor(options: Options) {
    this.#options = {
      holds: () => true,
      fence: async (_run, serverIds) => new Set(serverIds),
      clock: systemClock,
      ...options,
    };
    this.#batches = new BatchWriter(this.#options);
    this.#onAt = this.#options.clock.elapsed();
    options.store.onChange(() => this.#storeChanged());
  }

  /** What waits to be written: batches and bytes, and batches that had to be dropped. */
  get waiting(): { batches: number; bytes: number; dropped: number } {
    return { batches: this.#queue.length, bytes: this.#bytes, dropped: this.#dropped };
  }

  /** Learns under which number the store keeps a server; rejects while the store is not on. */
  identify(server: ServerHistory): Promise<number> {
    return this.#batches.identify(server, server.cluster);
  }

  /** Begins to write at the end of each ten seconds. */
  start(): void {
    this.mark();
    this.#wait();
  }

  /** Writes what there is, also of the running ten seconds; takes two seconds at most. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopMs);
    });
    await Promise.race([late, this.tick(true)]);
    clearTimeout(timer);
  }

  /** Takes what is whole (`all`: everything) from each server, and writes it. */
  async tick(all = false): Promise<void> {
    this.mark();
    for (const server of this.#options.servers()) {
      if (!server.recording) continue;
      this.#cut(server, all);
      await breathe();
    }
    this.#bound();
    await this.#flushing;
    await this.flush();
  }

  /** Writes the last of what a server remembers: it records nothing after that. Never throws. */
  async finish(server: ServerHistory): Promise<void> {
    if (server.recording) this.#cut(server, true);
    await this.#flushing;
    await this.flush();
  }

  /** Writes what waits, where the store is on; never throws. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  #wait(): void {
    const { clock } = this.#options;
    const ms = tickMs - ((clock.now() - afterBinMs) % tickMs);
    this.#timer = setTimeout(
      () => {
        this.tick()
          .catch((error) => log.error({ err: safeError(error) }, 'history could not be written'))
          .finally(() => this.#wait());
      },
      Math.min(Math.max(ms, 100), tickMs),
    );
    this.#timer.unref();
  }

  /** Says to each server whether it is to record: not for a store that has been away for longer than can be kept. */
  mark(): void {
    const { store, clock, servers, holds } = this.#options;
    if (store.on) this.#onAt = clock.elapsed();
    const recording = clock.elapsed() - this.#onAt < kept.ms;
    for (const server of servers()) server.recording = recording && holds(server);
  }

  #storeChanged(): void {
    if (!this.#options.store.on) return;
    // It may be another one, or an older state of it: nothing that was known of it is taken for granted.
    this.#batches.forget();
    for (const server of this.#options.servers()) {
      server.serverId = undefined;
      server.recorder.identities.clear();
    }
    this.mark();
    void this.flush();
  }

  #cut(server: ServerHistory, all: boolean): void {
    const { clock } = this.#options;
    const { rows, metrics } = server.recorder.cut(clock.now() / 1000, all);
    if (rows.length === 0 && metrics.length === 0) return;
    const bytes = rows.reduce((sum, row) => sum + row.bytes, 0) + metrics.length * bytesOfMetrics;
    this.#queue.push({ server, cluster: server.cluster, rows, metrics, bytes, cutAt: clock.elapsed() });
    this.#bytes += bytes;
  }

  #bound(): void {
    const { clock, store } = this.#options;
    const before = this.#dropped;
    for (let [first] = this.#queue; first; [first] = this.#queue) {
      if (this.#bytes <= kept.bytes && clock.elapsed() - first.cutAt <= kept.ms) break;
      this.#remove(new Set([first]));
      this.#dropped++;
    }
    if (before === 0 && this.#dropped > 0)
      store.notice(
        `At ${new Date(clock.now()).toISOString()} the history store had been away for longer than pgdeck can keep what it sees (10 minutes or 64 MB): the time before is missing.`,
      );
    if (this.#queue.length === 0) this.#dropped = 0;
  }

  #remove(batches: ReadonlySet<Batch>): void {
    this.#queue = this.#queue.filter((batch) => !batches.has(batch));
    this.#bytes = this.#queue.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0 && this.#options.store.on) {
      let bytes = 0;
      const batches = this.#queue.filter((batch, at) => {
        bytes += batch.bytes;
        return at === 0 || bytes <= bytesAtOnce;
      });
      try {
        await this.#batches.write(batches);
        this.#remove(new Set(batches));
      } catch (error) {
        if (!isOfData(error)) {
          if (this.#options.store.on)
            log.warn({ err: safeError(error) }, 'history could not be written; it is tried again');
          return;
        }
        await this.#writeEach(batches);
      }
    }
  }

  /** One of them cannot be stored: the others are, and it is told. */
  async #writeEach(batches: Batch[]): Promise<void> {
    for (const batch of batches) {
      try {
        await this.#batches.prepare(batch);
        await this.#batches.write([batch]);
      } catch (error) {
        if (!isOfData(error)) return;
        log.error({ err: safeError(error), server: batch.server.id }, 'a batch of the history could not be stored');
        const { id } = batch.server;
        this.#options.store.notice(`Ten seconds of ${id} could not be stored; pgdeck's log says why.`, id);
      }
      this.#remove(new Set([batch]));
    }
  }
}
