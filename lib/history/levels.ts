import { type Recording, recordings } from './recordings';

/** How fine stored figures are: as they came, rolled up to minutes (ten for rows of a topic), to hours. */
export type Level = 'raw' | 'minute' | 'hour';

/** A table that figures of one kind stand in; `rollUp` names the watermark up to which it is filled. */
export type LevelTable = { level: Level; table: string; seconds: number; rollUp: string | undefined };

const tables = (raw: LevelTable['table'], rawSeconds: number, minute: [string, number], hour: string): LevelTable[] => [
  { level: 'raw', table: raw, seconds: rawSeconds, rollUp: undefined },
  { level: 'minute', table: minute[0], seconds: minute[1], rollUp: minute[0] },
  { level: 'hour', table: hour, seconds: 3600, rollUp: hour },
];

/** The tables of the series of the topics, finest first. */
export const metricTables = tables('metric_raw', 10, ['metric_1m', 60], 'metric_1h');

/** The tables of load, finest first. */
export const loadTables = tables('session_raw', 10, ['load_1m', 60], 'load_1h');

/** The tables of a recording, finest first. */
export function keyedTables(recording: Recording['id']): LevelTable[] {
  return tables(`${recording}_raw`, recordings[recording].everySeconds, [`${recording}_10m`, 600], `${recording}_1h`);
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
  const wanted =
    range.step ?? steps.find((width) => width >= finest && (range.to - range.from) / width <= mostPoints) ?? 604_800;
  const step = up(wanted, finest);
  const first = down(range.from, step);
  const end = Math.max(first, up(Math.min(range.to, reach.now), step));
  return { step, first, end, ...cut(levels, kept, (seconds) => step % seconds === 0, { from: first, to: end }, reach) };
}

/** The greatest spans, in seconds, that are added up from samples and from minutes. */
const spans: Record<Level, number> = { raw: 2 * 3600, minute: 4 * 86_400, hour: Number.POSITIVE_INFINITY };

/** Where sums over a whole range come from; its ends are floored to the rows of the level that is chosen. */
export function planSpan(levels: LevelTable[], range: Range, reach: Reach): Omit<Plan, 'step'> {
  const kept = keptSince(levels, range.from, reach);
  const fine = kept.find(({ level }) => range.to - range.from <= spans[level]) ?? kept.at(-1);
  const width = fine?.seconds ?? 10;
  const first = down(range.from, width);
  const end = Math.max(down(Math.min(range.to, reach.now), width), first + width);
  return { first, end, ...cut(levels, kept, (seconds) => seconds <= width, { from: first, to: end }, reach) };
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
  for (const { level, table, seconds, rollUp } of levels
    .slice(0, levels.findIndex((each) => each === chosen) + 1)
    .reverse()) {
    const filled = rollUp === undefined ? range.to : down(reach.marks.get(rollUp) ?? 0, seconds);
    const to = Math.min(range.to, filled);
    if (to <= from) continue;
    pieces.push({ level, table, seconds, from, to });
    from = to;
  }
  return { source: chosen?.level ?? 'raw', pieces };
}
