import type { Dimension } from './recordings';

/** How load can be stacked or sliced: `class` is the wait class, the rest as `Dimension`. */
export type LoadBy = 'class' | Dimension;

/** Where points come from: memory, every sample, or roll-ups to minutes (ten for rows of a topic) and hours. */
export type Source = 'memory' | 'raw' | 'minute' | 'hour';

/** Answer of `GET …/series/:series`; a point is epoch seconds and one value for each column, null is a gap. */
export type SeriesAnswer = {
  series: string;
  unit: string;
  /** Seconds between two points; they are aligned to the epoch. */
  step: number;
  columns: string[];
  points: (number | null)[][];
  source: Source;
  /** Units by column, where they are not the same. */
  units?: Record<string, string>;
  /** Words of columns whose names are keys (statements, users …). */
  labels?: Record<string, string>;
  /** Load only: processors of the server's machine, where known. */
  cpus?: number | null;
};

/** One row of `GET …/top`: what caused load in a range. */
export type TopRow = {
  key: string;
  /** The word or text; null where it is not known. */
  label: string | null;
  /** Average active sessions over the range. */
  load: number;
  share: number;
  /** Average active sessions by wait class (lower case: cpu, io, lock, …). */
  classes: Record<string, number>;
  /** Statements only, from their counters in the same range; null where there are none. */
  queryid?: string;
  datname?: string | null;
  usename?: string | null;
  calls_per_second?: number | null;
  mean_exec_time?: number | null;
  /** Mean time against the span of the same length before, as a ratio (0.05 is 5 % more); null: not there before; missing: not known. */
  mean_change?: number | null;
};

/** Answer of `GET …/top?by=&from=&to=&filter=`: rows and `other` sum to `load`. */
export type TopAnswer = {
  by: LoadBy;
  from: number;
  to: number;
  /** Seconds of the range that samples stand for; 0: nothing is known of it. */
  coveredSeconds: number;
  load: number;
  rows: TopRow[];
  other: { rows: number; load: number; classes: Record<string, number> } | null;
  source: Source;
  cpus: number | null;
};

/** One side of a comparison. */
export type Window = {
  from: number;
  to: number;
  coveredSeconds: number;
  /** Statements: time of all of them in the window, ms, and the part of it that the listed rows are. */
  total: number;
  listedShare: number | null;
  /** Small rows of the window were added up as one: which they were is not known. */
  folded?: boolean;
};

/** Figures of one row in one window: sums over the window by the topic's column names, sizes as its newest. */
export type Figures = Record<string, number | null>;

/**
 * Why the time of a row changed from A to B, in ms per second of window; the parts sum to `total`. `calls`: more or fewer calls at
 * A's time per call; the rest is the change per call at B's calls: reading, writing, planning, and what is left (`executing`).
 */
export type TimeChange = {
  total: number;
  calls: number;
  reading: number;
  writing: number;
  planning: number;
  executing: number;
};

/** One row of a comparison; a side is null where the row was not there. */
export type ComparedRow = {
  key: string;
  label: string | null;
  datname?: string | null;
  usename?: string | null;
  queryid?: string;
  schemaname?: string;
  relname?: string;
  a: Figures | null;
  b: Figures | null;
  /** Statements only. */
  time?: TimeChange;
};

/** Answer of `GET …/compare?topic=&a=from,to&b=from,to`; topics: slow-queries, tables, load (waits). */
export type CompareAnswer = { topic: string; a: Window; b: Window; rows: ComparedRow[]; source: Source };

/** What kind of change an event is. */
export const eventKinds = [
  'setting',
  'restart',
  'failover',
  'stats_reset',
  'schema',
  'extension',
  'role',
  'action',
  'deploy',
  'pgdeck',
] as const;

/** A change on a server: one list, drawn on every chart. `detail` holds what the kind has to tell (before, after, object …). */
export type ChangeEvent = {
  id: string;
  /** Epoch seconds. */
  at: number;
  kind: (typeof eventKinds)[number];
  /** In few words: `random_page_cost 1.1 → 4`. */
  title: string;
  detail: Record<string, unknown>;
  actor: string | null;
};

/** Answer of `GET …/changes?from=&to=&kind=`, newest first; `next` is the `to` of the following page. */
export type ChangesAnswer = { events: ChangeEvent[]; next: number | null };

/** What pgdeck itself costs a server over a range: answer of `GET …/cost?from=&to=`. */
export type CostAnswer = {
  from: number;
  to: number;
  statements: number | null;
  exec_ms: number | null;
  /** Of the statement time of the whole server, 0 to 1. */
  share: number | null;
  blocks_hit: number | null;
  blocks_read: number | null;
  connections: number;
  budgetPercent: number;
  /** How many times less often pgdeck asks than it would; 1: it keeps its cadences. */
  slowedDown: number;
  /** Why figures are null. */
  unknownBecause: string | null;
  byTopic: { topic: string; calls: number; exec_ms: number }[];
  /** Bytes stored for this server, by table, over a whole day where there is one. */
  stored: { table: string; bytes: number }[];
  bytesPerDay: number | null;
};

/** Answer of `GET /api/history`: how the store is. */
export type HistoryStatus = {
  state: 'off' | 'starting' | 'on' | 'failing';
  kind: 'off' | 'embedded' | 'external';
  /** Why it is not on, and what to do: whole sentences. */
  reason: string | null;
  /** plain, citus or timescale, and PostgreSQL's version. */
  engine: string | null;
  version: string | null;
  bytes: number | null;
  maxBytes: number;
  /** Epoch seconds of the oldest sample, minute and hour kept. */
  oldest: { raw: number | null; minute: number | null; hour: number | null };
  rawDays: number;
  minuteDays: number;
  hourDays: number;
  /** Things worth telling: partitions dropped for size, an index rebuilt, a corrupt store moved aside, a store in the watched database. */
  notices: { at: number; text: string }[];
  /** Who samples each server: this instance or another. */
  leases: { server: string; holder: string; own: boolean }[];
};
