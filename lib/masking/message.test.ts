import { expect, test } from 'vitest';
import { loggedMessage, toldMessage } from './message';

// T16: with any of these classes in `tellable` its text is told.
test.each([
  ['22P02', 'invalid input syntax for type integer: "Hunter2"'],
  ['23505', 'duplicate key value, says a function: Hunter2'],
  ['P0001', 'customer Hunter2 is blocked'],
  ['XX000', 'cache lookup failed for Hunter2'],
  ['2F003', 'Hunter2'],
  ['38000', 'Hunter2'],
  ['39000', 'Hunter2'],
  ['58000', 'could not open file "/srv/Hunter2"'],
  ['01000', 'Hunter2'],
  ['23514', 'the customer Hunter2 is violated by some row'],
])('T16: of an error %s only the code is told, and the log has no value either', (code, message) => {
  expect(toldMessage(code, message)).toBeUndefined();
  expect(loggedMessage(code, message)).not.toContain('Hunter2');
});

test.each([
  ['42501', 'permission denied for table orders', 'permission denied for table orders'],
  ['42601', 'syntax error at or near "\'Hunter2\'"', 'syntax error at or near "…"'],
  ['42804', "cannot compare 'Hunter2' with an integer", "cannot compare '…' with an integer"],
  ['55P03', 'canceling statement due to lock timeout', 'canceling statement due to lock timeout'],
])('%s: %s', (code, message, told) => {
  expect(toldMessage(code, message)).toBe(told);
});

test('T17: the log keeps the words of what PostgreSQL says about a value, not the value', () => {
  expect(loggedMessage('22P02', 'invalid input syntax for type integer: "Hunter2"')).toBe(
    'invalid input syntax for type integer…',
  );
  expect(loggedMessage('23505', 'duplicate key value violates unique constraint "users_email"')).toBe(
    'duplicate key value violates unique constraint …',
  );
});
