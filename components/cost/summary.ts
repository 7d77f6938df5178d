import { bytes, date, durationInWords, milliseconds, percent, plural } from '@/lib/format';
import type { CostAnswer, HistoryStatus } from '@/lib/history/answers';

const hour = /^1\u00a0h$/;

/** pgdeck's cost in one sentence: its share of the server's statement time, statements, time, blocks and connections. */
export function costSentence(cost: CostAnswer): string {
  const time = durationInWords(cost.to - cost.from).replace(hour, 'hour');
  const connections = `${plural(cost.connections, 'connection')} open`;
  if (cost.statements === null || cost.exec_ms === null)
    return `What pgdeck's statements cost is not known; ${connections}. ${cost.unknownBecause ?? ''}`.trim();
  const sum = `${plural(cost.statements, 'statement')}, ${milliseconds(cost.exec_ms)}`;
  const share =
    cost.share === null
      ? `pgdeck's part of this server's statement time in the last ${time} is not known: ${sum}`
      : `pgdeck took ${percent(cost.share)} of this server's statement time in the last ${time}: ${sum}`;
  const read = cost.blocks_read === null ? '' : `; ${plural(cost.blocks_read, 'block')} read`;
  return `${share}${read}; ${connections}.`;
}

/** Whether pgdeck keeps to its budget, and how much it has slowed down for it. */
export function budgetSentence(cost: CostAnswer): { state: 'ok' | 'warning' | 'unknown'; text: string } {
  const budget = `${cost.budgetPercent}\u00a0%`;
  if (cost.slowedDown > 1)
    return {
      state: 'warning',
      text: `pgdeck asks ${factor(cost.slowedDown)} times less often than it would, because it took more than the budget of ${budget} of the server's statement time (PGDECK_BUDGET_PERCENT). It goes back to its cadences by itself.`,
    };
  if (cost.share === null)
    return {
      state: 'unknown',
      text: `The budget is ${budget} of the server's statement time. Whether it is kept is not known. ${cost.unknownBecause ?? ''}`.trim(),
    };
  return {
    state: 'ok',
    text:
      cost.share * 100 > cost.budgetPercent
        ? `Over this time pgdeck took more than the budget of ${budget} of the server's statement time; now it does not, and it keeps its cadences.`
        : `pgdeck keeps its cadences: it is below the budget of ${budget} of the server's statement time (PGDECK_BUDGET_PERCENT).`,
  };
}

const factor = (value: number) => String(Number(value.toPrecision(2)));

/** What the history of this server takes on disk in one sentence. */
export function storedSentence(cost: CostAnswer): string {
  if (cost.bytesPerDay === null) return 'How much is stored for this server in a day is not known.';
  const first = cost.stored.toSorted((a, b) => b.bytes - a.bytes)[0];
  const most = first && first.bytes > 0 ? `; most of it ${first.table}` : '';
  return `${bytes(cost.bytesPerDay)} a day for this server${most}.`;
}

/** How the store is in one sentence. */
export function storeSentence(status: HistoryStatus): {
  state: 'ok' | 'warning' | 'unknown';
  word: string;
  text: string;
} {
  const where =
    status.kind === 'external'
      ? 'a PostgreSQL of yours (PGDECK_HISTORY_URL)'
      : status.kind === 'embedded'
        ? "a PostgreSQL of pgdeck's own in its state folder"
        : 'memory only';
  if (status.state === 'on') {
    const size = status.bytes === null ? '' : `, ${bytes(status.bytes)} of at most ${bytes(status.maxBytes)}`;
    return { state: 'ok', word: 'On', text: `History is kept in ${where}${size}.` };
  }
  const reason = status.reason ?? '';
  if (status.state === 'off')
    return { state: 'unknown', word: 'Off', text: `Only the last hour is known, in memory. ${reason}`.trim() };
  if (status.state === 'starting')
    return { state: 'unknown', word: 'Starting', text: `The store is being started. ${reason}`.trim() };
  return {
    state: 'warning',
    word: 'Failing',
    text: `Nothing is written to the history now; the live pages go on, and it comes back by itself. ${reason}`.trim(),
  };
}

/** Since when something is kept, and for how long it will be. */
export function keptText(oldest: number | null, days: number): string {
  const kept = `kept for ${plural(days, 'day')}`;
  return oldest === null ? `none yet; ${kept}` : `since ${date(new Date(oldest * 1000))}; ${kept}`;
}
