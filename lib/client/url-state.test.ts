import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFilter, printFilter } from './filter';
import { lastingQuery, parseRange } from './range';

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
  expect(parseRange('1795224000', '1795224700')).toEqual({ from: 1795224000, to: 1795224700 });
  expect(parseRange('2026-11-21T02:00:00Z', '2026-11-21T03:00:00Z')).toEqual({ from: 1795226400, to: 1795230000 });
  expect(parseRange('5', '3')).toEqual({ last: 3600 });
  expect(parseRange(null, null)).toEqual({ last: 3600 });
});

test('database and time go along from page to page, sort and filter stay', () => {
  expect(lastingQuery(new URLSearchParams('database=shop&sort=a.asc&from=-900&filter=x'))).toBe(
    '?database=shop&from=-900',
  );
  expect(lastingQuery(new URLSearchParams('sort=a.asc'))).toBe('');
});
