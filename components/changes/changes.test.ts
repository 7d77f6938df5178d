import { expect, test } from 'vitest';
import { type ChangeEvent, eventKinds } from '@/lib/history/answers';
import { changeKindIds } from './kinds';
import { compareAround, momentHref } from './links';
import { byDay, changesSentence, facts, wrongMark } from './summary';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const at = Date.parse('2026-11-21T00:30:00Z') / 1000;
const event = (changes: Partial<ChangeEvent>): ChangeEvent => ({
  id: String(changes.at ?? at),
  at,
  kind: 'setting',
  title: 'random_page_cost 1.1 → 4',
  detail: {},
  actor: null,
  ...changes,
});

test('every kind of change has words and an icon', () => {
  expect(changeKindIds.toSorted()).toEqual([...eventKinds].sort());
});

test('the sentence counts changes by kind', () => {
  const events = [event({}), event({}), event({ kind: 'deploy' })];
  expect(plain(changesSentence(events, { last: 3600 }, false))).toBe(
    '3 changes in the last hour: 2 settings and 1 mark.',
  );
  expect(changesSentence(events, { from: 0, to: 1 }, true)).toContain('At least 3 changes in this time');
  expect(plain(changesSentence([], { last: 86_400 }, false))).toBe(
    'Nothing that pgdeck looks for changed in the last day.',
  );
});

test('days are those of the reader', () => {
  const events = [event({ at: at + 60 }), event({ at: at - 3600 })];
  expect(byDay(events, 'UTC').map((day) => day.events.length)).toEqual([1, 1]);
  expect(byDay(events, 'Europe/Berlin').map((day) => day.events.length)).toEqual([2]);
});

test('a change tells before and after first, and leaves nothing unsaid', () => {
  const told = facts({ source: 'reload', before: '1.1', after: '4', pending_restart: false, nothing: null });
  expect(told[0]).toEqual({ name: 'Before → after', text: '1.1 → 4' });
  expect(told.slice(1).map(({ name }) => name)).toEqual(['Source', 'Pending restart']);
  expect(facts({ before: null, after: 'x' })[0]?.text).toBe('none → x');
  expect(facts({ objects: [{ name: 'a' }, 'b'] })[0]?.text).toBe('name a, b');
});

test('links lead to the moment and to both sides of it, never into the future', () => {
  expect(momentHref('a b', at)).toBe(`/a%20b/load?from=${at - 1800}&to=${at + 1800}&at=${at}`);
  const link = new URL(compareAround('s', at, at + 600), 'http://x');
  expect([link.searchParams.get('a'), link.searchParams.get('b')]).toEqual([`${at - 1800},${at}`, `${at},${at + 600}`]);
});

test('a mark needs a title and a time that has been', () => {
  const now = Date.parse('2026-11-21T12:00');
  expect(wrongMark(' ', '2026-11-21T11:00', now)).toContain('title');
  expect(wrongMark('x', '', now)).toContain('date');
  expect(wrongMark('x', '2026-11-21T12:05', now)).toContain('future');
  expect(wrongMark('x', '2026-11-21T11:00', now)).toBeUndefined();
});
