import { setImmediate as breathe } from 'node:timers/promises';
import type { Run } from '@/lib/postgres/pool';
import type { Clock } from './clock';
import { type Columns, insertRows } from './insert-rows';
import { bucketSeconds } from './memory';
import { ensurePartitions } from './partitions';
import type { MetricBucket } from './record-metrics';
import { lowerWatermarks, settleSeconds } from './roll-ups';
import type { ServerHistory } from './server-history';
import type { Store } from './store';
import { MetricPlaces, serverIdOf } from './store-ids';
import type { StoredRow } from './stored-row';
import { Words } from './words';
import { writeIdentities } from './write-identities';

/** Which of some servers this instance may write now, said within the transaction that writes; the others' rows are dropped. */
export type Fence = (run: Run, serverIds: number[]) => Promise<ReadonlySet<number>>;

/** What the writer needs of the store. */
export type WriterStore = Pick<Store, 'on' | 'query' | 'transaction' | 'onChange' | 'notice' | 'engine' | 'now'>;

/** What one server had to tell at one tick. */
export type Batch = {
  server: ServerHistory;
  cluster: string;
  rows: StoredRow[];
  metrics: MetricBucket[];
  bytes: number;
  /** By the clock that only goes on (ms). */
  cutAt: number;
};

type Options = { store: WriterStore; fence: Fence; clock: Clock; mask: (text: string) => string };

const daySeconds = 86_400;
const identitiesAtOnce = 300;
const blockMs = 8;
const metricColumns: Columns = [['v', 'float4[]']];
const keyColumns: Columns = [
  ['server_id', 'int4'],
  ['ts', 'timestamptz'],
];

/** Puts batches into the store: their words first, then all of them in one transaction. */
export class BatchWriter {
  readonly #options: Options;
  readonly #words = new Words();
  readonly #places = new MetricPlaces();
  readonly #ids = new Map<string, number>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Forgets what the store had: it may be another one, or an older state of it. */
  forget(): void {
    this.#words.clear();
    this.#places.clear();
    this.#ids.clear();
  }

  /** Learns under which number the store keeps a server as a cluster. */
  async identify(server: ServerHistory, cluster: string): Promise<number> {
    const key = `${server.id}\n${cluster}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = await serverIdOf(this.#options.store.query, server.id, cluster, this.#options.clock.now());
      this.#ids.set(key, id);
    }
    if (cluster === server.cluster) server.serverId = id;
    return id;
  }

  /** Makes the pieces of the tables that a batch of another day needs. */
  async prepare({ rows, metrics }: Batch): Promise<void> {
    const { transaction, engine } = this.#options.store;
    if (!engine) return;
    const days = new Set([...rows, ...metrics].map(({ ts }) => Math.floor(ts / daySeconds)));
    for (const day of days)
      await ensurePartitions(transaction, engine, day * daySeconds * 1000, (day + 1) * daySeconds * 1000);
  }

  /** Writes batches, all or none of them. */
  async write(batches: Batch[]): Promise<void> {
    const { store, fence, clock, mask } = this.#options;
    const ids = new Map<Batch, number>();
    for (const batch of batches) ids.set(batch, await this.identify(batch.server, batch.cluster));
    await this.#words.learn(
      store.query,
      batches.flatMap(({ rows }) => rows.flatMap(({ words }) => [...words])),
    );
    await this.#places.learn(
      store.query,
      new Set(batches.flatMap(({ metrics }) => metrics.flatMap(({ figures }) => [...figures.keys()]))),
    );
    const told = new Map<ServerHistory, ReturnType<ServerHistory['recorder']['identities']['take']>>();
    try {
      await store.transaction(async (run) => {
        const allowed = await fence(run, [...new Set(ids.values())]);
        const own = batches.filter((batch) => allowed.has(ids.get(batch) ?? 0));
        const late = oldestLate(own, store.now() / 1000 - settleSeconds);
        if (late !== undefined) await lowerWatermarks(run, late);
        await this.#insert(run, own, ids);
        for (const batch of own) {
          const { server } = batch;
          if (told.has(server) || batch.cluster !== server.cluster) continue;
          const some = server.recorder.identities.take(identitiesAtOnce);
          told.set(server, some);
          await writeIdentities(run, ids.get(batch) ?? 0, some, mask, clock.now());
        }
      });
    } catch (error) {
      for (const [server, some] of told) server.recorder.identities.giveBack(some);
      throw error;
    }
  }

  async #insert(run: Run, batches: Batch[], ids: Map<Batch, number>): Promise<void> {
    const tables = new Map<string, { columns: Columns; rows: unknown[][] }>();
    let since = performance.now();
    for (const batch of batches) {
      const serverId = ids.get(batch);
      const add = (name: string, columns: Columns, ts: number, values: unknown[]) => {
        const table = tables.get(name) ?? { columns: [...keyColumns, ...columns], rows: [] };
        tables.set(name, table);
        table.rows.push([serverId, new Date(ts * 1000).toISOString(), ...values]);
      };
      for (const { ts, figures } of batch.metrics) add('metric_raw', metricColumns, ts, [this.#places.array(figures)]);
      for (const { table, ts, values } of batch.rows) {
        add(table.name, table.columns, ts, values(this.#words.id));
        if (performance.now() - since < blockMs) continue;
        await breathe();
        since = performance.now();
      }
    }
    for (const [name, { columns, rows }] of tables) await insertRows(run, name, columns, rows);
  }
}

/** The oldest time (epoch seconds) of rows that ended before `settled`: roll-ups may have gone past it. */
function oldestLate(batches: Batch[], settled: number): number | undefined {
  const late = batches.flatMap(({ rows, metrics }) => [
    ...rows.filter(({ ts, seconds = 0 }) => ts + seconds < settled),
    ...metrics.filter(({ ts }) => ts + bucketSeconds < settled),
  ]);
  return late.length > 0 ? late.reduce((oldest, { ts }) => Math.min(oldest, ts), Number.POSITIVE_INFINITY) : undefined;
}

/** What passes by itself: the connection, a lock, a deadlock, a lack of time or room, somebody who stops the server. */
const passing = /^(08|25|40|53|55|57|58|XX)/;

/** Whether what was to be stored is at fault: sending it again would fail again. */
export function isOfData(error: unknown): boolean {
  const { code } = error as { code?: string };
  if (code === undefined) return error instanceof TypeError || error instanceof RangeError;
  return code === '08P01' || (/^[0-9A-Z]{5}$/.test(code) && !passing.test(code));
}
