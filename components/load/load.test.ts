import { expect, test } from 'vitest';
import type { SeriesAnswer } from '@/lib/client/shapes';
import type { TopAnswer } from '@/lib/history/answers';
import { loadRows, rowText } from './columns';
import { parseLoadFilters, printLoadFilters, toggled } from './filters';
import { classOf, eventLooks } from './looks';
import { aboveSince, coverageSentence, loadSentence, topSentence } from './summary';

const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');
const start = Date.parse('2026-11-21T02:00:00Z') / 1000;
const series = (points: (number | null)[][], cpus: number | null = null): SeriesAnswer => ({
  series: 'load',
  unit: 'sessions',
  step: 10,
  columns: ['cpu', 'io', 'lock'],
  points: points.map((values, at) => [start + at * 10, ...values]),
  source: 'raw',
  cpus,
});

test('the sentence holds load now, the processors, since when, and why more of them would not help', () => {
  const calm = [1, 0.5, 0];
  const busy = [2, 1, 9];
  const words = loadSentence(series([calm, calm, busy, busy], 4), true);
  expect(words).toMatch(/^12 now, above the 4 vCPU since \d\d:\d\d; 9 wait for a lock, so more CPU would not help\.$/);
  expect(loadSentence(series([calm, busy, calm], 4), true)).toMatch(/^1\.5 now, below the 4 vCPU; highest 12, at /);
  expect(loadSentence(series([[3, 0, 1]]), true)).toMatch(/^4 now; highest 4, at /);
  expect(loadSentence(series([calm, busy]), false)).toMatch(/^6\.8 on average; highest 12, at /);
});

test('nothing known, nobody active and nothing newer are three things', () => {
  expect(loadSentence(series([[null, null, null]]), true)).toBe('No sample in this time.');
  expect(loadSentence(series([[0, 0, 0]]), true)).toBe('Nobody was active in this time.');
  const gap = Array.from({ length: 5 }, () => [null, null, null]);
  expect(loadSentence(series([[1, 0, 0], ...gap]), true)).toMatch(/^Not known since /);
});

test('above a limit since the first point of the run that is not broken', () => {
  const over = series([[5], [1], [6], [7]].map(([value]) => [value as number, 0, 0]));
  expect(aboveSince(over, 4)).toBe(start + 20);
  expect(aboveSince(over, 8)).toBeUndefined();
  expect(aboveSince(over, 0)).toBeNull();
});

test('what pgdeck did not watch is said, in the unit that fits', () => {
  expect(coverageSentence(0, 3600, 3600)).toBeUndefined();
  expect(coverageSentence(0, 3600, 2520)).toBe('pgdeck knows 42 of 60 minutes of this.');
  expect(coverageSentence(0, 86_400, 7200)).toBe('pgdeck knows 2 of 24 hours of this.');
  expect(plain(coverageSentence(0, 3600, 30))).toBe('pgdeck knows 30 s of 1 h of this.');
  expect(coverageSentence(0, 3600, 0)).toContain('knows nothing');
});

test('filters go to the URL and back, one of each kind, whatever is in a name', () => {
  const filters = [
    { by: 'wait' as const, value: 'Lock:transactionid' },
    { by: 'application' as const, value: 'a,b: 100 % ü' },
  ];
  expect(printLoadFilters(filters)).toMatch(/^wait:Lock:transactionid,application:a%2Cb/);
  expect(parseLoadFilters(printLoadFilters(filters))).toEqual(filters);
  expect(parseLoadFilters('nonsense,colour:red,user:%zz')).toEqual([]);
  expect(parseLoadFilters('user:')).toEqual([{ by: 'user', value: '' }]);
  const one = toggled([], { by: 'user', value: 'app' });
  expect(toggled(one, { by: 'user', value: 'web' })).toEqual([{ by: 'user', value: 'web' }]);
  expect(toggled(one, { by: 'user', value: 'app' })).toEqual([]);
});

const answer: TopAnswer = {
  by: 'statement',
  from: start,
  to: start + 3600,
  coveredSeconds: 3600,
  load: 10,
  rows: [{ key: '7', label: null, queryid: '42', load: 8, share: 0.8, classes: { lock: 8 } }],
  other: { rows: 12, load: 2, classes: { cpu: 2 } },
  source: 'raw',
  cpus: null,
};

test('rows and the row of the others sum to the whole', () => {
  const rows = loadRows(answer, 'statement');
  expect(rows.reduce((sum, row) => sum + row.load, 0)).toBe(answer.load);
  expect(rows.map((row) => rowText(row, 'statement'))).toEqual(['statement 42, text not known', '12 other statements']);
  expect(topSentence(answer)).toBe('Bars use the colours above; rows sum to 10 on average over this time.');
  expect(topSentence({ ...answer, coveredSeconds: 0, rows: [], other: null })).toContain('knows nothing');
});

test('wait events keep the order and the colour of their class, the first of them pure', () => {
  expect([classOf('Lock:tuple'), classOf('CPU'), classOf('Extension:x')]).toEqual(['lock', 'cpu', 'other']);
  const events = { ...series([]), columns: ['Lock:tuple', 'CPU', 'Lock:transactionid', 'other'] };
  const looks = eventLooks(events);
  expect(looks.map(({ column }) => column)).toEqual(['CPU', 'Lock:tuple', 'Lock:transactionid', 'other']);
  expect(looks[1]?.color).toBe('var(--wait-lock)');
  expect(looks[2]?.color).toContain('var(--wait-lock) 72%');
});
