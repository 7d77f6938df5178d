import { expect, test } from 'vitest';
import { connections } from './connections';
import type { Known, Raw } from './topic';

const known: Known = (lookup, key) =>
  lookup.id === 'database-names'
    ? { key, datname: 'shop', datconnlimit: 50 }
    : { key, rolname: key === '10' ? 'postgres' : 'app', rolconnlimit: 20, rolsuper: Number(key) === 10 };

const raw = (changes: Raw): Raw => ({
  datid: 5,
  usesysid: 16_400,
  application_name: 'web',
  client_addr: null,
  state: 'idle',
  wait_event_type: null,
  own: false,
  connections: 1,
  hidden: 0,
  oldest_state_seconds: 1,
  oldest_xact_seconds: null,
  own_usesysid: null,
  max_connections: 100,
  superuser_reserved_connections: 3,
  reserved_connections: 5,
  ...changes,
});
const rowsOf = (...rows: Raw[]) =>
  (connections.join?.(rows, known).rows ?? []).map((row) => connections.row.parse(row)) as never;
const series = (id: string) => connections.series?.find((one) => one.id === id);

test('the ceiling is what an application can have, less every reserved slot', () => {
  expect(rowsOf(raw({}))).toMatchObject([{ ceiling: 92, datname: 'shop', datconnlimit: 50, rolconnlimit: 20 }]);
});

test('a superuser is not bound by the limit of its role', () => {
  expect(rowsOf(raw({ usesysid: 10 }))).toMatchObject([{ rolconnlimit: null }]);
});

test('connections by state add up to all of them', () => {
  const rows = rowsOf(
    raw({ connections: 4 }),
    raw({ state: 'active', connections: 3 }),
    raw({ state: 'active', wait_event_type: 'Lock', connections: 2 }),
    raw({ state: 'idle in transaction', connections: 5 }),
    raw({ state: 'idle in transaction (aborted)', connections: 1 }),
    raw({ state: null, connections: 7 }),
  );
  expect(series('connections')?.columns).toEqual([
    'waiting',
    'idle_in_transaction',
    'active',
    'idle',
    'other',
    'ceiling',
  ]);
  expect(series('connections')?.point(rows)).toEqual([2, 6, 3, 4, 7, 92]);
});

test("waiting for the client is no wait for a lock, and pgdeck's own session is nobody's load", () => {
  const rows = rowsOf(
    raw({ state: 'active', wait_event_type: 'Client', connections: 2 }),
    raw({ state: 'active', connections: 1, own: true }),
    raw({ state: 'active', wait_event_type: 'Extension', connections: 1 }),
  );
  expect(series('waiting-sessions')?.point(rows)).toEqual([0]);
  const active = series('active-sessions');
  expect(active?.point(rows)?.[active.columns.indexOf('cpu')]).toBe(0);
  expect(active?.point(rows)?.[active.columns.indexOf('client')]).toBe(2);
  expect(active?.point(rows)?.[active.columns.indexOf('other')]).toBe(1);
});

test('what is hidden is a gap, not a zero, and the grant is named', () => {
  const hidden = [
    raw({ state: null, hidden: 3, connections: 3 }),
    raw({ own: true, state: 'active', own_usesysid: 16_400 }),
  ];
  expect(series('waiting-sessions')?.point(rowsOf(...hidden))).toEqual([null]);
  expect(
    series('active-sessions')
      ?.point(rowsOf(...hidden))
      ?.every((value) => value === null),
  ).toBe(true);
  expect(connections.join?.(hidden, known).partial).toMatchObject([
    { reason: 'privilege', fixSql: 'grant pg_monitor to app;' },
  ]);
});
