import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeChange } from './time-change';

const figure = fc.double({ min: 0, max: 1e9, noNaN: true });
const side = fc.record({
  seconds: fc.integer({ min: 1, max: 2_678_400 }),
  figures: fc.option(
    fc.record({
      calls: fc.nat(1e9),
      total_exec_time: figure,
      total_plan_time: figure,
      blk_read_time: figure,
      blk_write_time: figure,
    }),
  ),
});

test('the parts of a change of time sum to it', () => {
  fc.assert(
    fc.property(side, side, (a, b) => {
      const { total, ...parts } = timeChange(a, b);
      const sum = Object.values(parts).reduce((all, part) => all + part, 0);
      const size = Math.max(1, ...Object.values(parts).map(Math.abs), Math.abs(total));
      expect(Math.abs(sum - total) / size).toBeLessThan(1e-9);
    }),
  );
});

test('twice the calls at the same time per call is a change of calls alone', () => {
  const figures = { calls: 100, total_exec_time: 500, total_plan_time: 50, blk_read_time: 100, blk_write_time: 0 };
  const twice = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, 2 * value]));
  const change = timeChange({ figures, seconds: 60 }, { figures: twice, seconds: 60 });
  expect(change.calls).toBeCloseTo(550 / 60, 9);
  expect(change).toMatchObject({ reading: 0, writing: 0, planning: 0, executing: 0 });
});

test('the same calls that read for longer are a change of reading', () => {
  const before = { calls: 100, total_exec_time: 500, total_plan_time: 0, blk_read_time: 100, blk_write_time: 0 };
  const after = { ...before, total_exec_time: 900, blk_read_time: 500 };
  expect(timeChange({ figures: before, seconds: 10 }, { figures: after, seconds: 10 })).toEqual({
    total: 40,
    calls: 0,
    reading: 40,
    writing: 0,
    planning: 0,
    executing: 0,
  });
});

test('what was not there before came with its calls', () => {
  const figures = { calls: 1, total_exec_time: 10, total_plan_time: 0, blk_read_time: 5, blk_write_time: 0 };
  const none = { figures: null, seconds: 10 };
  expect(timeChange(none, { figures, seconds: 10 })).toMatchObject({ total: 1, calls: 1, reading: 0 });
  expect(timeChange({ figures, seconds: 10 }, none)).toMatchObject({ total: -1, calls: -1, executing: 0 });
});
