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

test('no text begins as a formula', () => {
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
