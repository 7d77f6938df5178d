import type { Snapshot } from '@/lib/history/server-history';
import type { AnyTopic, Raw } from '@/lib/topics/topic';

/** Own and all statement time over a span, in milliseconds; `all` is null where only pgdeck's own is known. */
type Span = { at: number; ms: number; own: number; all: number | null };

/** What made pgdeck ask less often, or as often as before again; shares are from 0 to 1. */
export type BudgetChange = { factor: number; before: number; share: number | null; ofCore: number };

const mostFactor = 16;
const windowMs = 5 * 60_000;
/** How much of the window must be known before it is judged. */
const known = 0.8;
/** It goes back only where twice the cost would still be this much of the budget. */
const margin = 0.9;

/**
 * Keeps pgdeck to its share of a server's statement time: over it, everything is asked half as often, and half of that;
 * well below it, twice as often again. Less than that share of one processor is never too much, for next to an idle
 * server's own work every question would be.
 */
export class Budget {
  /** How many times less often pgdeck asks than it would: 1, 2, 4, 8 or 16. */
  factor = 1;
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #changed: (change: BudgetChange) => void;
  #counted: Span[] = [];
  #measured: Span[] = [];
  /** Until when what the server counts is waited for: at a slower pace it comes later. */
  #countsUntil = Number.NEGATIVE_INFINITY;
  #judgedFrom = Number.NEGATIVE_INFINITY;

  constructor(percent: number, changed: (change: BudgetChange) => void, span = windowMs) {
    this.#limit = percent / 100;
    this.#changed = changed;
    this.#windowMs = span;
  }

  /** Takes the statement time of the last `seconds`, and judges: `measured` by pgdeck, or `counted` by the server. */
  take(how: 'counted' | 'measured', at: number, seconds: number, own: number, all: number | null): void {
    const span = { at, ms: seconds * 1000, own, all };
    if (how === 'counted') this.#countsUntil = at + 2 * this.#windowMs + 4 * span.ms;
    // What began before the last change of pace says nothing of the pace now.
    if (at - span.ms < this.#judgedFrom) return;
    const spans = (how === 'counted' ? this.#counted : this.#measured).filter((each) => each.at > at - this.#windowMs);
    spans.push(span);
    if (how === 'counted') this.#counted = spans;
    else this.#measured = spans;
    this.#judge(at);
  }

  #judge(at: number): void {
    // While the server counts, what pgdeck measures decides nothing.
    const sum = this.#whole(at < this.#countsUntil ? this.#counted : this.#measured);
    if (!sum) return;
    const share = sum.all === null ? null : sum.all > 0 ? sum.own / sum.all : 0;
    const ofCore = sum.own / sum.ms;
    const over = (times: number) =>
      times * ofCore > this.#limit && (share === null || Math.min(1, times * share) > this.#limit);
    if (over(1) && this.factor < mostFactor) this.#change(at, this.factor * 2, share, ofCore);
    else if (this.factor > 1 && !over(2 / margin)) this.#change(at, this.factor / 2, share, ofCore);
  }

  /** The sum of spans that cover enough of the window. */
  #whole(spans: Span[]): Omit<Span, 'at'> | undefined {
    const ms = spans.reduce((sum, each) => sum + each.ms, 0);
    if (ms < known * this.#windowMs) return undefined;
    return {
      ms,
      own: spans.reduce((sum, each) => sum + each.own, 0),
      all: spans.some((each) => each.all === null) ? null : spans.reduce((sum, each) => sum + (each.all ?? 0), 0),
    };
  }

  #change(at: number, factor: number, share: number | null, ofCore: number): void {
    const before = this.factor;
    this.factor = factor;
    this.#judgedFrom = at;
    this.#counted = [];
    this.#measured = [];
    this.#changed({ factor, before, share, ofCore });
  }
}

/** Own and all statement time that was added, from the rows of topic `statement-counters`; undefined: not known yet. */
export function countedTime(rows: Raw[], seconds: number): { own: number; all: number } | undefined {
  let own = 0;
  let all = 0;
  let any = false;
  for (const row of rows) {
    const rate = row.total_exec_time_per_second;
    if (typeof rate !== 'number') continue;
    any = true;
    all += rate * seconds;
    if (row.own) own += rate * seconds;
  }
  return any ? { own, all } : undefined;
}

/** The server's part of the time of pgdeck's own statements, from the rows of topic `own-cost`. */
export function measuredTime(rows: Raw[], seconds: number): number | undefined {
  const rates = rows.map((row) => row.server_ms_per_second).filter((rate) => typeof rate === 'number');
  return rates.length > 0 ? rates.reduce((sum, rate) => sum + rate * seconds, 0) : undefined;
}

/** Lets a budget judge an answer that tells of statement time. */
export function weigh(budget: Budget, topic: AnyTopic, { rows, windowSeconds, sampledAt, partial }: Snapshot): void {
  if (windowSeconds === null) return;
  if (topic.id === 'own-cost') {
    const own = measuredTime(rows, windowSeconds);
    if (own !== undefined) budget.take('measured', sampledAt, windowSeconds, own, null);
  }
  // Where statements are hidden, the time of all is not known.
  if (topic.id === 'statement-counters' && !partial) {
    const time = countedTime(rows, windowSeconds);
    if (time) budget.take('counted', sampledAt, windowSeconds, time.own, time.all);
  }
}

/** A change of pace in words, for the list of changes. */
export function pacedEvent({ factor, before, share, ofCore }: BudgetChange) {
  const percent = (of: number) => `${Number((of * 100).toPrecision(2))} %`;
  const took =
    share === null ? `${percent(ofCore)} of one processor` : `${percent(share)} of the statement time of this server`;
  const pace = factor === 1 ? 'as often as it should' : `${factor} times less often than it would`;
  return {
    kind: 'pgdeck' as const,
    title: `pgdeck asks ${pace}: its own statements took ${took}`,
    detail: { before, after: factor, share, of_one_processor: ofCore },
  };
}
