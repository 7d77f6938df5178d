import { expect, test } from 'vitest';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { chartSpan, gaps, latest, restartWithin, summarise } from './summary';

const series: SeriesAnswer = {
  series: 'connections',
  unit: 'connections',
  step: 10,
  source: 'memory' as const,
  columns: ['active', 'idle'],
  points: [
    [100, null, null],
    [110, 1, 10],
    [120, 4, 12],
    [130, null, null],
    [140, null, null],
    [150, 2, 8],
    [160, 3, 8],
  ],
};

test('a summary adds the columns and skips gaps', () => {
  expect(summarise(series, ['active', 'idle'])).toEqual({
    now: 11,
    at: 160,
    first: 11,
    lowest: 10,
    highest: 16,
    highestAt: 120,
    covered: 4 / 7,
    outdated: false,
  });
  expect(summarise({ ...series, points: [[100, null, null]] }, ['active'])).toBeUndefined();
});

test('the newest value that is no gap', () => {
  expect(latest(series, 'active')).toBe(3);
});

test('gaps reach from the sample before to the sample after', () => {
  expect(gaps(series, 90, 165)).toEqual([
    { from: 100, to: 110 },
    { from: 120, to: 150 },
  ]);
  expect(gaps({ ...series, points: [[100, null, null]] }, 90, 165)).toEqual([{ from: 90, to: 165 }]);
  expect(gaps(series, 90, 400).at(-1)).toEqual({ from: 160, to: 400 });
});

test('a chart of the last hour begins with the first sample, five minutes wide at least', () => {
  const series = (points: (number | null)[][]) => ({
    series: 's',
    unit: 'n',
    step: 10,
    source: 'memory' as const,
    columns: ['n'],
    points,
  });
  const hour = { last: 3600 };
  expect(
    chartSpan(
      series([
        [0, 1],
        [3590, 2],
      ]),
      hour,
    ),
  ).toEqual({ from: 0, to: 3600, since: null });
  expect(
    chartSpan(
      series([
        [0, null],
        [1800, 1],
        [3590, 2],
      ]),
      hour,
    ),
  ).toEqual({ from: 1800, to: 3600, since: 1800 });
  expect(
    chartSpan(
      series([
        [0, null],
        [3580, 1],
        [3590, 2],
      ]),
      hour,
    ),
  ).toEqual({ from: 3300, to: 3600, since: 3580 });
  expect(
    chartSpan(
      series([
        [0, null],
        [3590, 2],
      ]),
      { from: 100, to: 200 },
    ),
  ).toEqual({ from: 100, to: 200, since: null });
});

test('a restart of the server is drawn where it lies within the chart and there are samples from before it', () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  expect(restartWithin(series, at(135.5), 90, 165)).toBe(135.5);
  expect(restartWithin(series, at(135.5), 136, 165)).toBeUndefined();
  expect(restartWithin(series, at(135.5), 90, 135)).toBeUndefined();
  // The sample of 110 stands for the ten seconds from then.
  expect(restartWithin(series, at(119), 90, 165)).toBeUndefined();
  expect(restartWithin(series, null, 90, 165)).toBeUndefined();
  expect(restartWithin(undefined, at(135.5), 90, 165)).toBeUndefined();
});
