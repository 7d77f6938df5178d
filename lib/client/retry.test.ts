import { expect, test } from 'vitest';
import { RequestError } from './request';
import { retryDelay, worthRetrying } from './retry';

test('it waits longer from failure to failure, and never longer than 36 s', () => {
  expect([0, 1, 2, 3, 4, 40].map((failures) => retryDelay(failures, () => 0))).toEqual([
    1000, 2000, 5000, 15_000, 30_000, 30_000,
  ]);
  expect(retryDelay(40, () => 1)).toBe(36_000);
});

test('a wrong question is not asked again, a missing answer is', () => {
  expect(worthRetrying(0, new RequestError(404, 'not_found', ''))).toBe(false);
  expect(worthRetrying(0, new RequestError(400, 'bad_input', ''))).toBe(false);
  expect(worthRetrying(9, new RequestError(0, 'no_answer', ''))).toBe(true);
  expect(worthRetrying(9, new RequestError(429, 'busy', ''))).toBe(true);
  expect(worthRetrying(9, new RequestError(500, 'internal', ''))).toBe(true);
});
