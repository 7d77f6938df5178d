/** A moment (epoch seconds) as an input of date and time holds it, by the reader's clock. */
export function localInput(seconds: number, withSeconds = false): string {
  const at = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${String(at.getFullYear()).padStart(4, '0')}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return `${day}T${time}${withSeconds ? `:${two(at.getSeconds())}` : ''}`;
}

/** The moment of such an input, in epoch seconds; NaN while it is not complete. */
export function fromLocalInput(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
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
