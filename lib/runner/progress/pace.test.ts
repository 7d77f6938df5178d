import { expect, it } from 'vitest';
import { Pace } from './pace';

/** Takes one sample a second. */
function take(pace: Pace, figures: (number | null)[], total: number | null = 1000, phase = 'scanning heap') {
  return figures.map((done, second) => pace.take(second * 1000, phase, done, total)).at(-1);
}

it('tells the rate after some seconds, and then when it ends, as a band', () => {
  expect(take(new Pace(), [0, 10, 20])).toEqual({ ratePerSecond: null, etaSeconds: null });
  expect(take(new Pace(), [0, 10, 20, 30, 40])).toEqual({ ratePerSecond: 10, etaSeconds: null });
  expect(take(new Pace(), [0, 10, 20, 30, 40, 50, 60])).toEqual({
    ratePerSecond: 10,
    etaSeconds: { low: 94, high: 94 },
  });
  const uneven = take(new Pace(), [0, 10, 20, 30, 40, 50, 60, 61, 62, 63, 64]);
  expect(uneven?.etaSeconds?.low).toBeCloseTo(93.6);
  expect(uneven?.etaSeconds?.high).toBeCloseTo(936);
});

it('does not know the end where the total is not known or where it stood still', () => {
  expect(take(new Pace(), [0, 10, 20, 30, 40, 50, 60], null)?.etaSeconds).toBeNull();
  expect(take(new Pace(), [0, 10, 20, 30, 30, 30, 30, 30, 30])?.etaSeconds).toBeNull();
  expect(take(new Pace(), [0, 0, 0, 0, 0, 0, 0, 0])).toEqual({ ratePerSecond: 0, etaSeconds: null });
});

it('begins anew with another phase, with less than before, and after a wait', () => {
  const pace = new Pace();
  take(pace, [0, 10, 20, 30, 40, 50, 60]);
  expect(pace.take(7000, 'vacuuming heap', 60, 1000).ratePerSecond).toBeNull();
  expect(pace.take(12_000, 'vacuuming heap', 10, 1000).ratePerSecond).toBeNull();
  expect(pace.take(16_000, 'vacuuming heap', 14, 1000).ratePerSecond).toBe(1);
  expect(pace.take(17_000, 'vacuuming heap', null, null)).toEqual({ ratePerSecond: null, etaSeconds: null });
  expect(pace.take(60_000, 'vacuuming heap', 100, 1000).ratePerSecond).toBeNull();
});

it('looks back a minute only', () => {
  const pace = new Pace();
  for (let second = 0; second <= 60; second++) pace.take(second * 1000, 'scanning heap', second, 10_000);
  let speed = pace.take(61_000, 'scanning heap', 161, 10_000);
  for (let second = 62; second <= 125; second++)
    speed = pace.take(second * 1000, 'scanning heap', 61 + (second - 60) * 100, 10_000);
  expect(speed.ratePerSecond).toBeCloseTo(100);
  expect(speed.etaSeconds?.high).toBeCloseTo((10_000 - 6561) / 100);
});
