import { durationInWords, percent, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';

/** A statement as the topic `slow-queries` gives it. */
export type Statement = Row<'slow-queries'>;

/** A least mean time that was chosen, without decimals: `10 ms`, `1 s`. */
export function leastText(ms: number): string {
  return ms >= 1000 ? `${ms / 1000}\u00a0s` : `${ms}\u00a0ms`;
}

/** The page in one sentence: how much of the time the shown statements took, and the worst of them. */
export function statementsSentence(rows: Statement[], minMeanMs: number): string {
  const worst = rows[0];
  if (!worst)
    return minMeanMs > 0
      ? `No statement takes ${leastText(minMeanMs)} or more on average.`
      : 'No statement that may be seen has been recorded since the statistics began.';
  const share = rows.reduce((sum, row) => sum + (row.share ?? 0), 0);
  const since =
    worst.stats_reset_seconds === null ? '' : `, since the reset ${durationInWords(worst.stats_reset_seconds)} ago`;
  const slow = minMeanMs > 0 ? ` with a mean of ${leastText(minMeanMs)} or more` : '';
  const take = rows.length === 1 ? 'takes' : 'take';
  return `${plural(rows.length, 'statement')}${slow} ${take} ${percent(Math.min(share, 1))} of all time${since}; the first alone ${percent(worst.share ?? 0)}.`;
}

/** What the totals miss: entries were dropped because there is no room for all. */
export function droppedSentence(rows: Statement[]): string | undefined {
  const row = rows[0];
  if (!row || row.dealloc === 0) return undefined;
  return `Entries were dropped ${plural(row.dealloc, 'time')}, because pg_stat_statements.max is reached: totals miss those.`;
}

/** The text of a statement on one line, or why there is none. */
export function oneLine(row: Pick<Statement, 'query'>): string {
  return row.query?.replace(/\s+/g, ' ').trim() ?? 'text not shown';
}

/** The key of a statement: its number in the history, so that an address finds it in either. */
export function statementKey(row: Statement): string {
  return row.sid;
}

/** The chart in one sentence: what part of the time the bars stand for. */
export function shareSentence(first: Statement[]): string {
  const share = Math.min(
    1,
    first.reduce((sum, row) => sum + (row.share ?? 0), 0),
  );
  if (first.length === 0) return 'No statement is shown.';
  return `${first.length === 1 ? 'One statement takes' : `${first.length} statements take`} ${percent(share)} of the time of all; all others ${percent(1 - share)}.`;
}
