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

// PgBouncer hands on what a server said to it, when it asks that server who a user is.
test.each([
  'no pg_hba.conf entry for host "10.1.2.3", user "app_owner", database "orders", no encryption',
  'server login has been failing, cached error: password authentication failed for user "app_owner" (server_login_retry)',
  'connect failed: 10.1.2.3:5432',
  'connect failed: [fd00::12]:5432',
])('what it says is told without names and addresses: %s', (message) => {
  const { sentence, hint } = describeConsoleError(Object.assign(new Error(message), { code: '08P01' }), undefined);
  expect(sentence + hint).not.toMatch(/10\.1\.2\.3|fd00|app_owner|orders/);
  expect(sentence).toContain('PgBouncer');
});

test('an error that names nothing is told as it is', () => {
  const error = Object.assign(new Error("invalid command 'X', use SHOW HELP;"), { code: '08P01' });
  expect(describeConsoleError(error, undefined).sentence).toBe(
    "PgBouncer refused it: invalid command 'X', use SHOW HELP;.",
  );
});
