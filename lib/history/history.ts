import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { HistoryConfig, ServerConfig } from '@/lib/config';
import { loadMask, maskStatement } from '@/lib/masking/statement';
import { log, safeError } from '@/lib/metrics/log';
import type { HistoryStatus } from './answers';
import { Housekeeping } from './housekeeping';
import { Instances } from './instances';
import { Leases } from './lease';
import { keepMoments } from './moments';
import type { HistoryPlace } from './place';
import { Reader } from './reader';
import { inWatchedWords, watchedInStore } from './same-database';
import type { NewEvent } from './server-changes';
import { ServerHistory } from './server-history';
import { Store } from './store';
import { Writer } from './writer';

const compareEveryMs = 60_000;

type Watched = Pick<ServerConfig, 'id' | 'name' | 'read'>;

/** Everything that this process remembers: one for all watched servers. */
export class History {
  /** What other instances on the same store know this one by. */
  readonly instance = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;
  readonly config: HistoryConfig;
  readonly store: Store;
  readonly leases: Leases;
  /** Who asks and writes which server. */
  readonly instances: Instances;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly housekeeping: Housekeeping;
  readonly #place: HistoryPlace;
  readonly #servers = new Map<string, ServerHistory>();
  readonly #told = new Set<string>();
  readonly #watched: () => Watched[];
  #comparing: NodeJS.Timeout | undefined;

  /** `place` is where the store is, changed by the launcher as things change. */
  /** What of a statement's text may be stored: all of it where the user says so, else nothing of its values. */
  readonly mask = (text: string): string => (this.config.literals ? text : maskStatement(text));

  constructor(config: HistoryConfig, place: HistoryPlace, watched: () => Watched[] = () => []) {
    this.config = config;
    this.#watched = watched;
    this.#place = place;
    this.store = new Store({
      place: () => (place.problem === undefined ? place.target : { problem: place.problem }),
    });
    const { store } = this;
    const servers = () => this.#servers.values();
    const shared = place.kind === 'external';
    this.leases = new Leases({ store, holder: this.instance, shared });
    this.instances = new Instances({ store, leases: this.leases, shared, servers });
    const { holds, fence } = this.instances;
    this.writer = new Writer({ store, servers, holds, fence, mask: this.mask });
    // What a server is recorded from begins with its lease, not with the next batch.
    this.leases.onLook(() => this.writer.mark());
    this.reader = new Reader(
      this.store,
      config,
      () => this.housekeeping.oldest,
      (id) => this.#servers.get(id)?.serverId,
    );
    this.housekeeping = new Housekeeping({ store: this.store, leases: this.leases, config });
    this.store.onDamage = (why) => place.damaged?.(why);
    // The launcher's notices come with the store's own changes.
    this.store.onNotice = () => this.#tell();
    this.store.onChange(() => {
      this.#tell();
      if (place.kind === 'external') void this.#compare();
    });
  }

  /** What is remembered of one server. */
  of(serverId: string): ServerHistory {
    let server = this.#servers.get(serverId);
    if (!server) {
      server = new ServerHistory(serverId);
      if (this.#place.kind !== 'off') {
        server.store = this.store;
        keepMoments(server, this.config.literals);
      }
      this.#servers.set(serverId, server);
    }
    return server;
  }

  /** Remembers a server no more: what is known of it is written, and others may record it; what is stored stays. */
  async forget(serverId: string): Promise<void> {
    const server = this.#servers.get(serverId);
    if (!server) return;
    // Under the same id it may begin anew at once, with another memory.
    this.#servers.delete(serverId);
    await this.writer.finish(server);
    this.instances.leave(server);
  }

  /** What is remembered of each server. */
  servers(): Iterable<ServerHistory> {
    return this.#servers.values();
  }

  /** Begins to connect and to keep the store in shape; nothing waits for it. */
  start(): void {
    if (this.#place.kind === 'off') return;
    loadMask().catch((error) =>
      log.error({ err: error, history: true }, 'statements are kept by their first word only'),
    );
    this.housekeeping.start();
    this.leases.start();
    this.instances.start();
    this.writer.start();
    this.store.start();
    if (this.#place.kind === 'external')
      this.#comparing = setInterval(() => void this.#compare(), compareEveryMs).unref();
  }

  /** Writes what is left, gives back the leases and closes the connections. */
  async stop(): Promise<void> {
    clearInterval(this.#comparing);
    this.housekeeping.stop();
    this.instances.stop();
    await this.writer.stop();
    await this.leases.close();
    await this.store.close();
  }

  /** Adds an event to the list of changes of every server: what it tells is about pgdeck. */
  event(event: NewEvent): void {
    for (const { changes } of this.#servers.values()) changes.add(event);
  }

  /** What happened to the history itself is a change, too: what was dropped, moved aside or missed. */
  #tell(): void {
    for (const { at, text, server } of [...this.#place.notices, ...this.store.notices]) {
      if (this.#told.has(text)) continue;
      this.#told.add(text);
      const event = { kind: 'pgdeck', title: text, at: at * 1000 } as const;
      // Who reads of another server may not know of the one that is named.
      if (server === undefined) this.event(event);
      else this.of(server).changes.add(event);
    }
  }

  /** Warns of a store in a database that it is to remember. */
  async #compare(): Promise<void> {
    const { target } = this.#place;
    if (!this.store.on || !target) return;
    const watched = this.#watched().map(({ id, name, read }) => ({
      id,
      name,
      target: read,
      cluster: this.of(id).cluster,
    }));
    try {
      for (const server of await watchedInStore(this.store.query, target, watched))
        this.store.notice(inWatchedWords(server), server.id);
    } catch (error) {
      if (this.store.on)
        log.warn({ err: safeError(error), history: true }, 'the store was not compared with the servers');
    }
  }

  /** How the store is. */
  status(): HistoryStatus {
    const { status, reason, engine, version } = this.store.state;
    const { rawDays, minuteDays, hourDays, maxBytes } = this.config;
    const { bytes, oldest } = this.housekeeping;
    const notices = [...this.#place.notices, ...this.store.notices].sort((a, b) => b.at - a.at);
    return {
      state: status,
      kind: this.#place.kind,
      reason: status === 'off' ? 'PGDECK_HISTORY is off: only the last hour is known, from memory.' : reason,
      engine,
      version,
      bytes,
      maxBytes,
      oldest,
      rawDays,
      minuteDays,
      hourDays,
      notices,
      leases: this.instances.status(),
    };
  }
}
