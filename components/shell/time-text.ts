import { clock, clockMinutes, date, dayAndMonth, distanceText, durationInWords } from '@/lib/format';

const day = 86_400;

/** A span up to now in words: `15 min`, `24 h`, `7 d`. */
export function presetText(seconds: number): string {
  return seconds === day ? '24\u00a0h' : durationInWords(seconds);
}

const sameDay = (a: Date, b: Date) => date(a) === date(b);

/** Both ends of a span in words, all in epoch seconds: `02:14 – 03:14`, with days where they are not today, without times where it is long. */
export function spanText(from: number, to: number, now: number): string {
  const [a, b, today] = [from, to, now].map((seconds) => new Date(seconds * 1000)) as [Date, Date, Date];
  if (to - from > 3 * day) return `${dayAndMonth(a)} – ${dayAndMonth(b)}`;
  const time = to - from < 600 ? clock : clockMinutes;
  if (!sameDay(a, b)) return `${dayAndMonth(a)} ${time(a)} – ${dayAndMonth(b)} ${time(b)}`;
  const times = `${time(a)} – ${time(b)}`;
  return sameDay(a, today) ? times : `${dayAndMonth(a)}, ${times}`;
}

/** A moment in words, in epoch seconds: `03:12:07`, with its day where that is not today. */
export function momentWords(at: number, now: number): string {
  const date = new Date(at * 1000);
  return sameDay(date, new Date(now * 1000)) ? clock(date) : `${dayAndMonth(date)}, ${clock(date)}`;
}

/** How far what is shown is from the moment that was asked for, where panels differ the farthest; undefined: not at all. */
export function distancesText(moments: number[], at: number): string | undefined {
  const byDistance = moments.toSorted((a, b) => Math.abs(a - at) - Math.abs(b - at));
  const [nearest, farthest] = [byDistance[0], byDistance.at(-1)];
  if (nearest === undefined || farthest === undefined) return undefined;
  const text = distanceText(farthest, at);
  const differ = Math.abs(Math.abs(farthest - at) - Math.abs(nearest - at)) > 15;
  return text && differ ? `up to ${text}, as each panel says` : text;
}
