import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvCell, toCsv } from './csv';

test('cells are quoted where they have to be and empty where nothing is there', () => {
  expect([null, 12, -3, true, 'a', 'a,b', 'a"b', 'a\nb'].map(csvCell)).toEqual([
    '',
    '12',
    '-3',
    'true',
    'a',
    '"a,b"',
    '"a""b"',
    '"a\nb"',
  ]);
});

// T9: fails without the apostrophe, or where only the first character is looked at.
test('T9: no text begins as a formula, also behind what a program strips', () => {
  for (const text of [' =1', '\u200E=1', '\u00A0+1', '\uFEFF-x', '＝1', '\n=1', '\u001B@x'])
    expect(csvCell(text)).toMatch(/^"?'/);
  expect(csvCell('a;=1')).toBe('"a;=1"');

  fc.assert(
    fc.property(fc.constantFrom('=', '+', '-', '@', '\t', '\r'), fc.string(), (start, rest) => {
      expect(csvCell(start + rest)).toMatch(/^"?'/);
    }),
  );
});

test('a table is a head of ids and a line for each row', () => {
  const columns = [
    { id: 'pid', header: 'PID', value: (row: { pid: number; query: string }) => row.pid },
    { id: 'query', header: 'Statement', value: (row: { pid: number; query: string }) => row.query },
  ];
  expect(toCsv(columns, [{ pid: 1, query: 'select 1, 2' }])).toBe('pid,query\r\n1,"select 1, 2"');
});
