import { clock, clockMinutes, dayAndMonth, monthName, wallAt, whenWall } from '@/lib/format';

const minute = 60;
const hour = 3600;
const day = 86_400;

/** Distances between round times: seconds, days (weeks begin on Monday), months. */
type Step = { seconds: number } | { days: number } | { months: number };

const steps: Step[] = [
  ...[10, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute].map((seconds) => ({ seconds })),
  ...[hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour].map((seconds) => ({ seconds })),
  ...[1, 2, 7, 14].map((days) => ({ days })),
  ...[1, 2, 3, 6].map((months) => ({ months })),
];

const lengthOf = (step: Step): number =>
  'seconds' in step ? step.seconds : 'days' in step ? step.days * day : step.months * 30 * day;

/** Round times of the reader's clock between two ends, all in epoch seconds, and the step between them. */
export type TimeTicks = { ticks: number[]; step: Step };

/**
 * Round times between two ends (epoch seconds) with both ends: at most `most` between them, none nearer to an end than
 * `edge` seconds, so that labels do not touch. They are round on the reader's clock, also over a day on which that is changed.
 */
export function timeTicks(from: number, to: number, most: number, edge?: number): TimeTicks {
  const span = to - from;
  const step = steps.find((each) => span / lengthOf(each) <= Math.max(1, most)) ?? { months: 6 };
  const margin = edge ?? span / (Math.max(2, most) * 2.2);
  const inside = roundTimes(from, to, step).filter((at) => at - from >= margin && to - at >= margin);
  return { ticks: [from, ...inside, to], step };
}

function roundTimes(from: number, to: number, step: Step): number[] {
  const first = wallAt(new Date(from * 1000));
  const found = new Set<number>();
  const add = (at: Date) => {
    const seconds = at.getTime() / 1000;
    if (seconds >= from && seconds <= to) found.add(seconds);
  };
  if ('months' in step) {
    const month = Math.floor(first.month / step.months) * step.months;
    for (let n = 0; n * 28 * day * step.months < to - from + 200 * day; n++)
      add(whenWall(first.year, month + n * step.months, 1));
    return [...found];
  }
  const days = 'days' in step ? step.days : 1;
  // 5 January 1970 was a Monday.
  const number = Math.round(Date.UTC(first.year, first.month, first.day) / 1000 / day) - 4;
  const offset = -(((number % days) + days) % days);
  for (let n = 0; (n - days) * day < to - from + day; n += days) {
    const midnight = [first.year, first.month, first.day + offset + n] as const;
    if ('days' in step) add(whenWall(...midnight));
    else
      for (let inDay = 0; inDay < day; inDay += step.seconds) {
        const time = whenWall(...midnight, 0, 0, inDay);
        // A time that the clock leaves out in spring is no round one.
        if (wallAt(time).hour === Math.floor(inDay / hour)) add(time);
      }
  }
  return [...found].sort((a, b) => a - b);
}

/** The words of a tick: the time of day, at midnight and at the ends of a longer chart the day, on long ones the month. */
export function tickText(at: number, step: Step, from: number, to: number): string {
  const date = new Date(at * 1000);
  const span = to - from;
  const isEnd = at === from || at === to;
  if (span < 10 * minute) return clock(date);
  if (span <= 20 * hour) return clockMinutes(date);
  if (isEnd && span < 3 * day) return `${dayAndMonth(date)} ${clockMinutes(date)}`;
  if (isEnd) return dayAndMonth(date);
  if ('seconds' in step) return clockMinutes(date) === '00:00' ? dayAndMonth(date) : clockMinutes(date);
  return 'days' in step ? dayAndMonth(date) : monthName(date, wallAt(date).month === 0);
}

/** A moment of a chart in words: with its day where the chart is longer than one, with seconds where points are that near. */
export function momentText(at: number, spanSeconds: number, stepSeconds = 10): string {
  const date = new Date(at * 1000);
  const time = stepSeconds < minute ? clock(date) : clockMinutes(date);
  return spanSeconds > 20 * hour ? `${dayAndMonth(date)}, ${time}` : time;
}

/** What a point stands for: `30 s`, `10 min`, `1 h`, `1 d`. */
export function stepText(step: number): string {
  if (step < minute) return `${step}\u00a0s`;
  if (step < hour) return `${step / minute}\u00a0min`;
  return step < day ? `${step / hour}\u00a0h` : `${step / day}\u00a0d`;
}
