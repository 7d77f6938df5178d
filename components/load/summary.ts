import { momentOf, summarise } from '@/components/charts/summary';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { durationInWords, figure } from '@/lib/format';
import type { TopAnswer } from '@/lib/history/answers';
import { classOf } from './looks';

const tenth = (value: number) => figure(Math.round(value * 10) / 10);
const day = 86_400;

/** Load with one decimal; below one session as many as tell something. */
export function loadText(value: number): string {
  return value >= 1 ? tenth(value) : figure(value);
}

/** Since when the newest value has been above a limit without a break; undefined: it is not, `null`: all the time. */
export function aboveSince(series: SeriesAnswer, limit: number): number | null | undefined {
  const sums = series.points.map(([at, ...values]) => ({
    at: at as number,
    sum: values.every((value) => value === null) ? undefined : values.reduce<number>((sum, v) => sum + (v ?? 0), 0),
  }));
  while (sums.length > 0 && sums.at(-1)?.sum === undefined) sums.pop();
  let since: number | undefined;
  for (const { at, sum } of sums.toReversed()) {
    if (sum === undefined || sum <= limit) return since;
    since = at;
  }
  return since === undefined ? undefined : null;
}

/** The sums of a series by wait class at its newest point that is not a gap. */
function newestByClass(series: SeriesAnswer): Map<string, number> {
  const point = series.points.findLast(([, ...values]) => values.some((value) => value !== null));
  const byClass = new Map<string, number>();
  series.columns.forEach((column, index) => {
    const name = classOf(series.labels?.[column] ?? column);
    byClass.set(name, (byClass.get(name) ?? 0) + (point?.[index + 1] ?? 0));
  });
  return byClass;
}

/** Load in one sentence: now, against the processors where they are known, and what most of it waits for. */
export function loadSentence(series: SeriesAnswer, moving: boolean): string {
  const found = summarise(series, series.columns);
  if (!found) return 'No sample in this time.';
  const highest = `highest ${tenth(found.highest)}, at ${momentOf(series, found.highestAt)}`;
  if (!moving) return `${tenth(found.mean)} on average; ${highest}.`;
  if (found.outdated)
    return `Not known since ${momentOf(series, found.at)}; highest before ${tenth(found.highest)}, at ${momentOf(series, found.highestAt)}.`;
  if (found.highest === 0) return 'Nobody was active in this time.';
  if (found.now === 0) return `Nobody is active now; ${highest}.`;
  const cpus = series.cpus ?? undefined;
  const since = cpus === undefined ? undefined : aboveSince(series, cpus);
  const over = since !== undefined;
  const limit =
    cpus === undefined
      ? ''
      : over
        ? `, above the ${cpus} vCPU ${since === null ? 'all this time' : `since ${momentOf(series, since)}`}`
        : `, below the ${cpus} vCPU`;
  return `${tenth(found.now)} now${limit}; ${cause(series, found.now, over) ?? highest}.`;
}

function cause(series: SeriesAnswer, now: number, over: boolean): string | undefined {
  const byClass = newestByClass(series);
  const lock = byClass.get('lock') ?? 0;
  if (lock >= 0.05 && lock >= now * 0.3)
    return `${tenth(lock)} ${tenth(lock) === '1.0' || tenth(lock) === '1' ? 'waits' : 'wait'} for a lock${over ? ', so more CPU would not help' : ''}`;
  const io = byClass.get('io') ?? 0;
  if (io >= 0.05 && io >= now * 0.4) return `${tenth(io)} wait for reads and writes`;
  const cpu = byClass.get('cpu') ?? 0;
  if (over && cpu >= now * 0.5) return `${tenth(cpu)} are on the CPU`;
  return undefined;
}

/** How much of the time is known, where that is not all of it: `pgdeck knows 42 of 60 minutes of this`. */
export function coverageSentence(from: number, to: number, coveredSeconds: number): string | undefined {
  const whole = to - from;
  if (whole <= 0 || coveredSeconds >= 0.95 * whole) return undefined;
  if (coveredSeconds <= 0) return 'pgdeck knows nothing of this time: it was not watching, or it is no longer kept.';
  const [unit, word] = whole <= 7200 ? [60, 'minutes'] : whole <= 3 * day ? [3600, 'hours'] : [day, 'days'];
  if (coveredSeconds < unit)
    return `pgdeck knows ${durationInWords(Math.round(coveredSeconds))} of ${durationInWords(whole)} of this.`;
  return `pgdeck knows ${Math.floor(coveredSeconds / unit)} of ${Math.round(whole / unit)} ${word} of this.`;
}

/** The top table in one sentence. */
export function topSentence(answer: TopAnswer): string {
  const coverage = coverageSentence(answer.from, answer.to, answer.coveredSeconds);
  if (answer.coveredSeconds <= 0) return coverage ?? 'Nothing is known of this time.';
  const sum = `Bars use the colours above; rows sum to ${tenth(answer.load)} on average over this time.`;
  return coverage ? `${sum} ${coverage}` : sum;
}
