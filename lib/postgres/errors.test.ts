import { expect, test } from 'vitest';
import { describeConnectError, describeError, isConnectionError } from './errors';

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

test('EPIPE is the network’s word, not a SQLSTATE', () => {
  const error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  expect(isConnectionError(error)).toBe(true);
  expect(describeError(error)).toMatchObject({
    reason: 'unreachable',
    sentence: 'The connection to the server was cut.',
  });
});

test('an error of connecting that has no sentence of its own is still told, with its code', () => {
  const told = (code: string) => describeConnectError(Object.assign(new Error('x'), { code }));
  expect(told('EMFILE')).toMatchObject({
    reason: 'unreachable',
    sentence: 'Connecting to the server failed (EMFILE).',
  });
  expect(told('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED').sentence).toMatch(/encrypted connection/);
  expect(told('55000').sentence).toBe('This database takes no connections.');
  expect(told('42704')).toMatchObject({ reason: 'unreachable', sqlstate: '42704' });
});
