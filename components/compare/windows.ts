import type { Ends } from '@/lib/client/history-queries';
import { clockMinutes, date, durationInWords } from '@/lib/format';

const day = 86_400;
const longest = 31 * day;

/** How A follows from B. */
export const presets = ['before', 'yesterday', 'week'] as const;

/** One of the ways to choose A. */
export type Preset = (typeof presets)[number];

/** Both windows: A is what was, B what is looked at. */
export type Windows = { a: Ends; b: Ends };

/** A for a B: the same length just before, or at the same time of an earlier day. */
export function windowBefore(preset: Preset, b: Ends): Ends {
  const back = preset === 'before' ? b.to - b.from : preset === 'yesterday' ? day : 7 * day;
  return { from: b.from - back, to: b.to - back };
}

/** Which preset two windows are; undefined: windows of one's own. */
export function presetOf({ a, b }: Windows): Preset | undefined {
  return presets.find((preset) => {
    const wanted = windowBefore(preset, b);
    return wanted.from === a.from && wanted.to === a.to;
  });
}

/** What a preset is called for a B of that length. */
export function presetLabel(preset: Preset, b: Ends): string {
  const length = b.to - b.from;
  if (preset === 'before') return length === 3600 ? 'Previous hour' : `The ${durationInWords(length)} before`;
  const what = length === 3600 ? 'Same hour' : 'Same time';
  return preset === 'yesterday' ? `${what} yesterday` : `${what} last week`;
}

/** Reads a window of the URL: two epoch seconds, the earlier first; null where it is none. */
export function parseWindow(text: string): Ends | null {
  const match = /^(\d{9,11}),(\d{9,11})$/.exec(text);
  const [from, to] = [Number(match?.[1]), Number(match?.[2])];
  return match && from < to ? { from, to } : null;
}

/** A window as the URL holds it. */
export const printWindow = ({ from, to }: Ends) => `${from},${to}`;

/** A window as the reader's clock shows it: `21 Nov 2026, 08:00 – 09:00`. */
export function windowText({ from, to }: Ends): string {
  const [start, end] = [new Date(from * 1000), new Date(to * 1000)];
  const last = date(start) === date(end) ? clockMinutes(end) : `${date(end)}, ${clockMinutes(end)}`;
  return `${date(start)}, ${clockMinutes(start)} – ${last}`;
}

/** Why windows cannot be compared as typed; undefined: they can. */
export function wrongWindows({ a, b }: Windows, nowSeconds: number): string | undefined {
  if (![a.from, a.to, b.from, b.to].every(Number.isFinite)) return 'Give each date and time.';
  if (a.from >= a.to) return 'A has to begin before it ends.';
  if (b.from >= b.to) return 'B has to begin before it ends.';
  if (Math.max(a.to - a.from, b.to - b.from) > longest) return 'A window is at most 31 days long.';
  if (Math.max(a.from, b.from) > nowSeconds) return 'A window cannot begin in the future.';
  return undefined;
}
