import { expect, test } from 'vitest';
import { PostgresProblem } from '@/lib/postgres/errors';
import { describeConsoleError, refusesSignIn } from './problems';

const refuses = (message: string) => {
  const error = new Error(message);
  const described = new PostgresProblem(describeConsoleError(error, undefined), error);
  expect(refusesSignIn(described)).toBe(refusesSignIn(error));
  return refusesSignIn(error);
};

test('only what PgBouncer says of this user and its way is a refusal', () => {
  for (const message of [
    'not allowed',
    'password authentication failed',
    'SASL authentication failed',
    'no such user: boss',
    'SSL required',
    'login rejected',
  ])
    expect(refuses(message), message).toBe(true);
  for (const message of [
    'no more connections allowed (max_client_conn)',
    'Query read timeout',
    'timeout expired',
    'Connection terminated unexpectedly',
    'connect ECONNREFUSED 127.0.0.1:6432',
    'client_login_timeout (server down)',
  ])
    expect(refuses(message), message).toBe(false);
  expect(refusesSignIn(undefined)).toBe(false);
});
