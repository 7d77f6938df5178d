import { expect, test } from 'vitest';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { activeSentence, connectionsSentence, transactionsSentence, waitingSentence } from './sentences';

const hour = Math.floor(new Date(2026, 10, 21, 3, 0, 0).getTime() / 1000);
const series = (columns: string[], ...points: (number | null)[][]): SeriesAnswer => ({
  series: 's',
  unit: '',
  step: 10,
  source: 'memory' as const,
  columns,
  points: points.map((values, index) => [hour + index * 60, ...values]),
});
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('connections are told against the ceiling', () => {
  const given = series(['active', 'idle', 'ceiling'], [10, 40, 97], [8, 30, 97]);
  expect(plain(connectionsSentence(given, ['active', 'idle']))).toBe('38 of 97 now (39 %); highest 50, at 03:00.');
  expect(plain(connectionsSentence(series(['active', 'ceiling'], [null, null]), ['active']))).toBe(
    'No sample in this time yet.',
  );
});

test('transactions tell what was rolled back', () => {
  expect(plain(transactionsSentence(series(['commits', 'rollbacks'], [95, 5], [40, 0])))).toBe(
    '40/s now, none rolled back; highest 100/s, at 03:00.',
  );
});

test('load and waiting sessions', () => {
  expect(plain(activeSentence(series(['cpu', 'lock'], [2.04, 0.52])))).toBe(
    '2.6 active on average; 0.5 wait for a lock; highest 2.6, at 03:00.',
  );
  expect(plain(waitingSentence(series(['waiting'], [0], [0])))).toBe(
    'No session waits for a lock now, nor did one before.',
  );
  expect(plain(waitingSentence(series(['waiting'], [4], [1])))).toBe(
    '1 session waits for a lock now; highest 4, at 03:00.',
  );
});

test('a figure that nothing newer has followed for half a minute is not called now', () => {
  const lost = {
    series: 'waiting-sessions',
    unit: 'sessions',
    step: 10,
    source: 'memory' as const,
    columns: ['waiting'],
    points: [
      [1000, 3],
      [1010, 0],
      [1020, null],
      [1030, null],
      [1040, null],
    ],
  };
  expect(waitingSentence(lost)).toMatch(/^Not known since .*; highest before 3, at /);
  expect(waitingSentence({ ...lost, points: lost.points.slice(0, 4) })).toMatch(/^No session waits for a lock now/);
});
