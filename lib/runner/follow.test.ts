import { expect, it } from 'vitest';
import { notSent, statementAt } from './follow';

it('the statement that runs is known by its text, a long one by its beginning', () => {
  const long = `create index concurrently on public.orders (${'note, '.repeat(400)}id)`;
  const statements = ['analyze public.order', 'analyze public.orders', long];
  expect(statementAt(statements, 'analyze public.orders')).toBe(1);
  expect(statementAt(statements, long.slice(0, 1023))).toBe(2);
  expect(statementAt(statements, 'analyze public.ord')).toBe(-1);
  expect(statementAt(statements, 'set lock_timeout = 0')).toBe(-1);
  expect(statementAt(statements, '')).toBe(-1);
});

it('of several statements those that were not sent are told', () => {
  expect(notSent(1, 1)).toEqual([]);
  expect(notSent(12, 12)).toEqual([]);
  expect(notSent(12, 0)).toEqual(['No statement was sent.']);
  expect(notSent(12, 3)).toEqual(['Statement 3 of 12 was the last that was sent: the 9 after it never ran.']);
  expect(notSent(2, 1)).toEqual(['Statement 1 of 2 was the last that was sent: the one after it never ran.']);
});
