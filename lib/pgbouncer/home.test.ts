import { expect, test } from 'vitest';
import type { Target } from '@/lib/config';
import { homeAmong } from './home';

const target = (host: string, port: number, database = 'postgres'): Target => ({
  ...{ host, port, database, user: 'u', password: undefined },
  tls: { mode: 'disable' },
});
/** Whether a database at an address leads to the server, as pgdeck writes that and PgBouncer's own address. */
const leads = (host: string | null, port: number, server: Target, pgbouncer = target('bouncer', 6432)) =>
  homeAmong([], { read: server, action: server, pgbouncer })({ host, port });

test('the same host and port lead to the server, others do not', () => {
  expect(leads('db', 5432, target('db', 5432))).toBe(true);
  expect(leads('DB', 5432, target('db', 5432))).toBe(true);
  expect(leads('db', 5433, target('db', 5432))).toBe(false);
  expect(leads('other', 5432, target('db', 5432))).toBe(false);
  expect(leads('db,other', 5432, target('db', 5432))).toBe(false);
});

test("PgBouncer's own machine is the server's where both have one address", () => {
  for (const host of [null, '127.0.0.1', 'localhost', '/var/run/postgresql'])
    expect(leads(host, 5432, target('db', 5432), target('db', 6432)), String(host)).toBe(true);
  expect(leads('127.0.0.1', 5432, target('db', 5432))).toBe(false);
  // What is local to pgdeck need not be local to a PgBouncer elsewhere.
  expect(leads('127.0.0.1', 5432, target('127.0.0.1', 5432))).toBe(false);
  expect(leads('127.0.0.1', 5432, target('localhost', 5432), target('127.0.0.1', 6432))).toBe(true);
});

test('through PgBouncer the server is where its own database leads', () => {
  const through = target('bouncer', 6432, 'shop');
  const rows = [
    { name: 'shop', host: '10.0.0.9', port: 5432 },
    { name: 'second', host: '10.0.0.9', port: 5432 },
    { name: 'third', host: '10.0.0.8', port: 5432 },
  ];
  const isHome = homeAmong(rows, { read: through, action: through, pgbouncer: target('bouncer', 6432, 'pgbouncer') });
  expect(rows.map(isHome)).toEqual([true, true, false]);
  expect(
    homeAmong([], { read: through, action: through, pgbouncer: target('bouncer', 6432) })({ host: 'x', port: 1 }),
  ).toBe(false);
});
