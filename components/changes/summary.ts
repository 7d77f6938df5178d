import { fromLocalInput } from '@/lib/client/local-time';
import type { Range } from '@/lib/client/queries';
import { count, date, durationInWords, list } from '@/lib/format';
import type { ChangeEvent } from '@/lib/history/answers';
import { type ChangeKind, changeKinds } from './kinds';

/** The changes of a range in one sentence: how many, of which kinds; `more`: there are older ones that were not loaded. */
export function changesSentence(events: ChangeEvent[], range: Range, more: boolean): string {
  const time = 'last' in range ? `in the last ${oneOf(range.last)}` : 'in this time';
  if (events.length === 0) return `Nothing that pgdeck looks for changed ${time}.`;
  const counts = new Map<ChangeKind, number>();
  for (const { kind } of events) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const kinds = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([kind, many]) => `${count(many)} ${many === 1 ? changeKinds[kind].one : changeKinds[kind].many}`);
  const many = `${more ? 'At least ' : ''}${count(events.length)} ${events.length === 1 ? 'change' : 'changes'}`;
  return `${many} ${time}: ${list(kinds, 4)}.`;
}

const oneOf = (seconds: number) => (seconds === 3600 ? 'hour' : seconds === 86_400 ? 'day' : durationInWords(seconds));

/** Events by the day that the reader's clock shows, newest first. */
export function byDay(events: ChangeEvent[], timeZone?: string): { day: string; events: ChangeEvent[] }[] {
  const days: { day: string; events: ChangeEvent[] }[] = [];
  for (const event of events) {
    const day = date(new Date(event.at * 1000), timeZone);
    const last = days.at(-1);
    if (last?.day === day) last.events.push(event);
    else days.push({ day, events: [event] });
  }
  return days;
}

/** What an event has to tell, as names and texts: before and after first. */
export function facts(detail: Record<string, unknown>): { name: string; text: string }[] {
  const { before, after, ...others } = detail;
  const changed =
    before !== undefined || after !== undefined
      ? [{ name: 'Before → after', text: `${textOf(before) || 'none'} → ${textOf(after) || 'none'}` }]
      : [];
  const rest = Object.entries(others)
    .filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => ({ name: sentenceCase(name), text: textOf(value) }));
  return [...changed, ...rest];
}

const sentenceCase = (name: string) => {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, inner]) => `${name} ${textOf(inner)}`)
      .join(', ');
  return String(value);
}

/** Why a mark cannot be set as it was typed; undefined: it can. */
export function wrongMark(title: string, at: string, now: number): string | undefined {
  if (title.trim() === '') return 'Give the mark a title, such as deploy billing 2026.11.21-1.';
  if (title.trim().length > 200) return 'A title has at most 200 characters.';
  const time = fromLocalInput(at) * 1000;
  if (!Number.isFinite(time)) return 'Give the date and the time of the mark.';
  if (time > now + 60_000) return 'A mark cannot be in the future.';
  return undefined;
}
