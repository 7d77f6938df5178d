import { latest, momentOf, type Summary, summarise } from '@/components/charts/summary';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { bytes, count, exact, figure, percent, plural, rate } from '@/lib/format';
import type { Row } from '@/lib/topics/index';

type Statement = Row<'slow-queries'>;
type Table = Row<'tables'>;

const none = 'No sample in this time yet.';

/** What can be said where the newest figure is too old to be called now. */
const notNow = (series: SeriesAnswer, found: Summary, text: (value: number) => string) =>
  `Not known since ${momentOf(series, found.at)}; highest before ${text(found.highest)}, at ${momentOf(series, found.highestAt)}.`;

/** Connections now against the ceiling, and the most there were. */
export function connectionsSentence(series: SeriesAnswer, columns: string[]): string {
  const found = summarise(series, columns);
  if (!found) return none;
  if (found.outdated) return notNow(series, found, (value) => count(Math.round(value)));
  const ceiling = latest(series, 'ceiling');
  const now = Math.round(found.now);
  const taken = ceiling
    ? `${exact(now)} of ${exact(Math.round(ceiling))} now (${percent(now / ceiling)})`
    : `${plural(now, 'connection')} now`;
  return `${taken}; highest ${count(Math.round(found.highest))}, at ${momentOf(series, found.highestAt)}.`;
}

/** Transactions per second now, how many of them were rolled back, and the most there were. */
export function transactionsSentence(series: SeriesAnswer): string {
  const found = summarise(series, ['commits', 'rollbacks']);
  if (!found) return none;
  if (found.outdated) return notNow(series, found, rate);
  const rollbacks = latest(series, 'rollbacks') ?? 0;
  const share =
    found.now > 0 && rollbacks > 0 ? `${percent(rollbacks / found.now)} of them rolled back` : 'none rolled back';
  return `${rate(found.now)} now, ${share}; highest ${rate(found.highest)}, at ${momentOf(series, found.highestAt)}.`;
}

/** Active sessions now and what most of them wait for. */
export function activeSentence(series: SeriesAnswer): string {
  const found = summarise(series, series.columns);
  if (!found) return none;
  if (found.outdated) return notNow(series, found, (value) => figure(tenth(value)));
  const lock = latest(series, 'lock') ?? 0;
  const waiting = lock > 0 ? `; ${figure(tenth(lock))} wait for a lock` : '';
  return `${figure(tenth(found.now))} active on average${waiting}; highest ${figure(tenth(found.highest))}, at ${momentOf(series, found.highestAt)}.`;
}

/** Sessions that wait for a lock now, and the most there were. */
export function waitingSentence(series: SeriesAnswer): string {
  const found = summarise(series, ['waiting']);
  if (!found) return none;
  if (found.outdated) return notNow(series, found, count);
  const most =
    found.highest > 0
      ? `; highest ${count(found.highest)}, at ${momentOf(series, found.highestAt)}`
      : ', nor did one before';
  if (found.now === 0) return `No session waits for a lock now${most}.`;
  return `${plural(found.now, 'session waits', 'sessions wait')} for a lock now${most}.`;
}

const tenth = (value: number) => Math.round(value * 10) / 10;

const words = ['', 'The first', 'The first two', 'The first three', 'The first four', 'The first five'];

/** How much of all time the worst statements took. */
export function worstSentence(rows: Statement[]): string {
  const share = rows.reduce((sum, row) => sum + (row.share ?? 0), 0);
  if (rows.length === 0) return 'No statement that may be seen has been recorded since the statistics began.';
  const take = rows.length === 1 ? 'takes' : 'take';
  return `${words[rows.length] ?? `The first ${rows.length}`} ${take} ${percent(Math.min(share, 1))} of the time that statements ran; one alone ${percent(rows[0]?.share ?? 0)}.`;
}

/** How large the largest tables are among all. */
export function largestSentence(largest: Table[], all: Table[], database: string | null): string {
  const total = all.reduce((sum, row) => sum + row.total_bytes, 0);
  const part = largest.reduce((sum, row) => sum + row.total_bytes, 0);
  const where = database ? ` of ${database}` : '';
  if (largest.length === 0) return `Database ${database ?? ''} has no tables of its own.`.replace('  ', ' ');
  return `${plural(all.length, 'table')}${where} take ${bytes(total)} with indexes and TOAST; those below ${percent(total > 0 ? part / total : 0)}.`;
}
