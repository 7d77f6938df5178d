import { type Recording, recordings } from './recordings';

/** How fine stored figures are: as they came, rolled up to minutes (ten for rows of a topic), to hours. */
export type Level = 'raw' | 'minute' | 'hour';

/** A table that figures of one kind stand in; `rollUp` names the watermark up to which it is filled. */
export type LevelTable = { level: Level; table: string; seconds: number; rollUp: string | undefined };

const table = (level: Level, name: string, seconds: number): LevelTable => ({
  level,
  table: name,
  seconds,
  rollUp: level === 'raw' ? undefined : name,
});

/** The tables of the series of the topics, finest first. */
export const metricTables = [
  table('raw', 'metric_raw', 10),
  table('minute', 'metric_1m', 60),
  table('hour', 'metric_1h', 3600),
  table('hour', 'metric_1d', 86_400),
];

/** The tables of load by wait, and of load by anything else. */
export const loadTables = {
  wait: [
    table('raw', 'session_raw', 10),
    table('minute', 'load_1m', 60),
    table('hour', 'load_1h', 3600),
    table('hour', 'load_1d', 86_400),
  ],
  slice: [
    table('raw', 'session_raw', 10),
    table('minute', 'load_10m', 600),
    table('hour', 'load_1h', 3600),
    table('hour', 'load_1d', 86_400),
  ],
};

/** The tables of a recording, finest first. */
export function keyedTables(recording: Recording['id']): LevelTable[] {
  return [
    table('raw', `${recording}_raw`, recordings[recording].everySeconds),
    table('minute', `${recording}_10m`, 600),
    table('hour', `${recording}_1h`, 3600),
    table('hour', `${recording}_1d`, 86_400),
  ];
}

/** Epoch seconds: from when on each level is kept, up to when each roll-up is filled, and now. */
export type Reach = { kept: Record<Level, number>; marks: Map<string, number>; now: number };

/** A range in epoch seconds; `step` in seconds where one is asked for. */
export type Range = { from: number; to: number; step?: number | undefined };

/** A stretch of time that is read from one table, both ends aligned to that table's rows. */
export type Piece = { level: Level; table: string; seconds: number; from: number; to: number };

/** Where the points of a range come from: buckets from `first` to before `end`, and the pieces they are put together from. */
export type Plan = { step: number; first: number; end: number; source: Level; pieces: Piece[] };

const steps = [10, 60, 600, 3600, 10_800, 21_600, 86_400, 604_800];

/** How many points a chart gets where no step is asked for, and how many an export may have. */
export const mostPoints = 600;
export const mostExported = 50_000;

const down = (at: number, width: number) => Math.floor(at / width) * width;
const up = (at: number, width: number) => Math.ceil(at / width) * width;

/** Levels that are kept as far back as `from`; the coarsest where none is. */
function keptSince(levels: LevelTable[], from: number, reach: Reach): LevelTable[] {
  const kept = levels.filter(({ level }) => reach.kept[level] <= from);
  return kept.length > 0 ? kept : levels.slice(-1);
}

/**
 * Chooses the step (never finer than what is kept as far back as `from`) and the coarsest level that divides it; what a
 * roll-up does not hold yet comes from the finer ones.
 */
export function planPoints(levels: LevelTable[], range: Range, reach: Reach): Plan {
  const kept = keptSince(levels, range.from, reach);
  const finest = kept[0]?.seconds ?? 10;
  const widths = [finest, ...steps.filter((width) => width > finest)];
  const wanted = range.step ?? widths.find((width) => (range.to - range.from) / width <= mostPoints) ?? 604_800;
  const step = up(wanted, finest);
  const first = down(range.from, step);
  const end = Math.max(first, up(Math.min(range.to, reach.now), step));
  return { step, first, end, ...cut(levels, kept, (seconds) => step % seconds === 0, { from: first, to: end }, reach) };
}

/** The greatest span, in seconds, that is added up from rows of so many seconds. */
function greatestSpan({ level, seconds }: LevelTable): number {
  if (level === 'raw') return 2 * 3600;
  if (level === 'minute') return 4 * 86_400;
  return seconds === 3600 ? 40 * 86_400 : Number.POSITIVE_INFINITY;
}

/** Where sums over a whole range come from; its ends are floored to the rows of the level: of `least` seconds or more. */
export function planSpan(levels: LevelTable[], range: Range, reach: Reach, least = 0): Omit<Plan, 'step'> {
  const width = spanSeconds(levels, range, reach, least);
  const kept = keptSince(levels, range.from, reach);
  const first = down(range.from, width);
  const end = Math.max(down(Math.min(range.to, reach.now), width), first + width);
  return { first, end, ...cut(levels, kept, (seconds) => seconds <= width, { from: first, to: end }, reach) };
}

/** Seconds of the rows that a range is added up from. */
export function spanSeconds(levels: LevelTable[], range: Range, reach: Reach, least = 0): number {
  const kept = keptSince(levels, range.from, reach).filter(({ seconds }) => seconds >= least);
  const fine = kept.find((each) => range.to - range.from <= greatestSpan(each)) ?? kept.at(-1);
  return fine?.seconds ?? 3600;
}

function cut(
  levels: LevelTable[],
  kept: LevelTable[],
  fits: (seconds: number) => boolean,
  range: { from: number; to: number },
  reach: Reach,
): { source: Level; pieces: Piece[] } {
  const chosen = kept.findLast(({ seconds }) => fits(seconds)) ?? kept[0];
  const pieces: Piece[] = [];
  let from = range.from;
  for (const { level, table, seconds, rollUp } of levels.slice(0, chosen ? levels.indexOf(chosen) + 1 : 0).reverse()) {
    const filled = rollUp === undefined ? range.to : down(reach.marks.get(rollUp) ?? 0, seconds);
    const to = Math.min(range.to, filled);
    if (to <= from) continue;
    pieces.push({ level, table, seconds, from, to });
    from = to;
  }
  return { source: chosen?.level ?? 'raw', pieces };
}
