import { expect, it } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { confirmFor, isLoopback, raisesConfirmation } from './confirm';

const target = (host: string): Target => ({
  host,
  port: 5432,
  database: 'shop',
  user: 'app',
  password: undefined,
  tls: { mode: 'prefer' },
});
const server = (host: string, environment?: string): ServerConfig => ({
  id: 'x',
  name: 'x',
  environment,
  tags: [],
  demo: false,
  read: target('127.0.0.1'),
  action: target(host),
});

it('knows this machine', () => {
  for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', 'LOCALHOST', '::1', '[::1]', '/var/run/postgresql'])
    expect(isLoopback(host), host).toBe(true);
  for (const host of ['10.0.0.1', 'db', '127.0.0.1.evil.test', 'localhost.test', '::2', '1127.0.0.1'])
    expect(isLoopback(host), host).toBe(false);
});

it('asks for one level more on production, and on another machine without an environment', () => {
  expect(raisesConfirmation(server('127.0.0.1'))).toBe(false);
  expect(raisesConfirmation(server('db.internal'))).toBe(true);
  expect(raisesConfirmation(server('db.internal', 'staging'))).toBe(false);
  expect(raisesConfirmation(server('127.0.0.1', 'Production'))).toBe(true);
  expect(confirmFor('click', server('db.internal'))).toBe('step');
  expect(confirmFor('step', server('db.internal'))).toBe('typed');
  expect(confirmFor('typed', server('db.internal'))).toBe('typed');
  expect(confirmFor('click', server('localhost'))).toBe('click');
});
