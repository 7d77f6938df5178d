import { summarise } from '@/components/charts/summary';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { count, exact, milliseconds, ofTotal, plural } from '@/lib/format';
import type { Maxima } from '@/lib/maxima';
import type { Row } from '@/lib/topics/index';
import { limitedSentence } from './maxima';
import { waitInWords } from './pgbouncer-summary';
import type { Slots } from './slots';

/** A row of topic `pools`: one kind of pgdeck's own connections. */
export type Pool = Row<'pools'>;

/** What each pool is for: in a word beside its name, and in a sentence. */
export const purposes: Record<string, { short: string; purpose: string }> = {
  sampling: {
    short: 'questions',
    purpose: 'Questions: reads what the pages show. One connection stays open, whatever happens.',
  },
  signals: {
    short: 'previews and signals',
    purpose: 'Previews and signals: looks before an action, cancels and terminates. One at a time.',
  },
  maintenance: {
    short: 'long actions',
    purpose: 'Long actions: ANALYZE and the like, each on a connection of its own while it runs.',
  },
};

/**
 * The page in sentences: `pgdeck keeps 2 of at most 6 connections to this server: 1 in use, 1 free. Nothing waits.`
 */
export function poolsSentence(rows: Pool[]): string {
  const sum = (column: 'size' | 'in_use' | 'idle' | 'waiting') => rows.reduce((total, row) => total + row[column], 0);
  const open = sum('in_use') + sum('idle');
  const first = `pgdeck keeps ${count(open)} of at most ${plural(sum('size'), 'connection')} to this server: ${count(sum('in_use'))} in use, ${count(sum('idle'))} free.`;
  const waiting = sum('waiting');
  if (waiting === 0) return `${first} Nothing waits.`;
  return `${first} ${plural(waiting, 'question')} ${waiting === 1 ? 'waits' : 'wait'} for one.`;
}

/** What the chart shows: how many connections were open, and whether anything waited; points of series `pools`. */
export function poolsChartSentence(points: (number | null)[][]): string {
  const known = points.filter((point) => typeof point[1] === 'number') as number[][];
  const last = known.at(-1);
  if (!last) return 'Nothing is known yet; the first figures come within 10 s.';
  const open = (point: number[]) => (point[1] ?? 0) + (point[2] ?? 0);
  const most = Math.max(...known.map(open));
  const waited = known.filter((point) => (point[3] ?? 0) > 0).length;
  const waits =
    waited === 0 ? 'nothing waited' : `something waited in ${count(waited)} of ${count(known.length)} moments`;
  return `${plural(open(last), 'connection')} now, highest ${count(most)}; ${waits}.`;
}

/** How long questions waited for a connection: the newest p95 of series `pool-waits`, and its most. */
export function poolWaitsSentence(series: SeriesAnswer): string {
  const found = summarise(series, ['p95']);
  if (!found) return 'No question waited for a connection in this time.';
  return `95 of 100 waited up to ${milliseconds(found.now)} at last; up to ${milliseconds(found.highest)} at most.`;
}

/**
 * The page in sentences: `31 of 97 connections are used (32 %). All pools together may open 140: 43 more than the server
 * takes. In PgBouncer 44 clients wait, the first for 3.2 s.`
 */
export function pageSentence(
  { used, ceiling }: Slots,
  {
    maxima,
    waiting,
    part,
  }: {
    maxima: Maxima | undefined;
    waiting: { clients: number; longestSeconds: number } | undefined;
    part: boolean;
  },
): string {
  const sentences: string[] = [];
  if (part || ceiling === null) sentences.push(`${plural(used, 'connection')} of the databases that you may see.`);
  else sentences.push(`${ofTotal(used, ceiling).replace(' (', ' connections are used (')}.`);
  if (maxima && maxima.ceiling !== null)
    sentences.push(
      maxima.beyond > 0
        ? `All pools together may open ${exact(maxima.most)}: ${exact(maxima.beyond)} more than the server takes.`
        : `All pools together may open ${exact(maxima.most)}${maxima.unknown.length + maxima.unlimited.length > 0 ? ', as far as is known' : ''}: the server takes that.`,
    );
  if (maxima && maxima.limited.length > 0) sentences.push(limitedSentence(maxima.limited));
  if (waiting && waiting.clients > 0)
    sentences.push(
      `In PgBouncer ${plural(waiting.clients, 'client waits', 'clients wait')}, the first for ${waitInWords(waiting.longestSeconds)}.`,
    );
  return sentences.join(' ');
}
