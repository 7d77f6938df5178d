import { byteRate, bytes, count, durationInWords, list, percent, plural, rate } from '@/lib/format';
import { type Estimate, type ProgressRow, type Sample, stalledSeconds } from './eta';

/** What a command works on: `public.orders`, `orders_idx on public.orders`, or its database. */
export function objectOf(row: ProgressRow): string {
  if (row.index_relation && row.relation) return `${row.index_relation} on ${row.relation}`;
  return row.relation ?? row.index_relation ?? (row.datname ? `database ${row.datname}` : 'the whole server');
}

/** A command with what it works on: `VACUUM of public.orders`. */
export function commandWords(row: ProgressRow): string {
  const name = row.autovacuum ? `${row.command} by autovacuum` : row.command;
  if (row.relation === null && row.index_relation === null) return name;
  return `${name} of ${objectOf(row)}`;
}

/** The page in a sentence: what runs, which is furthest behind, who waits. */
export function progressSentence(rows: ProgressRow[]): string {
  if (rows.length === 0) return 'No command that reports its progress is running.';
  const waiting = rows.filter((row) => row.waits_for_pid !== null || row.wait_event_type === 'Lock');
  const longest = rows.reduce((most, row) => ((row.running_seconds ?? 0) > (most.running_seconds ?? 0) ? row : most));
  const since = longest.running_seconds === null ? '' : `, for ${durationInWords(longest.running_seconds)}`;
  const first =
    rows.length === 1
      ? `1 command runs: ${commandWords(longest)}${since}.`
      : `${plural(rows.length, 'command')} run; the longest is ${commandWords(longest)}${since}.`;
  if (waiting.length === 0) return first;
  const blockers = [...new Set(waiting.map((row) => row.waits_for_pid).filter((pid) => pid !== null))];
  const behind =
    blockers.length > 0
      ? ` for ${blockers.length === 1 ? 'session' : 'sessions'} ${list(blockers.map(String))}`
      : ' for a lock';
  return `${first} ${waiting.length === 1 ? (rows.length === 1 ? 'It' : 'One') : count(waiting.length)} ${waiting.length === 1 ? 'waits' : 'wait'}${behind}.`;
}

/** How much of a phase is done: `12.3 k of 40 k blocks (31 %)`, `120 MB of 2 GB`, `3,400 rows`; undefined where nothing is counted. */
export function doneWords(row: ProgressRow): string | undefined {
  if (row.done === null) return undefined;
  const figure = (value: number) => (row.unit === 'bytes' ? bytes(value) : count(value));
  const unit = row.unit && row.unit !== 'bytes' ? `\u00a0${row.unit}` : '';
  if (row.total === null) return `${figure(row.done)}${unit}`;
  const share = row.done_ratio === null ? '' : ` (${percent(row.done_ratio)})`;
  return `${figure(row.done)} of ${figure(row.total)}${unit}${share}`;
}

/** A rate in the phase's unit: `420 blocks/s`, `1.2 MB/s`. */
export function rateWords(perSecond: number, unit: string | null): string {
  if (unit === 'bytes') return byteRate(perSecond);
  const figure = rate(perSecond);
  return unit ? figure.replace('/', `\u00a0${unit}/`) : figure;
}

/** What is left of a phase, with its band: `about 2 min (1 min 40 s to 3 min)`; or why that cannot be said. */
export function leftWords(row: ProgressRow, samples: Sample[], left: Estimate | undefined): string {
  if (row.done === null) return 'This phase counts nothing.';
  if (row.total === null) return 'PostgreSQL does not say how much there is.';
  if (row.done >= row.total) return 'This phase is nearly through.';
  const stalled = stalledSeconds(samples);
  if (stalled >= 6) return `Nothing done for ${durationInWords(stalled)}.`;
  if (!left) return 'Measuring.';
  return `about ${rounded(left.seconds)} (${rounded(left.from)} to ${rounded(left.to)})`;
}

/** No estimate is exact to the second: fives under a minute, tens under ten, then minutes. */
function rounded(seconds: number): string {
  const grain = seconds < 10 ? 1 : seconds < 60 ? 5 : seconds < 600 ? 10 : seconds < 7200 ? 60 : 600;
  return durationInWords(Math.max(1, Math.round(seconds / grain) * grain));
}

/** The run of pgdeck's that a command belongs to, by its session's application_name; undefined: it is none of its own. */
export function runOf({ application_name: name }: Pick<ProgressRow, 'application_name'>): string | undefined {
  return /^pgdeck:act:([0-9a-f-]{36})$/.exec(name ?? '')?.[1];
}
