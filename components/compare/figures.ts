import type { ComparedRow, Figures, TimeChange, Window } from '@/lib/history/answers';

/** The parts that a change of time is split into, in the order of the bars. */
export const timeParts = ['calls', 'reading', 'writing', 'planning', 'executing'] as const;

/** One of the parts of a change of time. */
export type TimePart = (typeof timeParts)[number];

/** A figure on both sides; null: not known, or the row was not there. */
export type Pair = { a: number | null; b: number | null };

const value = (figures: Figures | null, name: string): number | null => figures?.[name] ?? null;

/** A figure of both sides as it is stored: sizes. */
export function plainPair(row: ComparedRow, name: string): Pair {
  return { a: value(row.a, name), b: value(row.b, name) };
}

/** A sum of both sides by the second of what is known of each window. */
export function ratePair(row: ComparedRow, name: string, a: Window, b: Window): Pair {
  return { a: divided(value(row.a, name), a.coveredSeconds), b: divided(value(row.b, name), b.coveredSeconds) };
}

/** A sum of both sides by the call. */
export function callPair(row: ComparedRow, name: string): Pair {
  return {
    a: divided(value(row.a, name), value(row.a, 'calls')),
    b: divided(value(row.b, name), value(row.b, 'calls')),
  };
}

function divided(sum: number | null, by: number | null): number | null {
  return sum === null || by === null || by <= 0 ? null : sum / by;
}

/** What is neither reading nor writing of a call, ms. */
export function executingPair(row: ComparedRow): Pair {
  const own = (figures: Figures | null) => {
    const total = value(figures, 'total_exec_time');
    const others = (value(figures, 'blk_read_time') ?? 0) + (value(figures, 'blk_write_time') ?? 0);
    return total === null ? null : divided(Math.max(0, total - others), value(figures, 'calls'));
  };
  return { a: own(row.a), b: own(row.b) };
}

/** Where each part of a change begins and ends when they are put behind one another from zero. */
export function steps(time: TimeChange): { part: TimePart; from: number; to: number }[] {
  let at = 0;
  return timeParts.map((part) => {
    const from = at;
    at += time[part];
    return { part, from, to: at };
  });
}

/** The scale that the steps of all rows fit into. */
export function stepScale(times: TimeChange[]): { least: number; most: number } {
  const ends = times.flatMap((time) => steps(time).map(({ to }) => to));
  return { least: Math.min(0, ...ends), most: Math.max(0, ...ends) };
}

/** The part that explains most of a change, in the direction of the whole. */
export function mainPart(time: TimeChange): TimePart {
  const sign = time.total < 0 ? -1 : 1;
  return timeParts.reduce((best, part) => (time[part] * sign > time[best] * sign ? part : best));
}
