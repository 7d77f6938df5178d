import { expect, test } from 'vitest';
import { MemoryHistory } from './memory';

const read = (history: MemoryHistory, from: number, to: number, step?: number) =>
  history.read('s', 1, 'average', { from, to, step }).points;

test('samples of one bucket are averaged, or their greatest is taken', () => {
  const history = new MemoryHistory();
  history.add('s', 1000_000, [2]);
  history.add('s', 1005_000, [4]);
  expect(read(history, 1000, 1009)).toEqual([[1000, 3]]);
  expect(history.read('s', 1, 'maximum', { from: 1000, to: 1009 }).points).toEqual([[1000, 4]]);
});

test('a bucket without a sample is a gap, not a zero', () => {
  const history = new MemoryHistory();
  history.add('s', 1000_000, [2]);
  history.add('s', 1020_000, [4]);
  expect(read(history, 1000, 1025)).toEqual([
    [1000, 2],
    [1010, null],
    [1020, 4],
  ]);
});

test('a sample taken a little late still stands for the bucket it skipped', () => {
  const history = new MemoryHistory();
  history.add('s', 1009_900, [2], 16_000);
  history.add('s', 1020_100, [4], 16_000);
  expect(read(history, 1000, 1025)).toEqual([
    [1000, 2],
    [1010, 4],
    [1020, 4],
  ]);
});

test('the bucket that has just begun is not a gap yet', () => {
  const history = new MemoryHistory();
  history.add('s', 1000_000, [2]);
  expect(read(history, 1000, 1012)).toEqual([[1000, 2]]);
});

test('an unknown value leaves a gap in its own column only', () => {
  const history = new MemoryHistory();
  history.add('s', 1000_000, [null, 7]);
  expect(history.read('s', 2, 'average', { from: 1000, to: 1000 }).points).toEqual([[1000, null, 7]]);
});

test('buckets are aligned to the epoch and wide enough for at most 600 points', () => {
  const history = new MemoryHistory();
  const wide = history.read('s', 1, 'average', { from: 10_003, to: 20_000 });
  expect(wide.step).toBe(60);
  expect(wide.points.every(([at]) => at % 60 === 0)).toBe(true);
  expect(history.read('s', 1, 'average', { from: 0, to: 3600 }).step).toBe(10);
});

test('more than an hour is forgotten', () => {
  const history = new MemoryHistory();
  history.add('s', 0, [1]);
  for (let at = 10; at <= 4000; at += 10) history.add('s', at * 1000, [1]);
  expect(read(history, 0, 10)).toEqual([[0, null]]);
  expect(read(history, 4000, 4000)).toEqual([[4000, 1]]);
});
