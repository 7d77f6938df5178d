import { expect, test } from 'vitest';
import type { CompareAnswer, ComparedRow, Window } from '@/lib/history/answers';
import { signed } from './cells';
import { isWhole } from './columns';
import { callPair, mainPart, ratePair, stepScale, steps } from './figures';
import {
  because,
  coverageSentences,
  moreText,
  statementsSentence,
  tablesSentence,
  waitsSentence,
  withoutOwn,
} from './summary';
import { parseWindow, presetOf, windowBefore, wrongWindows } from './windows';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const window = (changes: Partial<Window>): Window => ({
  from: 0,
  to: 3600,
  coveredSeconds: 3600,
  total: 3_600_000,
  listedShare: 1,
  ...changes,
});
const a = window({});
const b = window({ from: 3600, to: 7200, total: 1.42 * 3_600_000, listedShare: 0.93 });
const slower: ComparedRow = {
  key: '1',
  label: 'select *\n  from orders',
  a: { calls: 1000, total_exec_time: 100_000, shared_blks_read: 1000 },
  b: { calls: 1000, total_exec_time: 1_216_000, shared_blks_read: 12_000 },
  time: { total: 310, calls: 0, reading: 300, writing: 0, planning: 0, executing: 10 },
};
const answer = (rows: ComparedRow[], changes: Partial<CompareAnswer> = {}): CompareAnswer => ({
  topic: 'slow-queries',
  a,
  b,
  rows,
  source: 'raw',
  ...changes,
});

test('the sentence says how much more time, which statement most, and why', () => {
  expect(plain(statementsSentence(answer([slower])))).toBe(
    'Statements took 42 % more time: select * from orders alone 31 %, because each call reads 12 times more.',
  );
  expect(plain(statementsSentence(answer([])))).toBe('Statements took 42 % more time; no single one stands out.');
  expect(statementsSentence(answer([slower], { a: window({ coveredSeconds: 0 }) }))).toContain('knows nothing of A');
  expect(plain(moreText(10, 30.1))).toBe('3 times the');
  expect(plain(moreText(10, 8))).toBe('20 % less');
});

test('the reason is the largest part of the change, in its direction', () => {
  const calls = {
    ...slower,
    b: { ...slower.a, calls: 4000 },
    time: { ...slower.time, total: 90, calls: 90, reading: 0 },
  };
  expect(because(calls as ComparedRow, a, b)).toBe('because it is called 4 times as often');
  expect(because({ ...slower, a: null }, a, b)).toBe('because it did not run in A');
  expect(because({ ...slower, b: null }, a, b)).toBe('because it does not run in B');
  expect(mainPart({ total: -5, calls: 3, reading: -1, writing: 0, planning: 0, executing: -7 })).toBe('executing');
});

test('figures are by the second of what is known, and by the call', () => {
  const half = window({ coveredSeconds: 1800 });
  expect(ratePair(slower, 'calls', a, half)).toEqual({ a: 1000 / 3600, b: 1000 / 1800 });
  expect(callPair(slower, 'shared_blks_read')).toEqual({ a: 1, b: 12 });
  expect(callPair({ ...slower, a: null }, 'shared_blks_read').a).toBeNull();
  expect(ratePair(slower, 'wal_bytes', a, b)).toEqual({ a: null, b: null });
});

test('the parts of a change stand behind one another and end at the whole', () => {
  const time = { total: 4, calls: 5, reading: -3, writing: 0, planning: 1, executing: 1 };
  expect(steps(time).map(({ from, to }) => [from, to])).toEqual([
    [0, 5],
    [5, 2],
    [2, 2],
    [2, 3],
    [3, 4],
  ]);
  expect(stepScale([time, { ...time, total: -2, calls: -2, reading: 0, planning: 0, executing: 0 }])).toEqual({
    least: -2,
    most: 5,
  });
});

test('what is not covered is said', () => {
  expect(coverageSentences(answer([slower])).map(plain)).toEqual([
    "The listed statements are 93 % of the server's statement time.",
  ]);
  expect(coverageSentences(answer([slower], { a: window({ coveredSeconds: 2520 }) }))[0]).toBe(
    'pgdeck knows 42 of 60 minutes of A.',
  );
});

test("pgdeck's own statements are left out, and what is next to nothing has no sign", () => {
  const own = { ...slower, label: 'select /* pgdeck:locks */ 1' };
  expect(withoutOwn(answer([own, slower])).rows).toEqual([slower]);
  const text = (value: number) => (value !== 0 && value < 0.01 ? '< 0.01' : String(value));
  expect([signed(-0.001, text), signed(-2, text), signed(2, text)]).toEqual(['0', '−2', '+2']);
});

test('tables and waits have sentences of their own', () => {
  const table = { key: '2', label: null, relname: 'orders', a: { total_bytes: 100 }, b: { total_bytes: 180 } };
  expect(tablesSentence(answer([table]), (value) => `${value} B`)).toBe('Tables grew by 80 B; orders grew by 80 B.');
  const wait = { key: 'Lock:tuple', label: 'Lock:tuple', a: { seconds: 3600 }, b: { seconds: 7200 } };
  const words = waitsSentence(answer([wait]), (row) => ratePair(row, 'seconds', a, b));
  expect(plain(words)).toBe(
    'Load 1.0 → 2.0 average active sessions (+100 %); most of the change is Lock: tuple, 1.0 → 2.0.',
  );
});

test('windows: presets from B, the URL, and what cannot be compared', () => {
  const now = { from: 1_800_003_600, to: 1_800_007_200 };
  expect(windowBefore('before', now)).toEqual({ from: 1_800_000_000, to: 1_800_003_600 });
  expect(presetOf({ a: windowBefore('yesterday', now), b: now })).toBe('yesterday');
  expect(presetOf({ a: { from: 1_799_000_000, to: 1_799_000_060 }, b: now })).toBeUndefined();
  expect(parseWindow('1800000000,1800003600')).toEqual({ from: 1_800_000_000, to: 1_800_003_600 });
  for (const text of ['', '5,6', '1800003600,1800000000', '1800000000']) expect(parseWindow(text)).toBeNull();
  expect(wrongWindows({ a: { from: 5, to: 4 }, b: now }, 1_900_000_000)).toContain('A has to begin');
  expect(wrongWindows({ a: { from: Number.NaN, to: 4 }, b: now }, 1_900_000_000)).toContain('Give each');
  expect(wrongWindows({ a: { from: 0, to: 32 * 86_400 }, b: now }, 1_900_000_000)).toContain('31 days');
  expect(wrongWindows({ a: windowBefore('before', now), b: now }, 1_900_000_000)).toBeUndefined();
});

test('what is missing in a window was not there only where all of the window is known', () => {
  expect(isWhole(window({}))).toBe(true);
  expect(isWhole(window({ coveredSeconds: 1800 }))).toBe(false);
  expect(isWhole(window({ folded: true }))).toBe(false);
});
