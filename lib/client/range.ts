import type { Range } from './queries';

/** The span that charts show where the URL names none, in seconds. */
export const defaultSeconds = 3600;

/** The longest span that pgdeck remembers without a history store, in seconds. */
export const memorySeconds = 3600;

const minute = 60;
const hour = 3600;
const day = 86_400;

/** The spans up to now that can be chosen at once, in seconds. */
export const presets = [
  ...[15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour, day],
  ...[2, 7, 14, 30, 90, 400].map((days) => days * day),
];

const longest = 400 * day;
const shortest = minute;

/** The moment that one end of a range or `at` of a URL means, in epoch seconds; NaN where it makes no sense. */
function epochOf(text: string | null): number {
  if (!text) return Number.NaN;
  if (/^\d{1,11}(\.\d+)?$/.test(text)) return Math.floor(Number(text));
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Math.floor(Date.parse(text) / 1000) : Number.NaN;
}

/** The range that `from` and `to` of a URL mean; the last hour where they make no sense. */
export function parseRange(from: string | null, to: string | null): Range {
  const last = from && /^-\d{1,8}$/.test(from) ? -Number(from) : undefined;
  if (last !== undefined && last > 0 && !to) return { last: Math.min(last, longest) };
  const ends = { from: epochOf(from), to: epochOf(to) };
  return Number.isFinite(ends.from) && Number.isFinite(ends.to) && ends.from < ends.to
    ? ends
    : { last: defaultSeconds };
}

/** What a browser's clock may be ahead of ours, in seconds. */
const slack = 60;

/** The moment of the past that `at` of a URL means, in epoch seconds; null: the page shows what is now. */
export function parseMoment(at: string | null, now = Date.now() / 1000): number | null {
  const seconds = epochOf(at);
  return Number.isFinite(seconds) && seconds > 0 && seconds <= now + slack ? seconds : null;
}

/** What of the times in a URL could not be taken, and what is shown instead; undefined: all of it makes sense. */
export function wrongTimes(
  { from, to, at }: { from: string | null; to: string | null; at: string | null },
  now = Date.now() / 1000,
): string | undefined {
  if (at && parseMoment(at, now) === null)
    return epochOf(at) > now
      ? 'The moment in the address of this page lies in the future, so what is now is shown.'
      : `The moment in the address of this page, at=${at.slice(0, 40)}, is not a time, so what is now is shown. It is written as epoch seconds or as 2026-11-21T03:12:07Z.`;
  const ends = { from: epochOf(from), to: epochOf(to) };
  if ((!from && !to) || (!to && /^-\d{1,8}$/.test(from ?? '')) || ends.from < ends.to) return undefined;
  return ends.from >= ends.to
    ? 'The span in the address of this page ends before it begins, so charts show the last hour.'
    : 'The span in the address of this page is not one of two times, so charts show the last hour. From and to are written as epoch seconds or as 2026-11-21T03:12:07Z.';
}

/** How long a range is, in seconds. */
export function spanOf(range: Range): number {
  return 'last' in range ? range.last : range.to - range.from;
}

/**
 * The range that charts show on a page of the past: around its moment where the range would move with the time. It stays
 * as it is while the moment moves by less than a quarter of it.
 */
export function rangeAround(range: Range, at: number | null): Range {
  if (at === null || 'to' in range) return range;
  const span = range.last;
  const grid = Math.max(1, Math.floor(span / 4));
  const from = Math.floor((at - span / 2) / grid) * grid;
  return { from, to: from + span };
}

/** A range one span earlier (-1) or later (1); `now` in epoch seconds. The next one up to now moves with the time again. */
export function shifted(range: Range, by: 1 | -1, now: number): Range {
  const span = spanOf(range);
  const from = ('last' in range ? Math.floor(now) - range.last : range.from) + by * span;
  return from + span >= now ? { last: span } : { from, to: from + span };
}

/** Twice the range around its middle, not beyond now; a range that moves with the time keeps doing so. */
export function zoomedOut(range: Range, now: number): Range {
  const span = Math.min(longest, 2 * spanOf(range));
  if ('last' in range) return { last: span };
  const to = Math.min(Math.round((range.from + range.to + span) / 2), Math.floor(now));
  return { from: to - span, to };
}

/** A span that was drawn over a chart, as a range: whole seconds, not below a minute. */
export function zoomedIn(a: number, b: number): { from: number; to: number } {
  const [from, to] = [Math.floor(Math.min(a, b)), Math.ceil(Math.max(a, b))];
  const lacking = Math.max(0, shortest - (to - from)) / 2;
  return { from: Math.floor(from - lacking), to: Math.ceil(to + lacking) };
}

/** How often a chart over a range that moves with the time is asked again, in seconds: a longer one is not so eager. */
export function paceSeconds(range: Range): number {
  return Math.min(60, Math.max(10, Math.round(spanOf(range) / 600 / 2)));
}

/** A link with the database and the time of the page that it stands on, where it does not name its own. */
export function withLasting(href: string, search: URLSearchParams): string {
  const [path = '', own = ''] = href.split('?');
  const query = new URLSearchParams(own);
  const hasTime = ['from', 'to', 'at'].some((name) => query.has(name));
  for (const [name, value] of new URLSearchParams(lastingQuery(search)))
    if (!query.has(name) && (name === 'database' || !hasTime)) query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The part of a query that goes along from page to page: database and time. */
export function lastingQuery(search: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of ['database', 'from', 'to', 'at']) {
    const value = search.get(name);
    if (value) kept.set(name, value);
  }
  const text = kept.toString();
  return text && `?${text}`;
}
