import { z } from 'zod';
import { loadBys } from './load-filter';

const value = z.number().nullable();
const epoch = z.number().describe('Epoch seconds.');

/** How load can be stacked or sliced: `class` is the wait class, the rest as `Dimension`. */
export const loadBy = z.enum(loadBys);

/** Where points come from: memory, every sample, or roll-ups to minutes (ten for rows of a topic) and hours. */
export const source = z.enum(['memory', 'raw', 'minute', 'hour']).meta({
  id: 'Source',
  description: 'Memory, every sample, or roll-ups to minutes (ten for rows of a topic) and hours.',
});

/** Answer of `GET …/series/:series`. */
export const seriesAnswer = z
  .strictObject({
    series: z.string(),
    unit: z.string(),
    step: z.number().describe('Seconds between two points; they are aligned to the epoch.'),
    columns: z.array(z.string()),
    points: z
      .array(z.array(value))
      .describe('Each is epoch seconds and one value for each column; null is a gap, never a zero.'),
    source,
    units: z.record(z.string(), z.string()).optional().describe('Units by column, where they are not the same.'),
    labels: z
      .record(z.string(), z.string())
      .optional()
      .describe('Words of columns whose names are keys (statements, users …).'),
    cpus: value.optional().describe("Load only: processors of the server's machine, where known."),
  })
  .meta({ id: 'SeriesAnswer', description: 'Figures over time.' });

const classes = z
  .record(z.string(), z.number())
  .describe('Average active sessions by wait class (lower case: cpu, io, lock, …).');

/** One row of `GET …/top`: what caused load in a range. */
export const topRow = z
  .strictObject({
    key: z.string(),
    label: z.string().nullable().describe('The word or text; null where it is not known.'),
    load: z.number().describe('Average active sessions over the range.'),
    share: z.number().describe('Of the load of the range, 0 to 1.'),
    classes,
    queryid: z.string().optional().describe('Statements only, as the rest: from their counters in the same range.'),
    datname: z.string().nullable().optional(),
    usename: z.string().nullable().optional(),
    calls_per_second: value.optional(),
    mean_exec_time: value.optional().describe('Milliseconds.'),
    mean_change: value
      .optional()
      .describe(
        'Mean time against the span of the same length before, as a ratio (0.05 is 5 % more); null: not there before; missing: not known.',
      ),
  })
  .meta({ id: 'TopRow', description: 'What caused load in a range.' });

/** Answer of `GET …/top?by=&from=&to=&filter=`: rows and `other` sum to `load`. */
export const topAnswer = z
  .strictObject({
    by: loadBy,
    from: epoch,
    to: epoch,
    coveredSeconds: z.number().describe('Seconds of the range that samples stand for; 0: nothing is known of it.'),
    load: z.number().describe('Average active sessions; rows and `other` sum to it.'),
    rows: z.array(topRow),
    other: z.strictObject({ rows: z.number(), load: z.number(), classes }).nullable(),
    source,
    cpus: value.describe("Processors of the server's machine, where known."),
  })
  .meta({ id: 'TopAnswer' });

/** What can be compared: statements, tables, or load by waits. */
export const comparedTopics = ['slow-queries', 'tables', 'load'] as const;

/** One side of a comparison. */
export const window = z
  .strictObject({
    from: epoch,
    to: epoch,
    coveredSeconds: z.number().describe('Seconds of the window that samples stand for.'),
    total: z.number().describe('Statements: time of all of them in the window, in milliseconds.'),
    listedShare: value.describe('The part of it that the listed rows are, 0 to 1.'),
    folded: z
      .boolean()
      .optional()
      .describe('Small rows of the window were added up as one: which they were is not known.'),
  })
  .meta({ id: 'Window', description: 'One side of a comparison.' });

/** Figures of one row in one window: sums over the window by the topic's column names, sizes as its newest. */
export const figures = z
  .record(z.string(), value)
  .describe("Sums over the window by the topic's column names, sizes as the newest; null: the row was not there.");

/** Why the time of a row changed from A to B. */
export const timeChange = z
  .strictObject({
    total: z.number(),
    calls: z.number().describe("More or fewer calls, at A's time per call."),
    reading: z.number(),
    writing: z.number(),
    planning: z.number(),
    executing: z.number().describe('What is left.'),
  })
  .meta({
    id: 'TimeChange',
    description:
      "Why the time of a row changed from A to B, in ms per second of window; the parts sum to `total`. All but `calls` are the change per call at B's calls.",
  });

/** One row of a comparison; a side is null where the row was not there. */
export const comparedRow = z
  .strictObject({
    key: z.string(),
    label: z.string().nullable(),
    datname: z.string().nullable().optional(),
    usename: z.string().nullable().optional(),
    queryid: z.string().optional(),
    schemaname: z.string().optional(),
    relname: z.string().optional(),
    a: figures.nullable(),
    b: figures.nullable(),
    time: timeChange.optional().describe('Statements only.'),
  })
  .meta({ id: 'ComparedRow' });

/** Answer of `GET …/compare?topic=&a=from,to&b=from,to`; topics: slow-queries, tables, load (waits). */
export const compareAnswer = z
  .strictObject({ topic: z.string(), a: window, b: window, rows: z.array(comparedRow), source })
  .meta({ id: 'CompareAnswer', description: 'Two windows side by side; rows with the greatest change first.' });

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

/** A change on a server: one list, drawn on every chart. */
export const changeEvent = z
  .strictObject({
    id: z.string(),
    at: epoch,
    kind: z.enum(eventKinds),
    title: z.string().describe('In few words: `random_page_cost 1.1 → 4`.'),
    detail: z.record(z.string(), z.unknown()).describe('What the kind has to tell: before, after, object …'),
    actor: z.string().nullable(),
  })
  .meta({ id: 'ChangeEvent', description: 'A change on a server.' });

/** Answer of `GET …/changes?from=&to=&kind=`, newest first; `next` is the `to` of the following page. */
export const changesAnswer = z
  .strictObject({
    events: z.array(changeEvent).describe('Newest first.'),
    next: value.describe('The `to` of the following page; null: there is none.'),
  })
  .meta({ id: 'ChangesAnswer' });

/** What pgdeck itself costs a server over a range: answer of `GET …/cost?from=&to=`. */
export const costAnswer = z
  .strictObject({
    from: epoch,
    to: epoch,
    statements: value,
    exec_ms: value,
    share: value.describe('Of the statement time of the whole server, 0 to 1.'),
    blocks_hit: value,
    blocks_read: value,
    connections: z.int(),
    budgetPercent: z.number(),
    slowedDown: z.number().describe('How many times less often pgdeck asks than it would; 1: it keeps its cadences.'),
    unknownBecause: z.string().nullable().describe('Why figures are null.'),
    byTopic: z.array(z.strictObject({ topic: z.string(), calls: z.number(), exec_ms: z.number() })),
    stored: z
      .array(z.strictObject({ table: z.string(), bytes: z.number() }))
      .describe('Bytes stored for this server, by table, over a whole day where there is one.'),
    bytesPerDay: value,
  })
  .meta({ id: 'CostAnswer', description: 'What pgdeck itself costs a server over a range.' });

/** Answer of `GET /api/history`: how the store is. */
export const historyStatus = z
  .strictObject({
    state: z.enum(['off', 'starting', 'on', 'failing']),
    kind: z.enum(['off', 'embedded', 'external']),
    reason: z.string().nullable().describe('Why it is not on, and what to do: whole sentences.'),
    engine: z.string().nullable().describe('plain, citus or timescale.'),
    version: z.string().nullable().describe("PostgreSQL's version."),
    bytes: value,
    maxBytes: z.number(),
    oldest: z
      .strictObject({ raw: value, minute: value, hour: value })
      .describe('Epoch seconds of the oldest sample, minute and hour kept.'),
    rawDays: z.number(),
    minuteDays: z.number(),
    hourDays: z.number(),
    notices: z
      .array(z.strictObject({ at: epoch, text: z.string() }))
      .describe(
        'Things worth telling: partitions dropped for size, an index rebuilt, a corrupt store moved aside, a store in the watched database.',
      ),
    leases: z
      .array(z.strictObject({ server: z.string(), holder: z.string(), own: z.boolean() }))
      .describe('Who samples each server: this instance or another.'),
  })
  .meta({ id: 'HistoryStatus', description: 'How the store of the history is.' });

export type LoadBy = z.infer<typeof loadBy>;
export type Source = z.infer<typeof source>;
export type SeriesAnswer = z.infer<typeof seriesAnswer>;
export type TopRow = z.infer<typeof topRow>;
export type TopAnswer = z.infer<typeof topAnswer>;
/** One of `comparedTopics`. */
export type ComparedTopic = (typeof comparedTopics)[number];
export type Window = z.infer<typeof window>;
export type Figures = z.infer<typeof figures>;
export type TimeChange = z.infer<typeof timeChange>;
export type ComparedRow = z.infer<typeof comparedRow>;
export type CompareAnswer = z.infer<typeof compareAnswer>;
export type ChangeEvent = z.infer<typeof changeEvent>;
export type ChangesAnswer = z.infer<typeof changesAnswer>;
export type CostAnswer = z.infer<typeof costAnswer>;
export type HistoryStatus = z.infer<typeof historyStatus>;
