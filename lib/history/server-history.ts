import type { Capabilities } from '@/lib/postgres/capabilities';
import type { AnyTopic, Partial, Raw } from '@/lib/topics/topic';
import { LoadSampler } from './load-sample';
import { MemoryHistory } from './memory';
import { LoadMemory } from './memory-load';
import { OwnMemory } from './own-memory';
import { Recorder } from './recorder';
import { ServerChanges } from './server-changes';
import type { Store } from './store';

/** The rows of one asking; times are epoch milliseconds. */
export type Snapshot = {
  rows: Raw[];
  partial: Partial[] | undefined;
  sampledAt: number;
  /** Seconds since the asking before, by a clock that never jumps; null where there is none or they are not known. */
  windowSeconds: number | null;
};

type Taker = (topic: AnyTopic, database: string | null, snapshot: Snapshot, cadenceMs: number) => void;
type Restarted = (before: Capabilities, after: Capabilities) => void;

/** What pgdeck remembers of one watched server: the last hour in memory, and all of it in the store while that is on. */
export class ServerHistory {
  readonly id: string;
  readonly memory = new MemoryHistory();
  /** The last hour of load. */
  readonly load = new LoadMemory();
  /** The last hour of pgdeck's own statements. */
  readonly own = new OwnMemory();
  readonly recorder: Recorder;
  /** Asks topics of the whole server anew; the sampler's. */
  ask: ((topics: string[]) => void) | undefined;
  /** Where it is stored; missing where nothing is. */
  store: Store | undefined;
  /** What changed on the server. */
  readonly changes = new ServerChanges(() =>
    this.store?.on && this.serverId !== undefined ? { store: this.store, serverId: this.serverId } : undefined,
  );
  /** The cluster's identity; empty while it is not known. */
  cluster = '';
  /** The number under which the store keeps this cluster; the writer learns it. */
  serverId: number | undefined;
  #recording = false;
  readonly #sampler = new LoadSampler();
  readonly #takers = new Set<Taker>();
  readonly #restarts = new Set<Restarted>();

  constructor(id: string) {
    this.id = id;
    this.recorder = new Recorder(this.memory);
  }

  /** Whether what is taken goes to the store: only then what is asked for history alone is asked. */
  get recording(): boolean {
    return this.#recording;
  }

  set recording(on: boolean) {
    if (this.#recording && !on) this.recorder.clear();
    this.#recording = on;
  }

  /**
   * Takes a good answer of a topic. `cadenceMs` is how often the topic is asked now; `home` is false for a database that
   * is asked in passing.
   */
  take(topic: AnyTopic, database: string | null, snapshot: Snapshot, cadenceMs: number, home = true): void {
    for (const series of topic.series ?? []) {
      const values = series.point(snapshot.rows);
      if (values) this.memory.add(series.id, snapshot.sampledAt, values, 1.6 * cadenceMs);
    }
    const sample = topic.id === 'load' ? this.#sampler.sample(snapshot, cadenceMs) : undefined;
    if (sample) this.load.add(sample);
    if (this.#recording && sample) this.recorder.takeLoad(sample);
    else if (this.#recording) this.recorder.take(topic, database, snapshot, cadenceMs, home);
    if (topic.id === 'own-cost' && snapshot.windowSeconds !== null)
      this.own.add(snapshot.rows, snapshot.sampledAt, snapshot.windowSeconds);
    this.changes.take(topic, database, snapshot, cadenceMs, home);
    for (const taker of this.#takers) taker(topic, database, snapshot, cadenceMs);
  }

  /** Calls `taker` with each good answer of a topic. */
  onTake(taker: Taker): void {
    this.#takers.add(taker);
  }

  /** Says which server answers; another cluster begins a history of its own. */
  identified(server: Capabilities): void {
    const cluster = server.systemIdentifier ?? '';
    if (cluster === this.cluster || (cluster === '' && this.serverId !== undefined)) return;
    if (this.cluster !== '') this.recorder.clear();
    if (this.cluster !== '' && cluster !== '') this.changes.replaced(this.cluster, cluster);
    this.cluster = cluster;
    this.serverId = undefined;
  }

  /** The server began anew: a restart, a promotion, or another cluster in its place. */
  restarted(before: Capabilities, after: Capabilities): void {
    for (const listener of this.#restarts) listener(before, after);
  }

  /** Calls `listener` when the server began anew. */
  onRestart(listener: Restarted): void {
    this.#restarts.add(listener);
  }
}
