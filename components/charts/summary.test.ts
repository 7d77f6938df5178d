import { expect, test } from 'vitest';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { chartSpan, gaps, latest, pastSentence, summarise, withHoles } from './summary';

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
    mean: 12,
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
    { from: 90, to: 110 },
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

test('a moving range does not go beyond now, though its newest stretch may have only begun', () => {
  const points = [
    [0, 1],
    [3600, 2],
  ];
  const hours = { series: 's', unit: 'n', step: 3600, source: 'hour' as const, columns: ['n'], points };
  expect(chartSpan(hours, { last: 7200 }, 4000).to).toBe(4000);
  expect(chartSpan(hours, { last: 7200 }, 9000).to).toBe(7200);
});

test('a stretch that the answer leaves out is a gap, as is one before the first point; what is to come is none', () => {
  const points = [
    [100, 1],
    [110, 2],
    [150, 3],
    [160, 3],
  ];
  const sparse = { ...series, columns: ['n'], points };
  expect(withHoles(sparse)).toEqual([
    [100, 1],
    [110, 2],
    [120, null],
    [150, 3],
    [160, 3],
  ]);
  expect(gaps(sparse, 90, 170)).toEqual([{ from: 110, to: 150 }]);
  expect(gaps(sparse, 0, 170)).toEqual([
    { from: 0, to: 100 },
    { from: 110, to: 150 },
  ]);
  expect(gaps(sparse, 90, 900, 165)).toEqual([{ from: 110, to: 150 }]);
  expect(gaps({ ...sparse, points: [] }, 90, 900, 500)).toEqual([{ from: 90, to: 500 }]);
});

test('a newest stretch of an hour that has only begun does not make the one before old', () => {
  const points = [
    [0, 1],
    [3600, 2],
    [7200, null],
  ];
  expect(summarise({ ...series, step: 3600, columns: ['n'], points }, ['n'])?.outdated).toBe(false);
  expect(
    summarise({ ...series, step: 3600, columns: ['n'], points: [...points, [10_800, null]] }, ['n'])?.outdated,
  ).toBe(true);
});

test('a range that does not move says mean and most, not now', () => {
  expect(pastSentence(series, ['active'], String)).toMatch(/^2.5 on average; highest 4, at \d\d:\d\d\.$/);
  expect(pastSentence(series, ['active'], String, 'most')).toMatch(/^At most 4, at /);
  expect(pastSentence({ ...series, points: [[100, 0, 0]] }, ['active'], String)).toBe('0 all the time.');
  expect(pastSentence({ ...series, points: [] }, ['active'], String)).toBe('No sample in this time.');
});
