import { expect, test } from 'vitest';
import type { Column } from './column';
import { difference } from './difference';

type Row = { pid: number; state: string; age: number };
const columns: Column<Row>[] = [
  { id: 'pid', header: 'PID', value: (row) => row.pid },
  { id: 'state', header: 'State', value: (row) => row.state },
  { id: 'age', header: 'Age', value: (row) => row.age, ticks: true },
];
const key = (row: Row) => String(row.pid);

test('added, ended and changed rows are counted; ages are not a change', () => {
  const before = [
    { pid: 1, state: 'active', age: 1 },
    { pid: 2, state: 'idle', age: 1 },
    { pid: 3, state: 'idle', age: 1 },
  ];
  const after = [
    { pid: 1, state: 'idle', age: 3 },
    { pid: 2, state: 'idle', age: 3 },
    { pid: 4, state: 'active', age: 0 },
  ];
  const found = difference(before, after, key, columns);
  expect(found).toEqual({ added: 1, ended: new Set(['3']), changed: new Map([['1', new Set(['state'])]]), count: 3 });
});

test('the same rows do not differ', () => {
  const rows = [{ pid: 1, state: 'active', age: 1 }];
  expect(difference(rows, rows, key, columns).count).toBe(0);
});
