import type { z } from 'zod';
import type { ConsoleQuestion } from './console';

/** A statement by the lowest PostgreSQL major version it is for; the greatest key ≤ the server's major is sent. */
export type Variants = { readonly [lowestMajor: number]: string };

/** A row as PostgreSQL answered it, before the zod row of its topic has checked it. */
export type Raw = Record<string, unknown>;

/** What a topic cannot be asked without; `lib/postgres/capabilities.ts` knows whether a server has it. */
export type Requirement =
  | { extension: 'pg_stat_statements' }
  | { privilege: 'pg_read_all_stats' }
  | { setting: string; value: string };

/**
 * A keyed memory beside a topic's statement (names by OID, texts by query id, sizes by OID): only keys that are not
 * remembered are asked for, and each is asked again after `everySeconds`. Shared between topics by its `id`.
 */
export type Lookup = {
  id: string;
  /** Takes the missing keys as `$1::text[]`; answers rows with a text column `key`. */
  sql: Variants;
  /** Which keys these rows need. */
  keys: (rows: Raw[]) => Iterable<string>;
  everySeconds: number;
  /** True: keys are the same in each database of a server (roles, databases, statements). */
  shared: boolean;
  /** Seconds until it is tried again when it failed; missing: five. */
  retrySeconds?: number;
  /** Of which keys the answer is still on its way to what it will be: those are asked each time, and once afterwards. */
  unsettled?: (rows: Raw[]) => Iterable<string>;
  /** True: only the newest answer is kept; its key tells the state of what it is about. */
  single?: boolean;
};

/** What the lookups remember: the row of a lookup for a key, or undefined where it is not known. */
export type Known = (lookup: Lookup, key: unknown) => Raw | undefined;

/** What an `ok` answer had to leave out, which object it was and which sessions stood in the way. */
export type Partial = {
  reason: UnavailableReason;
  object: string;
  blockedBy: number[];
  hint: string;
  fixSql?: string;
};

/** Why a topic cannot be answered. */
export type UnavailableReason =
  | 'version'
  | 'extension'
  | 'setting'
  | 'privilege'
  | 'standby'
  | 'pooler'
  | 'history'
  | 'timeout'
  | 'locked'
  | 'unreachable';

/** Figures drawn over time, made from each snapshot's rows; `null` is a gap, never a zero. */
// biome-ignore lint/suspicious/noExplicitAny: a widened topic's series take rows of its own shape
export type Series<Row = any> = {
  id: string;
  title: string;
  unit: string;
  columns: string[];
  /** How samples of one bucket become one point. */
  aggregate: 'average' | 'maximum';
  /** One value for each of `columns`, or null where these rows cannot tell. */
  point(rows: Row[]): (number | null)[] | null;
};

/** One question to a PostgreSQL server: words, SQL, row shape and cadence in one value. */
export type Topic<Shape extends z.ZodRawShape = z.ZodRawShape, Params extends z.ZodRawShape = z.ZodRawShape> = {
  id: string;
  title: string;
  summary: string;
  /** `server`: one answer for the whole server; `database`: one for each database. */
  scope: 'server' | 'database';
  cadenceSeconds: number;
  requires: Requirement[];
  /** The PostgreSQL views and functions that the figures come from. */
  sources: string[];
  /** The statement; missing where the rows are pgdeck's own figures, or another topic's. */
  sql?: Variants;
  /** Asks nothing by itself: its rows are made of those of another topic of the same scope, with their rates. */
  from?: { topic: string; derive(rows: Raw[]): Raw[] };
  /** What the console of the server's PgBouncer is asked, where that is the source. */
  console?: ConsoleQuestion;
  /**
   * Which figures of its own, where there is no statement: its connections, the statements it sent, or what the pools of
   * applications may open.
   */
  figures?: 'pools' | 'statements' | 'applications';
  /** The topic whose newest rows its figures are made of: they are made anew with them. */
  after?: string;
  /**
   * True: asked also while nobody looks, because charts or checks need it (at most every 10 s then). `history`: only
   * while the history store is on, at its own cadence.
   */
  always: boolean | 'history';
  /**
   * Kept as a whole for the time machine, at least every so many seconds; missing: never. `closeSeconds`: as often as
   * that while something stands out. `mostRows`: the first so many.
   */
  moments?: { everySeconds: number; closeSeconds?: number; mostRows?: number };
  /** Database scope: while it is asked for history, asked this often in the other databases too, one after another. */
  everywhereSeconds?: number;
  /** A row that was not in the sample before began at 0 since then: its first figures are what was added. */
  beginsAtZero?: boolean;
  /** Asked as often as this while little happens, and at `cadenceSeconds` while `busy` says so. */
  quiet?: { cadenceSeconds: number; busy(rows: Raw[], usualRows: number): boolean };
  /** True: may read many relations; asked on the connection for slow questions. */
  slow?: boolean;
  lookups?: Lookup[];
  /** Joins the statement's rows with what the lookups remember. */
  join?: (rows: Raw[], known: Known) => { rows: Raw[]; partial?: Partial[] };
  row: z.ZodObject<Shape>;
  /** The columns that identify a row. */
  key: (keyof Shape & string)[];
  /**
   * Server scope: the column that names the database that a row belongs to. Who may see some databases only gets the rows of
   * those, and no answer where this is missing.
   */
  databaseColumn?: keyof Shape & string;
  /** Columns that only grow; each gains `<column>_per_second` (null when unknown: first sample, reset, restart). */
  counters?: (keyof Shape & string)[];
  /** A column whose change means that the row's counters began anew (`stats_reset`, `stats_since`). */
  epoch?: keyof Shape & string;
  series?: Series<z.infer<z.ZodObject<Shape>> & Rates>[];
  /** Query parameters that filter the snapshot (never the SQL). */
  params?: z.ZodObject<Params>;
  select?(
    rows: (z.infer<z.ZodObject<Shape>> & Rates)[],
    params: z.infer<z.ZodObject<Params>>,
  ): (z.infer<z.ZodObject<Shape>> & Rates)[];
};

/** Per-second rates that the sampler adds to rows with counters, e.g. `xact_commit_per_second`. */
export type Rates = { [column: `${string}_per_second`]: number | null };

/** Any topic, with its row type forgotten. */
export type AnyTopic = Omit<
  // biome-ignore lint/suspicious/noExplicitAny: `series`, `params` and `select` take a topic's own shapes
  Topic<any, any>,
  'series' | 'params' | 'select'
> & {
  // biome-ignore lint/suspicious/noExplicitAny: rows of the topic's own shape
  series?: Series<any>[];
  params?: z.ZodObject;
  // biome-ignore lint/suspicious/noExplicitAny: rows and parameters of the topic's own shape
  select?(rows: any[], params: any): any[];
};

/** The row of a topic as readers get it. */
export type RowOf<T> = T extends Topic<infer Shape, infer _Params> ? z.infer<z.ZodObject<Shape>> & Rates : never;

/** Declares a topic; only there so that TypeScript infers its row. */
export function defineTopic<Shape extends z.ZodRawShape, Params extends z.ZodRawShape = z.ZodRawShape>(
  topic: Topic<Shape, Params>,
): Topic<Shape, Params> {
  return topic;
}

/** The answer of a topic, as `GET /api/servers/:server/:topic` gives it. */
export type Answer<Row = Raw> = Envelope & (Ok<Row> | Unavailable<Row>);

type Envelope = {
  topic: string;
  server: string;
  database: string | null;
  /** Only where a moment of the past was asked for: that moment, ISO 8601, and how far from it the rows are. */
  at?: string;
  distanceSeconds?: number;
};

/** The rows of a snapshot; times are ISO 8601, ages in seconds. */
export type Ok<Row = Raw> = {
  status: 'ok';
  sampledAt: string;
  ageSeconds: number;
  /** Seconds between this sample and the one before, over which rates are taken; null at the first. */
  windowSeconds: number | null;
  rows: Row[];
  partial?: Partial[];
};

/** Why there is no answer now, what to do about it, and the last rows where there were any. */
export type Unavailable<Row = Raw> = {
  status: 'unavailable';
  reason: UnavailableReason;
  hint: string;
  fixSql?: string;
  sqlstate?: string;
  /** Seconds until it is tried again by itself. */
  retryInSeconds?: number;
  last?: { rows: Row[]; sampledAt: string; ageSeconds: number };
};
