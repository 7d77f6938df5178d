import { wallAt, whenWall } from '@/lib/format';

/** A moment (epoch seconds) as an input of date and time holds it, by the reader's clock. */
export function localInput(seconds: number, withSeconds = false): string {
  const { year, month, day, hour, minute, second } = wallAt(new Date(seconds * 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month + 1)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}${withSeconds ? `:${two(second)}` : ''}`;
}

/** The moment of such an input, in epoch seconds; NaN while it is not complete. */
export function fromLocalInput(text: string): number {
  const parts = /^(\d{4,6})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?$/.exec(text);
  if (!parts) return Number.NaN;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts
    .slice(1)
    .map((part) => Number(part ?? 0));
  return Math.floor(whenWall(year, month - 1, day, hour, minute, second).getTime() / 1000);
}

/** How far back pgdeck can show anything, in seconds, and why not further. */
export type Kept = { seconds: number; because: string };

/** Why a span from one moment to another cannot be shown; undefined: it can. All in epoch seconds. */
export function wrongSpan(from: number, to: number, now: number, kept: Kept | undefined): string | undefined {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return 'Give the date and the time of both ends.';
  if (from >= to) return 'From has to be before to.';
  if (from > now) return 'From is in the future.';
  if (to - from < 60) return 'A span is a minute long at least.';
  if (kept && to < now - kept.seconds) return `This is longer ago than pgdeck keeps. ${kept.because}`;
  return undefined;
}

/** Why a moment cannot be gone to; undefined: it can. */
export function wrongMoment(at: number, now: number, kept: Kept | undefined): string | undefined {
  if (!Number.isFinite(at)) return 'Give a date and a time.';
  if (at > now) return 'This is in the future.';
  if (kept && at < now - kept.seconds) return `This is longer ago than pgdeck keeps. ${kept.because}`;
  return undefined;
}
