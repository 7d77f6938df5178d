import { describe, expect, test } from 'vitest';
import type { RightNow, RoleRights } from '@/lib/rights/read-rights';
import { rightsSentence, roleSentence, stateOf, wordOf } from './summary';

const right = (id: string, has: boolean, optional = false): RightNow => ({
  id,
  title: `Do ${id}`,
  lets: 'x',
  has,
  optional,
});
const side = (rights: RightNow[], superuser = false): RoleRights => ({
  use: 'reading',
  status: 'ok',
  role: 'reader',
  database: 'shop',
  superuser,
  rights,
});

describe('how a right stands', () => {
  test.each([
    [right('a', true), 'ok', 'Granted'],
    [right('a', false), 'warning', 'Missing'],
    [right('a', false, true), 'unknown', 'Not granted'],
  ] as const)('%o', (given, state, word) => expect([stateOf(given), wordOf(given)]).toEqual([state, word]));
});

test('a role is told by what it lacks, what could be granted, and whether it is a superuser', () => {
  expect(roleSentence(side([right('a', true)]))).toBe('Role reader lacks nothing that pgdeck counts on.');
  expect(roleSentence(side([right('a', true), right('b', false, true)]))).toMatch(
    /counts on; 1\sright more can be granted\.$/,
  );
  expect(roleSentence(side([right('a', false), right('b', false)]))).toBe('Role reader lacks do a and do b.');
  expect(roleSentence(side([right('a', true)], true))).toContain('It is a superuser');
  expect(roleSentence({ use: 'acting', status: 'unavailable', role: 'w', reason: 'unreachable', hint: 'x' })).toBe(
    'What role w may do is not known.',
  );
});

test('one role for both is said', () => {
  const answer = { askedAt: '', reading: side([]), acting: side([]) };
  expect(rightsSentence({ ...answer, same: true })).toContain('both reads and acts');
  expect(rightsSentence({ ...answer, same: false })).toBe('pgdeck reads as reader and acts as reader.');
});
