import { expect, test } from 'vitest';
import { sortedBy } from './column';

const rows = [
  { key: 'a', value: 10 },
  { key: 'b', value: null },
  { key: 'c', value: 9 },
  { key: 'd', value: 10 },
  { key: 'e', value: undefined },
  { key: 'f', value: -1 },
];
const keys = (descending: boolean) => sortedBy(rows, ({ value }) => value, descending).map(({ key }) => key);

test('what has no value is last whichever the direction, and ties stay as they were', () => {
  expect(keys(false)).toEqual(['f', 'c', 'a', 'd', 'b', 'e']);
  expect(keys(true)).toEqual(['a', 'd', 'c', 'f', 'b', 'e']);
  expect(rows.map(({ key }) => key).join('')).toBe('abcdef');
});

test('words are sorted as people count: by their numbers, capitals beside small letters', () => {
  const sorted = sortedBy(['orders_10', 'Orders_9', 'carts', 'orders_2'], (word) => word, false);
  expect(sorted).toEqual(['carts', 'orders_2', 'Orders_9', 'orders_10']);
});
