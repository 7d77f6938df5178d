import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { momentText, stepText, tickText, timeTicks } from './time-ticks';

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

const at = (text: string) => Date.parse(text) / 1000;
const words = (from: string, to: string, most: number) => {
  const { ticks, step } = timeTicks(at(from), at(to), most);
  return ticks.map((tick) => tickText(tick, step, at(from), at(to)).replaceAll('\u00a0', ' '));
};

describe('round times', () => {
  test('of an hour are quarters, with both ends', () => {
    expect(words('2026-11-21T02:14:00+01:00', '2026-11-21T03:14:00+01:00', 4)).toEqual([
      '02:14',
      '02:30',
      '02:45',
      '03:00',
      '03:14',
    ]);
  });

  test('of minutes have seconds', () => {
    expect(words('2026-11-21T02:14:00+01:00', '2026-11-21T02:16:00+01:00', 4)).toEqual([
      '02:14:00',
      '02:14:30',
      '02:15:00',
      '02:15:30',
      '02:16:00',
    ]);
  });

  test('of days name the day at midnight and at the ends', () => {
    expect(words('2026-11-20T16:10:00+01:00', '2026-11-22T16:10:00+01:00', 4)).toEqual(
      ['20 Nov 16:10', '12:00', '22 Nov', '22 Nov 16:10'].toSpliced(1, 0, '21 Nov'),
    );
  });

  test('stay round on the clock over the hour that is left out in spring', () => {
    expect(words('2026-03-28T22:00:00+01:00', '2026-03-29T10:00:00+02:00', 6)).toEqual([
      '22:00',
      '00:00',
      '04:00',
      '06:00',
      '08:00',
      '10:00',
    ]);
    const { ticks } = timeTicks(at('2026-03-28T12:00:00+01:00'), at('2026-03-31T12:00:00+02:00'), 4);
    expect(ticks.slice(1, -1)).toEqual(
      ['2026-03-30T00:00:00+02:00', '2026-03-31T00:00:00+02:00']
        .map(at)
        .toSpliced(0, 0, at('2026-03-29T00:00:00+01:00')),
    );
  });

  test('stay round over the hour that comes twice in autumn', () => {
    const { ticks } = timeTicks(at('2026-10-24T12:00:00+02:00'), at('2026-10-27T12:00:00+01:00'), 4);
    expect(ticks.slice(1, -1)).toEqual(
      ['2026-10-25T00:00:00+02:00', '2026-10-26T00:00:00+01:00', '2026-10-27T00:00:00+01:00'].map(at),
    );
  });

  test('of weeks are Mondays, of a year first days of months', () => {
    const { ticks } = timeTicks(at('2026-10-01T09:00:00+02:00'), at('2026-10-31T09:00:00+01:00'), 5);
    expect(ticks.slice(1, -1).every((tick) => new Date(tick * 1000).getDay() === 1)).toBe(true);
    expect(words('2025-10-17T12:00:00+02:00', '2026-11-21T12:00:00+01:00', 5)).toEqual([
      '17 Oct',
      'Jan 2026',
      'Apr',
      'Jul',
      'Oct',
      '21 Nov',
    ]);
  });

  test('go up, are few, and do not crowd the ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }),
        fc.integer({ min: 60, max: 400 * 86_400 }),
        fc.integer({ min: 2, max: 7 }),
        (from, span, most) => {
          const { ticks } = timeTicks(from, from + span, most);
          expect(ticks[0]).toBe(from);
          expect(ticks.at(-1)).toBe(from + span);
          expect(ticks.length).toBeLessThanOrEqual(most + 3);
          expect(ticks.every((tick, index) => index === 0 || tick > (ticks[index - 1] as number))).toBe(true);
        },
      ),
    );
  });
});

test('a moment has its day on a long chart, seconds where points are near', () => {
  const moment = at('2026-11-21T03:12:07+01:00');
  expect(momentText(moment, 3600)).toBe('03:12:07');
  expect(momentText(moment, 3600, 60)).toBe('03:12');
  expect(momentText(moment, 7 * 86_400, 600)).toBe('21\u00a0Nov, 03:12');
});

test('what a point stands for', () => {
  expect([10, 60, 600, 3600, 86_400].map(stepText)).toEqual([
    '10\u00a0s',
    '1\u00a0min',
    '10\u00a0min',
    '1\u00a0h',
    '1\u00a0d',
  ]);
});
