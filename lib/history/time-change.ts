import type { Figures, TimeChange } from './answers';

/** The sums of one statement in a window, and the seconds of that window that are covered. */
type Side = { figures: Figures | null; seconds: number };

const figure = (figures: Figures | null, name: string) => figures?.[name] ?? 0;

/** Time of a statement, in ms per second of window. */
function perSecond({ figures, seconds }: Side): { calls: number; total: number; parts: Record<Part, number> } {
  const rate = (name: string) => figure(figures, name) / seconds;
  const [reading, writing, planning] = [rate('blk_read_time'), rate('blk_write_time'), rate('total_plan_time')];
  const executing = rate('total_exec_time') - reading - writing;
  return {
    calls: rate('calls'),
    total: rate('total_exec_time') + planning,
    parts: { reading, writing, planning, executing },
  };
}

type Part = 'reading' | 'writing' | 'planning' | 'executing';

/**
 * Splits the change of a statement's time: more or fewer calls at A's time per call, then the change of each part of a
 * call at B's calls. A statement that was not there before, or is gone, changed by its calls alone.
 */
export function timeChange(a: Side, b: Side): TimeChange {
  const [before, after] = [perSecond(a), perSecond(b)];
  const total = after.total - before.total;
  if (before.calls === 0 || after.calls === 0)
    return { total, calls: total, reading: 0, writing: 0, planning: 0, executing: 0 };
  const change = (part: Part) => after.parts[part] - (before.parts[part] / before.calls) * after.calls;
  return {
    total,
    calls: (after.calls - before.calls) * (before.total / before.calls),
    reading: change('reading'),
    writing: change('writing'),
    planning: change('planning'),
    executing: change('executing'),
  };
}
