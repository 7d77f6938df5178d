import type { Row } from '@/lib/topics/index';

/** A row of topic `progress`: one command that runs. */
export type ProgressRow = Row<'progress'>;

/** How much was done at a moment: epoch seconds of the sample, and `done` in the phase's unit. */
export type Sample = { at: number; done: number };

/** How long a phase still takes, in seconds, with the band its own unevenness gives; `perSecond` in the phase's unit. */
export type Estimate = { perSecond: number; seconds: number; from: number; to: number };

/** Samples kept for each phase; at one each 2 s that is ten minutes. */
const mostSamples = 300;
/** Before this much time was watched a rate says little. */
const leastSeconds = 4;
const windows = 8;

/** One phase of one command: another phase begins its own count. */
export function phaseKey(row: Pick<ProgressRow, 'pid' | 'backend_start_us' | 'command' | 'phase' | 'unit' | 'total'>) {
  return JSON.stringify([row.pid, row.backend_start_us, row.command, row.phase, row.unit, row.total]);
}

/** The samples of phases that still run, with those of a new snapshot added; `at` in epoch seconds. */
export function addSamples(
  before: ReadonlyMap<string, Sample[]>,
  rows: ProgressRow[],
  at: number,
): Map<string, Sample[]> {
  const after = new Map<string, Sample[]>();
  for (const row of rows) {
    const key = phaseKey(row);
    const samples = before.get(key) ?? [];
    const last = samples.at(-1);
    if (row.done === null || (last && at <= last.at)) {
      if (samples.length > 0) after.set(key, samples);
      continue;
    }
    // Less than before is another round of the same phase (the next index, the next partition).
    const kept = last && row.done < last.done ? [] : samples.slice(-(mostSamples - 1));
    after.set(key, [...kept, { at, done: row.done }]);
  }
  return after;
}

/** When a phase will be through, from what was watched of it; undefined while too little was, or where it has no total. */
export function estimate(samples: Sample[], total: number | null): Estimate | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || total === null || last.at - first.at < leastSeconds) return undefined;
  const left = Math.max(0, total - last.done);
  const perSecond = (last.done - first.done) / (last.at - first.at);
  if (perSecond <= 0) return undefined;
  const rates = windowRates(samples);
  // A tenth at least: even the steadiest rate is no promise.
  const slow = Math.min(quantile(rates, 0.2), perSecond / 1.1);
  const fast = Math.max(quantile(rates, 0.8), perSecond * 1.1);
  // A window without progress would give no upper end; the whole time watched bounds it.
  const slowest = Math.max(slow, perSecond / 4);
  return { perSecond, seconds: left / perSecond, from: left / fast, to: left / slowest };
}

/** The rates of up to eight equal stretches of the time watched. */
function windowRates(samples: Sample[]): number[] {
  const first = samples[0] as Sample;
  const last = samples.at(-1) as Sample;
  const width = (last.at - first.at) / Math.min(windows, samples.length - 1);
  const rates: number[] = [];
  let start = first;
  for (const sample of samples.slice(1))
    if (sample.at - start.at >= width * 0.999) {
      rates.push((sample.done - start.done) / (sample.at - start.at));
      start = sample;
    }
  return rates;
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? 0;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

/** For how many seconds nothing was done, up to the newest sample. */
export function stalledSeconds(samples: Sample[]): number {
  const last = samples.at(-1);
  if (!last) return 0;
  const since = samples.find((sample) => sample.done === last.done) ?? last;
  return last.at - since.at;
}
