import type { AnyTopic, Raw } from '@/lib/topics/topic';
import { Identities } from './identities';
import { relationId } from './identity';
import type { LoadSample } from './load-sample';
import type { MemoryHistory } from './memory';
import { KeyedRecorder } from './record-keyed';
import { LoadRecorder } from './record-load';
import { type MetricBucket, MetricRecorder } from './record-metrics';
import { type Recording, recordings } from './recordings';
import type { Snapshot } from './server-history';
import type { StoredRow } from './stored-row';

/** What is whole and goes to the store. */
export type Cut = { rows: StoredRow[]; metrics: MetricBucket[] };

/** A window as many cadences long, and longer, is a time that pgdeck did not see: what was added in it is not known when. */
const mostCadences = 2.5;
const mostWaiting = 10_000;

/** Turns the answers of one server's topics into rows for the store: what is cut leaves it. */
export class Recorder {
  readonly identities = new Identities();
  #load = new LoadRecorder();
  #metrics: MetricRecorder;
  #keyed = new Map(Object.values(recordings).map((recording) => [recording.topic, new KeyedRecorder(recording)]));
  #rows: StoredRow[] = [];
  #datids = new Map<string, number>();
  #relations = new Map<string, string>();

  constructor(memory: MemoryHistory) {
    this.#metrics = new MetricRecorder(memory);
  }

  /** Takes an answer of any topic but load; `home` is false for a database that is asked in passing only. */
  take(topic: AnyTopic, database: string | null, snapshot: Snapshot, cadenceMs: number, home = true): void {
    const { rows, sampledAt, windowSeconds } = snapshot;
    for (const series of topic.series ?? []) {
      const values = series.point(rows);
      if (values) this.#metrics.note(series, values, sampledAt, cadenceMs);
    }
    if (topic.id === 'databases')
      for (const { datname, datid } of rows) this.#datids.set(String(datname), Number(datid));
    const keyed = this.#keyed.get(topic.id);
    if (!keyed) return;
    const seen = windowSeconds !== null && windowSeconds <= (mostCadences * cadenceMs) / 1000;
    const keyOf = this.#keyOf(keyed.recording, database, sampledAt);
    if (keyOf) keyed.add(rows, keyOf, sampledAt, seen ? windowSeconds : null, home);
  }

  /** Takes a sample of load. */
  takeLoad(sample: LoadSample): void {
    this.#load.add(sample);
    this.identities.sampled(sample.statements, sample.at);
  }

  /** Takes a row that something else made for the store. */
  add(row: StoredRow): void {
    if (this.#rows.length < mostWaiting) this.#rows.push(row);
  }

  /** What is whole at `now` (epoch seconds); with `all` also what is still running: pgdeck is about to end. */
  cut(now: number, all = false): Cut {
    const until = all ? undefined : now;
    return {
      rows: [
        ...this.#rows.splice(0),
        ...this.#load.cut(until),
        ...[...this.#keyed.values()].flatMap((keyed) => keyed.cut(until)),
      ],
      metrics: this.#metrics.cut(now, all),
    };
  }

  /** Forgets what is not stored yet. */
  clear(): void {
    this.#rows = [];
    this.#load.clear();
    this.#metrics.clear();
    for (const keyed of this.#keyed.values()) keyed.clear();
    this.#datids.clear();
    this.#relations.clear();
    this.identities.clear();
  }

  /** How the rows of a topic are keyed; undefined while that is not known. */
  #keyOf({ identity, topic }: Recording, database: string | null, at: number): ((row: Raw) => string) | undefined {
    if (identity === 'database') return (row) => String(row.datname);
    if (identity === 'statement') return (row) => this.identities.statement(row, at);
    const datid = this.#datids.get(database ?? '');
    if (datid === undefined || database === null) return undefined;
    if (topic === 'tables') return (row) => this.#table(row, database, datid, at);
    return (row) => this.#index(row, database, datid, at);
  }

  #table(row: Raw, datname: string, datid: number, at: number): string {
    const rid = this.#relation(datid, Number(row.relid));
    const { schemaname, relname, relkind } = row as Record<string, string>;
    this.identities.relation(
      { rid, datname, schemaname: schemaname ?? '', relname: relname ?? '', kind: relkind ?? 'r', of: null },
      at,
    );
    return rid;
  }

  #index(row: Raw, datname: string, datid: number, at: number): string {
    const rid = this.#relation(datid, Number(row.indexrelid));
    const { schemaname, indexrelname } = row as Record<string, string>;
    const of = this.#relation(datid, Number(row.relid));
    this.identities.relation(
      { rid, datname, schemaname: schemaname ?? '', relname: indexrelname ?? '', kind: 'i', of },
      at,
    );
    return rid;
  }

  #relation(datid: number, oid: number): string {
    const key = `${datid}/${oid}`;
    let rid = this.#relations.get(key);
    if (!rid) {
      if (this.#relations.size >= 200_000) this.#relations.clear();
      rid = relationId(datid, oid);
      this.#relations.set(key, rid);
    }
    return rid;
  }
}
