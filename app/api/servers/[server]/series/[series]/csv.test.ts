import { expect, test } from 'vitest';
import { seriesCsv } from './csv';

test('points are lines with ISO times, gaps empty cells, and no text runs as a formula', () => {
  const answer = {
    series: 'load',
    unit: 'sessions',
    step: 10,
    columns: ['1', 'a,b', '=1+1', ''],
    labels: { 1: 'select "x"\nfrom t' },
    points: [
      [1_800_000_000, 1.5, null, 0, 2],
      [1_800_000_010, null, null, null, null],
    ],
    source: 'raw' as const,
  };
  expect(seriesCsv(answer)).toBe(
    'time,"select ""x""\nfrom t","a,b",\'=1+1,(none)\r\n2027-01-15T08:00:00.000Z,1.5,,0,2\r\n2027-01-15T08:00:10.000Z,,,,\r\n',
  );
});
