import { expect, test } from 'vitest';
import { describeError } from './errors';

const told = (code: string, message: string) => describeError(Object.assign(new Error(message), { code })).sentence;

test.each([
  'sorry, too many clients already',
  'remaining connection slots are reserved for non-replication superuser connections',
  'remaining connection slots are reserved for roles with the SUPERUSER attribute',
  'remaining connection slots are reserved for roles with privileges of the "pg_use_reserved_connections" role',
])('53300 of a full server: %s', (message) => {
  expect(told('53300', message)).toBe('The server has no free connection slot.');
});

test.each(['too many connections for role "plain"', 'too many connections for database "shop"'])(
  '53300 of a limit: %s',
  (message) => {
    expect(told('53300', message)).toBe('The connection limit of the role or database is reached.');
  },
);
