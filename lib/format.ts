// Numbers, bytes, durations and times as people read them. English words; a figure and its unit never part (no-break space).

const space = '\u00a0';
const minus = '\u2212';

/** What stands where a figure does not apply. */
export const notApplicable = '\u2013';

/** How the reader writes numbers and dates (BCP 47), and the zone of their times (IANA; undefined: the browser's). */
export type Reader = { locale: string; timeZone: string | undefined };

const formats = new Map<string, Intl.DateTimeFormat>();
/** By the beginning of a quarter of an hour: how far the reader's zone is ahead of UTC. */
const offsets = new Map<number, number>();
let reader: Reader = { locale: 'en-GB', timeZone: undefined };
let { grouped, fixed } = numberFormats(reader.locale);

/** From here on everything is written for this reader; in a browser only, for a server has many. */
export function setReader(next: Reader): void {
  reader = next;
  ({ grouped, fixed } = numberFormats(next.locale));
  formats.clear();
  offsets.clear();
}

function numberFormats(locale: string) {
  // Digits that all of our figures share with PostgreSQL's own.
  const numberingSystem = 'latn';
  return {
    grouped: new Intl.NumberFormat(locale, { numberingSystem, maximumFractionDigits: 20 }),
    fixed: [0, 1, 2, 3].map(
      (digits) =>
        new Intl.NumberFormat(locale, {
          numberingSystem,
          minimumFractionDigits: digits,
          maximumFractionDigits: digits,
        }),
    ),
  };
}

function decimals(value: number, digits: number): string {
  return signed(value, (fixed[digits] as Intl.NumberFormat).format(Math.abs(value)));
}

/** The minus of a value before its printed size, unless that is nothing but zeros. */
function signed(value: number, size: string): string {
  return value < 0 && /[1-9]/.test(size) ? minus + size : size;
}

/** A number with all its digits and thousands separated: for hover, and where nothing may be rounded. */
export function exact(value: number): string {
  return signed(value, grouped.format(Math.abs(value)));
}

/** A number with three significant figures below 1,000 and whole above: `0.25`, `36.8`, `161`, `1,240`. */
export function figure(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 99.95) return decimals(value, 0);
  if (size >= 9.995) return decimals(value, 1);
  if (size >= 0.995) return trimmed(value, 2);
  if (size >= 0.0095) return trimmed(value, 2);
  if (value === 0) return '0';
  return value < 0 ? `>${space}${decimals(-0.01, 2)}` : `<${space}${decimals(0.01, 2)}`;
}

/** One decimal at least, two where they tell something: `5.4`, `0.25`, `2.0`. */
function trimmed(value: number, digits: 2): string {
  const text = decimals(value, digits);
  return text.endsWith('0') ? text.slice(0, -1) : text;
}

/** How many: exact below 10,000, then three significant figures: `3,905`, `12.3 k`, `1.24 M`, `2.5 bn`. */
export function count(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return figure(value);
  for (const [unit, factor] of [
    ['k', 1e3],
    ['M', 1e6],
    ['bn', 1e9],
  ] as const)
    if (size < factor * 999.5) return `${significant(value / factor)}${space}${unit}`;
  return `${significant(value / 1e12)}${space}tn`;
}

function significant(value: number): string {
  const size = Math.abs(value);
  return decimals(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

const byteUnits = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** Bytes in PostgreSQL's units of 1,024: `512 bytes`, `8 kB`, `2.9 GB`. */
export function bytes(value: number): string {
  const size = Math.abs(value);
  let unit = 0;
  let scaled = size;
  // 1023.5 of a unit would be printed as 1,024 of it.
  while (unit < byteUnits.length - 1 && scaled >= (unit === 0 ? 1024 : 1023.5)) {
    scaled /= 1024;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(scaled) || scaled >= 99.95 ? 0 : 1;
  return decimals(value < 0 ? -scaled : scaled, digits) + space + byteUnits[unit];
}

/** A rate: by the second, or by the hour where that is easier to read: `40/s`, `0.2/s`, `148/h`. */
export function rate(perSecond: number): string {
  if (perSecond !== 0 && Math.abs(perSecond) < 0.05) return `${figure(Number((perSecond * 3600).toPrecision(3)))}/h`;
  return `${count(Number(perSecond.toPrecision(3)))}/s`;
}

/** Bytes by the second: `0.2 MB/s`, `12 kB/s`. */
export function byteRate(perSecond: number): string {
  return `${bytes(perSecond)}/s`;
}

const minute = 60;
const hour = 3600;
const day = 86_400;

/** The two largest units of a duration: `[[14, 'min'], [9, 's']]`; seconds are whole from ten on. */
function parts(seconds: number): [[number, Unit], [number, Unit]?] {
  const whole = Math.floor(seconds);
  if (whole >= day)
    return [
      [Math.floor(whole / day), 'd'],
      [Math.floor((whole % day) / hour), 'h'],
    ];
  if (whole >= hour)
    return [
      [Math.floor(whole / hour), 'h'],
      [Math.floor((whole % hour) / minute), 'min'],
    ];
  if (whole >= minute)
    return [
      [Math.floor(whole / minute), 'min'],
      [whole % minute, 's'],
    ];
  return [[seconds >= 10 ? whole : seconds, 's']];
}

type Unit = 'd' | 'h' | 'min' | 's';
const short: Record<Unit, string> = { d: 'd', h: 'h', min: 'm', s: 's' };

function smallSeconds(seconds: number): string {
  if (seconds >= 10) return decimals(Math.floor(seconds), 0);
  const tenths = Math.floor(seconds * 10) / 10;
  return tenths === 0 ? '0' : decimals(tenths, 1);
}

/** A duration for a table, two units with the second padded: `0.8s`, `41s`, `14m 09s`, `3h 07m`, `2d 04h`. */
export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  const [first, second] = parts(size);
  const sign = seconds <= -0.1 ? minus : '';
  if (!second) return `${sign}${smallSeconds(size)}s`;
  return `${sign}${decimals(first[0], 0)}${short[first[1]]}${space}${String(second[0]).padStart(2, '0')}${short[second[1]]}`;
}

/** A duration inside a sentence: `0.8 s`, `2 s`, `41 s`, `14 min 9 s`, `5 min`, `1 d 4 h`. */
export function durationInWords(seconds: number): string {
  const size = Math.abs(seconds);
  const [first, second] = parts(size);
  const sign = seconds <= -0.1 ? minus : '';
  if (!second) return `${sign}${smallSeconds(size).replace(/[^\d]0$/, '')}${space}s`;
  const head = `${sign}${decimals(first[0], 0)}${space}${first[1]}`;
  return second[0] === 0 ? head : `${head}${space}${second[0]}${space}${second[1]}`;
}

/** A time measured in milliseconds, as of a statement: `0.04 ms`, `0.3 ms`, `36.8 ms`, `161 ms`, `7.0 s`, `2 min 5 s`. */
export function milliseconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return `0${space}ms`;
  if (size < 0.005) return `<${space}${decimals(0.01, 2)}${space}ms`;
  if (size < 0.095) return `${decimals(value, 2)}${space}ms`;
  if (size < 99.95) return `${decimals(value, 1)}${space}ms`;
  if (size < 999.5) return `${decimals(value, 0)}${space}ms`;
  if (size < 99_950) return `${decimals(value / 1000, 1)}${space}s`;
  return durationInWords(value / 1000);
}

/**
 * A share between 0 and 1 in percent: `84 %`. Never `100 %` below the whole and never `0 %` above nothing: near the ends
 * it keeps decimals (`0.4 %`, `99.98 %`).
 */
export function percent(ratio: number): string {
  const value = ratio * 100;
  const size = Math.abs(value);
  const whole = `${decimals(value, 0)}${space}%`;
  if (size === 0 || size >= 100) return whole;
  if (size < 0.01) return `<${space}${decimals(0.01, 2)}${space}%`;
  if (size > 99.99) return `>${space}${decimals(99.99, 2)}${space}%`;
  if (size < 0.1 || size > 99.9) return `${decimals(value, 2)}${space}%`;
  if (size < 1 || size > 99) return `${decimals(value, 1)}${space}%`;
  return whole;
}

/** A part of a whole: `163 of 193 (84 %)`. */
export function ofTotal(part: number, whole: number): string {
  return whole > 0
    ? `${exact(part)} of ${exact(whole)} (${percent(part / whole)})`
    : `${exact(part)} of ${exact(whole)}`;
}

/** How a figure changed: `+324 %`, `−2 %`, `12 times` beyond 1,000 %, `new` where there was nothing before. */
export function change(before: number, after: number): string {
  if (before === 0) return after === 0 ? `0${space}%` : 'new';
  const ratio = (after - before) / before;
  if (ratio > 10) return `${figure(Math.round(after / before))} times`;
  const text = decimals(ratio * 100, 0);
  return `${ratio > 0 && text !== '0' ? '+' : ''}${text}${space}%`;
}

/** A count and its noun: `1 session`, `12 sessions`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Names in a sentence: `a`, `a and b`, `a, b and c`; at most `most`, then how many more there are. */
export function list(names: string[], most = 3): string {
  const shown = names.length > most ? [...names.slice(0, most), `${exact(names.length - most)} more`] : names;
  return shown.length < 2 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}

/** A time zone, or undefined for the reader's own. */
type Zone = string | undefined;

function dateFormat(options: Intl.DateTimeFormatOptions, zone: Zone): Intl.DateTimeFormat {
  const timeZone = zone ?? reader.timeZone;
  const key = JSON.stringify([options, timeZone]);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(reader.locale, { ...options, timeZone, numberingSystem: 'latn' });
    formats.set(key, format);
  }
  return format;
}

/** The time of day with seconds: `03:12:07`. */
export function clock(at: Date, timeZone?: Zone): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, timeZone).format(at);
}

/** The time of day without seconds: `03:12`. */
export function clockMinutes(at: Date, timeZone?: Zone): string {
  return dateFormat({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, timeZone).format(at);
}

/** The short name of the zone at that moment: `CET`. */
export function zone(at: Date, timeZone?: Zone): string {
  const named = dateFormat({ timeZoneName: 'short' }, timeZone).formatToParts(at);
  return named.find((part) => part.type === 'timeZoneName')?.value ?? 'UTC';
}

/** A day: `9 Nov 2026`. */
export function date(at: Date, timeZone?: Zone): string {
  return dateFormat({ day: 'numeric', month: 'short', year: 'numeric' }, timeZone).format(at).replaceAll(' ', space);
}

/** A day without its year: `9 Nov`. */
export function dayAndMonth(at: Date, timeZone?: Zone): string {
  return dateFormat({ day: 'numeric', month: 'short' }, timeZone).format(at).replaceAll(' ', space);
}

/** A month, with its year where that is asked for: `Nov`, `Nov 2026`. */
export function monthName(at: Date, withYear: boolean, timeZone?: Zone): string {
  const options: Intl.DateTimeFormatOptions = withYear ? { month: 'short', year: 'numeric' } : { month: 'short' };
  return dateFormat(options, timeZone).format(at).replaceAll(' ', space);
}

/** What a clock on the reader's wall shows; the month counts from 0. */
export type Wall = { year: number; month: number; day: number; hour: number; minute: number; second: number };

/** What the reader's clock shows at a moment. */
export function wallAt(at: Date): Wall {
  if (reader.timeZone === undefined)
    return {
      year: at.getFullYear(),
      month: at.getMonth(),
      day: at.getDate(),
      hour: at.getHours(),
      minute: at.getMinutes(),
      second: at.getSeconds(),
    };
  const shifted = new Date(at.getTime() + zoneOffset(at.getTime(), reader.timeZone));
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
  };
}

/** When the reader's clock shows a time; parts may lie beyond their range, as in `new Date()`. */
export function whenWall(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): Date {
  if (reader.timeZone === undefined) return new Date(year, month, day, hour, minute, second);
  const utc = Date.UTC(year, month, day, hour, minute, second);
  const before = utc - zoneOffset(utc, reader.timeZone);
  return new Date(utc - zoneOffset(before, reader.timeZone));
}

const quarter = 900_000;

/** How far a zone is ahead of UTC at a moment (epoch ms), in ms; clocks are changed at quarters of an hour only. */
function zoneOffset(at: number, timeZone: string): number {
  const since = Math.floor(at / quarter) * quarter;
  let offset = offsets.get(since);
  if (offset === undefined) {
    if (offsets.size > 10_000) offsets.clear();
    offset = askedOffset(since, timeZone);
    offsets.set(since, offset);
  }
  return offset;
}

function askedOffset(at: number, timeZone: string): number {
  const key = `offset ${timeZone}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(key, format);
  }
  const found: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) found[type] = Number(value);
  const { year = 0, month = 1, day: date = 1, hour: hours = 0, minute: minutes = 0, second = 0 } = found;
  return Date.UTC(year, month - 1, date, hours, minutes, second) - at;
}

/** The name of the reader's time zone: `Europe/Zurich`. */
export function readerZone(): string {
  return reader.timeZone ?? (Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
}

/** How far what is shown is from the moment that was asked for: `12 s earlier`; undefined: it is that moment. */
export function distanceText(sampledAt: number, at: number): string | undefined {
  const distance = Math.round(Math.abs(sampledAt - at));
  if (distance === 0) return undefined;
  return `${durationInWords(distance)} ${sampledAt < at ? 'earlier' : 'later'}`;
}

/** A moment in full: `21 Nov 2026, 03:12:07 CET`. */
export function moment(at: Date, timeZone?: Zone): string {
  return `${date(at, timeZone)}, ${clock(at, timeZone)}${space}${zone(at, timeZone)}`;
}

/** How long ago it was: `2 s ago` under a day, `Thu 22:48` under a week, then `9 Nov 2026`. */
export function ago(at: Date, now: Date, timeZone?: Zone): string {
  const seconds = Math.max(0, (now.getTime() - at.getTime()) / 1000);
  if (seconds < day) return secondsAgo(seconds);
  if (seconds < 7 * day) {
    const weekday = dateFormat({ weekday: 'short' }, timeZone).format(at);
    return `${weekday}${space}${clockMinutes(at, timeZone)}`;
  }
  return date(at, timeZone);
}

/** An age in seconds, shorter than a day, in one sentence part: `now`, `2 s ago`, `4 min ago`, `6 h ago`. */
export function secondsAgo(seconds: number): string {
  if (seconds < 0.95) return 'now';
  if (seconds < minute) return `${Math.round(seconds)}${space}s ago`;
  return `${durationInWords(seconds)} ago`;
}

/** Whether what was typed is a text; white space counts as one space and none at the ends, for a field of one line has no other. */
export function sameTyped(typed: string | undefined, wanted: string | undefined): boolean {
  const line = (text: string) => text.replace(/\s+/g, ' ').trim();
  return typed !== undefined && wanted !== undefined && line(typed) === line(wanted);
}
