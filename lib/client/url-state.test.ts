import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFilter, printFilter } from './filter';
import {
  lastingQuery,
  paceSeconds,
  parseMoment,
  parseRange,
  rangeAround,
  shifted,
  withLasting,
  wrongTimes,
  zoomedIn,
  zoomedOut,
} from './range';

const day = 86_400;

test('a filter is fields and words', () => {
  expect(parseFilter('state:"idle in transaction" billing  api')).toEqual({
    text: 'billing api',
    fields: { state: 'idle in transaction' },
  });
  expect(parseFilter('')).toEqual({ text: '', fields: {} });
});

test('what is printed is read again', () => {
  const word = fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,2}$/);
  fc.assert(
    fc.property(word, fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), word), (text, fields) => {
      expect(parseFilter(printFilter({ text, fields }))).toEqual({ text, fields: { ...fields } });
    }),
  );
});

test('a range is the last seconds or two ends, else the last hour', () => {
  expect(parseRange('-900', null)).toEqual({ last: 900 });
  expect(parseRange('-34560000', null)).toEqual({ last: 400 * day });
  expect(parseRange('-99999999', null)).toEqual({ last: 400 * day });
  expect(parseRange('1795224000', '1795224700')).toEqual({ from: 1795224000, to: 1795224700 });
  expect(parseRange('1795224000.75', '1795224700.2')).toEqual({ from: 1795224000, to: 1795224700 });
  expect(parseRange('2026-11-21T02:00:00Z', '2026-11-21T03:00:00Z')).toEqual({ from: 1795226400, to: 1795230000 });
  for (const [from, to] of [
    ['5', '3'],
    ['x', '3'],
    ['-900', '3'],
    [null, null],
  ] as const)
    expect(parseRange(from, to), `${from} to ${to}`).toEqual({ last: 3600 });
});

test('a moment is epoch seconds or ISO 8601, else now', () => {
  const now = 1795230000;
  expect(parseMoment('1795224000', now)).toBe(1795224000);
  expect(parseMoment('2026-11-21T02:00:00Z', now)).toBe(1795226400);
  expect(parseMoment(String(now + 3600), now)).toBeNull();
  for (const wrong of [null, '', 'yesterday', '-5', '0']) expect(parseMoment(wrong), String(wrong)).toBeNull();
});

test('charts of a page of the past hold its moment, and stay while that moves a little', () => {
  expect(rangeAround({ last: 900 }, null)).toEqual({ last: 900 });
  expect(rangeAround({ from: 100, to: 200 }, 150)).toEqual({ from: 100, to: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10 ** 8 }), fc.integer({ min: 10 ** 9, max: 2 * 10 ** 9 }), (last, at) => {
      const range = rangeAround({ last }, at) as { from: number; to: number };
      expect(range.to - range.from).toBe(last);
      expect(range.from).toBeLessThanOrEqual(at);
      expect(range.to).toBeGreaterThanOrEqual(at);
    }),
  );
  expect(rangeAround({ last: 3600 }, 1795224010)).toEqual(rangeAround({ last: 3600 }, 1795224020));
});

test('earlier and later move by one span; up to now it moves with the time again', () => {
  expect(shifted({ last: 600 }, -1, 10_000)).toEqual({ from: 8800, to: 9400 });
  expect(shifted({ from: 8800, to: 9400 }, -1, 10_000)).toEqual({ from: 8200, to: 8800 });
  expect(shifted({ from: 8200, to: 8800 }, 1, 10_000)).toEqual({ from: 8800, to: 9400 });
  expect(shifted({ from: 8800, to: 9400 }, 1, 10_000)).toEqual({ last: 600 });
});

test('zooming out doubles the span around its middle, not beyond now and not beyond what can be kept', () => {
  expect(zoomedOut({ last: 900 }, 10_000)).toEqual({ last: 1800 });
  expect(zoomedOut({ last: 400 * day }, 10_000)).toEqual({ last: 400 * day });
  expect(zoomedOut({ from: 4000, to: 5000 }, 10_000)).toEqual({ from: 3500, to: 5500 });
  expect(zoomedOut({ from: 9000, to: 10_000 }, 10_000)).toEqual({ from: 8000, to: 10_000 });
});

test('what is drawn over a chart is a span of whole seconds, in either direction, a minute at least', () => {
  expect(zoomedIn(1000.4, 2000.2)).toEqual({ from: 1000, to: 2001 });
  expect(zoomedIn(2000.2, 1000.4)).toEqual({ from: 1000, to: 2001 });
  const short = zoomedIn(1000, 1004) as { from: number; to: number };
  expect(short.to - short.from).toBeGreaterThanOrEqual(60);
  expect((short.from + short.to) / 2).toBeCloseTo(1002, 0);
});

test('a long range is asked again less often', () => {
  expect(paceSeconds({ last: 900 })).toBe(10);
  expect(paceSeconds({ last: 6 * 3600 })).toBe(18);
  expect(paceSeconds({ last: 400 * day })).toBe(60);
});

test('database and time go along from page to page, sort and filter stay', () => {
  expect(lastingQuery(new URLSearchParams('database=shop&sort=a.asc&from=-900&filter=x'))).toBe(
    '?database=shop&from=-900',
  );
  expect(lastingQuery(new URLSearchParams('at=1795224000&pid=7&to=2&from=1'))).toBe('?from=1&to=2&at=1795224000');
  expect(lastingQuery(new URLSearchParams('sort=a.asc'))).toBe('');
  const here = new URLSearchParams('database=shop&from=-900&filter=x');
  expect(withLasting('/s/locks', here)).toBe('/s/locks?database=shop&from=-900');
  expect(withLasting('/s/locks?pid=7&database=crm', here)).toBe('/s/locks?pid=7&database=crm&from=-900');
  expect(withLasting('/s/load?from=1&to=2', here)).toBe('/s/load?from=1&to=2&database=shop');
  expect(withLasting('/s/locks', new URLSearchParams())).toBe('/s/locks');
});

test('times in the address that cannot be taken are said', () => {
  const now = 1795230000;
  const said = (from: string | null, to: string | null, at: string | null) => wrongTimes({ from, to, at }, now);
  expect(said(null, null, null)).toBeUndefined();
  expect(said('-900', null, '1795224000')).toBeUndefined();
  expect(said('1795224000', '1795224700', null)).toBeUndefined();
  expect(said(null, null, 'garbage')).toMatch(/at=garbage, is not a time/);
  expect(said(null, null, String(now + 7200))).toMatch(/in the future/);
  expect(said('1795224700', '1795224000', null)).toMatch(/ends before it begins/);
  for (const [from, to] of [
    ['abc', 'def'],
    ['1795224000', null],
    [null, '1795224000'],
    ['-900', '1795224000'],
  ] as const)
    expect(said(from, to, null), `${from} to ${to}`).toMatch(/not one of two times/);
});
