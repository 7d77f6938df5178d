import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as format from './format';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('numbers', () => {
  test.each([
    [0, '0'],
    [0.25, '0.25'],
    [5.4, '5.4'],
    [0.3, '0.3'],
    [36.84, '36.8'],
    [161.4, '161'],
    [1240, '1,240'],
    [0.001, '< 0.01'],
    [-12, '−12'],
    [2.004, '2.0'],
  ])('figure(%d) is %s', (value, text) => expect(plain(format.figure(value))).toBe(text));

  test.each([
    [3905, '3,905'],
    [12_345, '12.3 k'],
    [999_400, '999 k'],
    [999_600, '1.00 M'],
    [1_240_000, '1.24 M'],
    [2_500_000_000, '2.50 bn'],
    [-12_345, '−12.3 k'],
  ])('count(%d) is %s', (value, text) => expect(plain(format.count(value))).toBe(text));

  test.each([
    [0, '0 bytes'],
    [512, '512 bytes'],
    [1023, '1,023 bytes'],
    [8192, '8 kB'],
    [3_113_851_289, '2.9 GB'],
    [1024 * 1024 - 1, '1.0 MB'],
    [157_286_400, '150 MB'],
    [-8192, '−8 kB'],
  ])('bytes(%d) is %s', (value, text) => expect(plain(format.bytes(value))).toBe(text));

  test.each([
    [40, '40/s'],
    [0.2, '0.2/s'],
    [148 / 3600, '148/h'],
    [0, '0/s'],
  ])('rate(%d) is %s', (value, text) => expect(plain(format.rate(value))).toBe(text));

  test.each([
    [0.844, '84 %'],
    [0, '0 %'],
    [1, '100 %'],
    [0.004, '0.4 %'],
    [0.9998, '99.98 %'],
    [0.99999, '> 99.99 %'],
    [0.00001, '< 0.01 %'],
  ])('percent(%d) is %s', (value, text) => expect(plain(format.percent(value))).toBe(text));

  test.each([
    [38, 161, '+324 %'],
    [100, 98, '−2 %'],
    [1, 12, '12 times'],
    [0, 3, 'new'],
    [100, 100.1, '0 %'],
  ])('change(%d, %d) is %s', (before, after, text) => expect(plain(format.change(before, after))).toBe(text));

  test('a part of a whole', () => expect(plain(format.ofTotal(163, 193))).toBe('163 of 193 (84 %)'));
});

describe('durations', () => {
  test.each([
    [0.04, '0s', '0 s'],
    [0.8, '0.8s', '0.8 s'],
    [9.99, '9.9s', '9.9 s'],
    [2, '2.0s', '2 s'],
    [41, '41s', '41 s'],
    [849, '14m 09s', '14 min 9 s'],
    [300, '5m 00s', '5 min'],
    [11_249, '3h 07m', '3 h 7 min'],
    [188_000, '2d 04h', '2 d 4 h'],
  ])('%d seconds are %s in tables and %s in sentences', (seconds, table, sentence) => {
    expect(plain(format.duration(seconds))).toBe(table);
    expect(plain(format.durationInWords(seconds))).toBe(sentence);
  });

  test.each([
    [0, '0 ms'],
    [0.001, '< 0.01 ms'],
    [0.04, '0.04 ms'],
    [0.3, '0.3 ms'],
    [36.84, '36.8 ms'],
    [161.2, '161 ms'],
    [7000, '7.0 s'],
    [125_000, '2 min 5 s'],
  ])('milliseconds(%d) is %s', (value, text) => expect(plain(format.milliseconds(value))).toBe(text));
});

describe('times', () => {
  const at = new Date('2026-11-21T02:12:07Z');

  test('clock, zone and day', () => {
    expect(format.clock(at, 'Europe/Stockholm')).toBe('03:12:07');
    expect(plain(format.moment(at, 'UTC'))).toBe('21 Nov 2026, 02:12:07 UTC');
  });

  test.each([
    ['2026-11-21T02:12:09Z', '2 s ago'],
    ['2026-11-21T06:12:07Z', '4 h ago'],
    ['2026-11-23T06:12:07Z', 'Sat 02:12'],
    ['2026-12-23T06:12:07Z', '21 Nov 2026'],
  ])('at %s it was %s', (now, text) => expect(plain(format.ago(at, new Date(now), 'UTC'))).toBe(text));
});

describe('whatever the value', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 });

  test('no figure ever reads NaN, −0 or exponential', () => {
    fc.assert(
      fc.property(finite, (value) => {
        for (const print of [
          format.exact,
          format.figure,
          format.count,
          format.bytes,
          format.duration,
          format.milliseconds,
          format.rate,
        ])
          expect(print(value)).not.toMatch(/NaN|undefined|e[+-]|^[-]|^−0(?![\d.])/);
      }),
    );
  });

  test('a share below the whole is never 100 %, one above nothing never 0 %', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }), (ratio) => {
        expect(plain(format.percent(ratio))).not.toMatch(/^(100|0|100\.0+|0\.0+) %$/);
      }),
    );
  });

  test('a duration loses less than its second unit', () => {
    const size = { d: 86_400, h: 3600, m: 60, s: 1 } as Record<string, number>;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), (seconds) => {
        const pieces = [
          ...plain(format.duration(seconds))
            .replaceAll(',', '')
            .matchAll(/([\d.]+)([dhms])/g),
        ];
        const read = pieces.reduce((sum, [, value, unit]) => sum + Number(value) * (size[unit as string] as number), 0);
        const last = size[pieces.at(-1)?.[2] as string] as number;
        expect(seconds - read).toBeGreaterThanOrEqual(-1e-6);
        expect(seconds - read).toBeLessThan(last + 1e-6);
      }),
    );
  });

  test('bytes stay within five per cent of what is printed', () => {
    const factor: Record<string, number> = {
      bytes: 1,
      kB: 1024,
      MB: 1024 ** 2,
      GB: 1024 ** 3,
      TB: 1024 ** 4,
      PB: 1024 ** 5,
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (value) => {
        const [number = '', unit = ''] = plain(format.bytes(value)).split(' ');
        const read = Number(number.replaceAll(',', '')) * (factor[unit] as number);
        expect(Math.abs(read - value) / value).toBeLessThan(0.051);
      }),
    );
  });
});

test('what has to be typed is compared as one line', () => {
  expect(format.sameTyped(' orders_idx ', 'orders_idx')).toBe(true);
  expect(format.sameTyped('two lines', 'two\nlines ')).toBe(true);
  expect(format.sameTyped('Orders_idx', 'orders_idx')).toBe(false);
  expect(format.sameTyped(undefined, undefined)).toBe(false);
});
