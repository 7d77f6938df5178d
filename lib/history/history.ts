import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { HistoryConfig } from '@/lib/config';
import type { HistoryStatus } from './answers';
import { Housekeeping } from './housekeeping';
import { Leases } from './lease';
import type { HistoryPlace } from './place';
import { Reader } from './reader';
import { ServerHistory } from './server-history';
import { Store } from './store';

/** Everything that this process remembers: one for all watched servers. */
export class History {
  /** What other instances on the same store know this one by. */
  readonly instance = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  readonly config: HistoryConfig;
  readonly store: Store;
  readonly leases: Leases;
  readonly reader: Reader;
  readonly housekeeping: Housekeeping;
  readonly #place: HistoryPlace;
  readonly #servers = new Map<string, ServerHistory>();

  /** `place` is where the store is, changed by the launcher as things change. */
  constructor(config: HistoryConfig, place: HistoryPlace) {
    this.config = config;
    this.#place = place;
    this.store = new Store({
      place: () => (place.problem === undefined ? place.target : { problem: place.problem }),
    });
    this.leases = new Leases({ store: this.store, holder: this.instance, shared: place.kind === 'external' });
    this.reader = new Reader(this.store, config);
    this.housekeeping = new Housekeeping({ store: this.store, leases: this.leases, config });
  }

  /** What is remembered of one server. */
  of(serverId: string): ServerHistory {
    let server = this.#servers.get(serverId);
    if (!server) {
      server = new ServerHistory(serverId);
      this.#servers.set(serverId, server);
    }
    return server;
  }

  /** What is remembered of each server. */
  servers(): Iterable<ServerHistory> {
    return this.#servers.values();
  }

  /** Begins to connect and to keep the store in shape; nothing waits for it. */
  start(): void {
    if (this.#place.kind === 'off') return;
    this.housekeeping.start();
    this.leases.start();
    this.store.start();
  }

  /** Writes what is left, gives back the leases and closes the connections. */
  async stop(): Promise<void> {
    this.housekeeping.stop();
    await this.leases.close();
    await this.store.close();
  }

  /** How the store is. */
  status(): HistoryStatus {
    const { status, reason, engine, version } = this.store.state;
    const { rawDays, minuteDays, hourDays, maxBytes } = this.config;
    const { bytes, oldest } = this.housekeeping;
    const notices = [...this.#place.notices, ...this.store.notices].sort((a, b) => b.at - a.at);
    const leases = this.leases.all.map(({ name, holder }) => ({
      server: name,
      holder,
      own: holder === this.instance,
    }));
    return {
      state: status,
      kind: this.#place.kind,
      reason,
      engine,
      version,
      bytes,
      maxBytes,
      oldest,
      rawDays,
      minuteDays,
      hourDays,
      notices,
      leases,
    };
  }
}
