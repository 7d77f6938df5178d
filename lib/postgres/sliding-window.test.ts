import { expect, test } from 'vitest';
import { SlidingWindow } from './sliding-window';

const shares = [0.5, 0.95, 0.99];

test('percentiles are those of nearest rank, and null where nothing was measured', () => {
  const window = new SlidingWindow();
  expect(window.percentiles(shares, 0)).toEqual([null, null, null]);
  window.add(7, 0);
  expect(window.percentiles(shares, 0)).toEqual([7, 7, 7]);
  for (let value = 100; value >= 1; value--) window.add(value, 0);
  expect(window.percentiles(shares, 0)).toEqual([50, 95, 99]);
});

test('what is older than five minutes is forgotten', () => {
  const window = new SlidingWindow();
  window.add(1000, 0);
  window.add(1, 200_000);
  expect(window.count(299_999)).toBe(2);
  expect(window.count(300_000)).toBe(1);
  expect(window.percentiles(shares, 300_000)).toEqual([1, 1, 1]);
  expect(window.count(500_000)).toBe(0);
});

test('a shorter time can be asked for', () => {
  const window = new SlidingWindow();
  window.add(1000, 0);
  window.add(1, 200_000);
  expect(window.count(200_000, 60_000)).toBe(1);
  expect(window.percentiles([0.99], 200_000, 60_000)).toEqual([1]);
  expect(window.percentiles([0.99], 200_000)).toEqual([1000]);
  expect(window.percentiles([0.99], 270_000, 60_000)).toEqual([null]);
});

test('however many there are, only the newest are kept', () => {
  const window = new SlidingWindow();
  for (let value = 0; value < 100_000; value++) window.add(value, 0);
  expect(window.count(0)).toBe(4096);
  expect(window.percentiles([0.0001, 1], 0)).toEqual([100_000 - 4096, 99_999]);
});
