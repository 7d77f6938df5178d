import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteTicks, valueTicks } from './scale';

test.each([
  [193, [0, 50, 100, 150, 200]],
  [20.9, [0, 5, 10, 15, 20, 25]],
  [12, [0, 2.5, 5, 7.5, 10, 12.5]],
  [0.7, [0, 0.2, 0.4, 0.6, 0.8]],
  [0, [0, 0.5, 1]],
])('grid lines up to %d', (most, ticks) => expect(valueTicks(most)).toEqual(ticks));

test('counts have whole grid lines', () => {
  expect(valueTicks(1, true)).toEqual([0, 1]);
  expect(valueTicks(3, true)).toEqual([0, 1, 2, 3]);
  expect(valueTicks(12, true)).toEqual([0, 5, 10, 15]);
});

test('there are two to six lines, they begin at zero and hold the greatest value', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.boolean(), (most, whole) => {
      for (const ticks of [valueTicks(most, whole), byteTicks(Math.max(1, most))]) {
        expect(ticks[0]).toBe(0);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks.at(-1) as number).toBeGreaterThanOrEqual(most * (1 - 1e-9));
      }
    }),
  );
});
