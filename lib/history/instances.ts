import { log } from '@/lib/metrics/log';
import type { HistoryStatus } from './answers';
import type { Leases } from './lease';
import type { ServerHistory } from './server-history';
import type { Run, Store } from './store';
import { serverIdOf } from './store-ids';

const leaseOf = (serverId: number) => `server:${serverId}`;
const learnEveryMs = 1000;
/** How long a server that does not answer may tell which cluster it is, before it is taken for the one that was there last. */
const strangeMs = 10_000;

/** Which of the servers this instance asks and writes, where several use one store. */
export class Instances {
  readonly #store: Pick<Store, 'on' | 'query' | 'onChange' | 'now'>;
  readonly #leases: Leases;
  readonly #shared: boolean;
  readonly #servers: () => Iterable<ServerHistory>;
  readonly #leaseNames = new Map<ServerHistory, string>();
  readonly #strangeSince = new Map<ServerHistory, number>();
  /**
   * What this instance had when the store went away, everything where it was never there: it goes on with that, and the
   * store decides when it is back.
   */
  #heldBefore: Set<ServerHistory> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #learning = false;

  constructor(options: {
    store: Pick<Store, 'on' | 'query' | 'onChange' | 'now'>;
    leases: Leases;
    /** Whether other instances may use the same store. */
    shared: boolean;
    servers: () => Iterable<ServerHistory>;
  }) {
    this.#store = options.store;
    this.#leases = options.leases;
    this.#shared = options.shared;
    this.#servers = options.servers;
    this.#leases.onLook(() => this.#remember());
  }

  /** Begins to take part. */
  start(): void {
    this.#timer = setInterval(() => void this.learn(), learnEveryMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Whether this instance records a server. */
  holds = (server: ServerHistory): boolean => {
    if (!this.#shared) return true;
    const name = this.#leaseNames.get(server);
    if (name === undefined || !this.#leases.known) return this.#heldBefore?.has(server) ?? true;
    return this.#leases.holds(name);
  };

  /** The other instance that asks a server now; undefined where this one has to. */
  elsewhere(server: ServerHistory): string | undefined {
    const name = this.#leaseNames.get(server);
    return this.#shared && name !== undefined ? this.#leases.heldElsewhere(name) : undefined;
  }

  /** Whether other instances use the store now. */
  get others(): boolean {
    return this.#shared && this.#leases.others;
  }

  /** Which of some servers this instance may write, within the transaction that writes: nobody takes them before it ends. */
  fence = async (run: Run, serverIds: number[]): Promise<Set<number>> => {
    if (!this.#shared) return new Set(serverIds);
    const wanted = new Set(this.#leaseNames.values());
    if (serverIds.some((id) => !wanted.has(leaseOf(id)))) await this.learn();
    if (!this.#leases.known) throw new Error('who writes which server is not known yet');
    const held = await this.#leases.fence(run, serverIds.map(leaseOf));
    return new Set(serverIds.filter((id) => held.has(leaseOf(id))));
  };

  /** Who asks each server. */
  status(): HistoryStatus['leases'] {
    const all = new Map(this.#leases.all.map((lease) => [lease.name, lease]));
    return [...this.#servers()].flatMap((server) => {
      const lease = all.get(this.#leaseNames.get(server) ?? '');
      return lease ? [{ server: server.id, holder: lease.holder, own: lease.holder === this.#leases.holder }] : [];
    });
  }

  /** Takes no part for a server any more. */
  leave(server: ServerHistory): void {
    const name = this.#leaseNames.get(server);
    this.#leaseNames.delete(server);
    this.#strangeSince.delete(server);
    this.#heldBefore?.delete(server);
    const shared = [...this.#leaseNames.values()].some((other) => other === name);
    if (name !== undefined && !shared) void this.#leases.giveBack(name);
  }

  /** Learns the numbers of servers that are known by now, and takes part for their leases. */
  async learn(): Promise<void> {
    if (!this.#store.on || this.#learning) return;
    this.#learning = true;
    try {
      for (const server of this.#servers()) await this.#learn(server);
    } catch (error) {
      if (this.#store.on) log.warn({ err: error, history: true }, 'servers could not be looked up in the history');
    } finally {
      this.#learning = false;
    }
  }

  async #learn(server: ServerHistory): Promise<void> {
    const { cluster } = server;
    if (server.serverId === undefined) {
      if (cluster === '' && !this.#strange(server)) return;
      const id = await serverIdOf(this.#store.query, server.id, cluster, this.#store.now());
      if (server.cluster !== cluster) return;
      server.serverId = id;
    }
    const name = leaseOf(server.serverId);
    const before = this.#leaseNames.get(server);
    if (before === name) return;
    if (before !== undefined) this.#leases.leave(before);
    this.#leaseNames.set(server, name);
    this.#leases.want(name);
    await this.#leases.look();
  }

  #strange(server: ServerHistory): boolean {
    const since = this.#strangeSince.get(server) ?? performance.now();
    this.#strangeSince.set(server, since);
    return performance.now() - since >= strangeMs;
  }

  #remember(): void {
    if (this.#leases.known) this.#heldBefore = new Set([...this.#servers()].filter((server) => this.holds(server)));
  }
}
