import type { Range } from './queries';

/** The longest span that pgdeck remembers without a history store, in seconds. */
export const rememberedSeconds = 3600;

/** The range that `from` and `to` of a URL mean; the last hour where they make no sense. */
export function parseRange(from: string | null, to: string | null): Range {
  const last = from && /^-\d{1,6}$/.test(from) ? -Number(from) : undefined;
  if (last !== undefined && last > 0 && !to) return { last };
  const ends = [from, to].map((end) => {
    if (!end) return Number.NaN;
    return /^\d+$/.test(end) ? Number(end) : Math.floor(Date.parse(end) / 1000);
  }) as [number, number];
  return Number.isFinite(ends[0]) && Number.isFinite(ends[1]) && ends[0] < ends[1]
    ? { from: ends[0], to: ends[1] }
    : { last: rememberedSeconds };
}

/** The part of a query that goes along from page to page: database and time. */
export function lastingQuery(search: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of ['database', 'from', 'to']) {
    const value = search.get(name);
    if (value) kept.set(name, value);
  }
  const text = kept.toString();
  return text && `?${text}`;
}
