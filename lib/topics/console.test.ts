import { describe, expect, test } from 'vitest';
import { connectionTimes, type Shown } from './console';
import { topics } from './index';
import type { AnyTopic, Raw } from './topic';

// The columns of SHOW as PgBouncer's documentation and changelog list them for each version; the figures are made up.

const socket18 =
  'type user database state addr port local_addr local_port connect_time request_time wait wait_us close_needed ptr link remote_pid tls application_name';
const socket21 = `${socket18} prepared_statements`;
const socket23 =
  'type user database replication state addr port local_addr local_port connect_time request_time wait wait_us close_needed ptr link remote_pid tls application_name prepared_statements';
const socket24 = `${socket23} id`;
const pools18 =
  'database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active sv_active_cancel sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait maxwait_us pool_mode';
const stats18 =
  'database total_xact_count total_query_count total_received total_sent total_xact_time total_query_time total_wait_time avg_xact_count avg_query_count avg_recv avg_sent avg_xact_time avg_query_time avg_wait_time';
const stats23 = `${stats18} total_server_assignment_count avg_server_assignment_count`;
const stats24 = `${stats23} total_client_parse_count total_server_parse_count total_bind_count avg_client_parse_count avg_server_parse_count avg_bind_count`;
const stats26 = stats24
  .replace('total_received', 'total_server_closed_count total_received')
  .concat(' total_server_lifetime avg_server_lifetime');
const databases18 =
  'name host port database force_user pool_size min_pool_size reserve_pool pool_mode max_connections current_connections paused disabled';
const databases23 =
  'name host port database force_user pool_size min_pool_size reserve_pool server_lifetime pool_mode max_connections current_connections paused disabled';
const databases24 =
  'name host port database force_user pool_size min_pool_size reserve_pool_size server_lifetime pool_mode load_balance_hosts max_connections current_connections max_client_connections current_client_connections paused disabled';

const users23 = 'name pool_size pool_mode max_user_connections current_connections';
const users24 =
  'name pool_size reserve_pool_size pool_mode max_user_connections current_connections max_user_client_connections current_client_connections';

const versions = {
  '1.18': { POOLS: pools18, STATS: stats18, CLIENTS: socket18, SERVERS: socket18, DATABASES: databases18 },
  '1.21': { POOLS: pools18, STATS: stats18, CLIENTS: socket21, SERVERS: socket21, DATABASES: databases18 },
  '1.23': {
    ...{ POOLS: pools18, STATS: stats23, CLIENTS: socket23, SERVERS: socket23, DATABASES: databases23 },
    USERS: users23,
  },
  '1.24': {
    ...{ POOLS: `${pools18} load_balance_hosts`, STATS: stats24, CLIENTS: socket24, SERVERS: socket24 },
    ...{ DATABASES: databases24, USERS: users24 },
  },
  '1.26': {
    ...{ POOLS: `${pools18} load_balance_hosts`, STATS: stats26, CLIENTS: socket24, SERVERS: socket24 },
    ...{ DATABASES: databases24, USERS: users24 },
  },
  // What a version after them may bring, in another order.
  later: {
    ...{
      POOLS: `thread_id sv_new load_balance_hosts ${pools18}`,
      STATS: `total_new ${stats26}`,
      CLIENTS: `new ${socket24} thread_id`,
      SERVERS: `new ${socket24} thread_id`,
    },
    ...{ DATABASES: `new ${databases24}`, USERS: `new ${users24}` },
  },
};
const known: Raw = {
  ...{ type: 'C', user: 'app', database: 'shop', name: 'shop', state: 'waiting', ptr: '0x1', link: '', tls: '' },
  ...{ connect_time: '2026-03-01 10:00:00 CET', request_time: '2026-03-01 10:00:09 CET' },
  ...{ host: 'db', addr: '10.0.0.1', local_addr: '10.0.0.2', application_name: 'web', replication: 'none' },
  ...{ pool_mode: 'transaction', force_user: null, load_balance_hosts: null, wait: 3, wait_us: 500_000 },
  ...{
    maxwait: 2,
    maxwait_us: 250_000,
    total_wait_time: 1_500_000,
    pool_size: 20,
    paused: 0,
    disabled: 1,
    close_needed: 0,
  },
};
const minorIn = (version: string) => Number(version.split('.')[1] ?? 99);
const shownBy = (version: keyof typeof versions): Shown =>
  Object.fromEntries(
    Object.entries(versions[version]).map(([command, columns]) => [
      command,
      [Object.fromEntries(columns.split(' ').map((column) => [column, known[column] ?? (column in known ? null : 7)]))],
    ]),
  );
const rowsOf = (topic: AnyTopic, version: keyof typeof versions) => {
  const rows = topic.console?.rows(shownBy(version), () => true, minorIn(version)) ?? [];
  return rows.map((row) => {
    expect(Object.keys(row).sort()).toEqual(Object.keys(topic.row.shape).sort());
    return topic.row.parse(row) as Raw;
  });
};

describe.each(Object.keys(versions) as (keyof typeof versions)[])('PgBouncer %s', (version) => {
  const minor = minorIn(version);

  test('pools', () => {
    expect(rowsOf(topics['pgbouncer-pools'], version)).toMatchObject([
      {
        database: 'shop',
        datname: 'shop',
        cl_active: 7,
        sv_login: 7,
        maxwait_seconds: 2.25,
        paused: false,
        disabled: true,
      },
    ]);
    // A user's own pool size goes before the database's.
    expect(rowsOf(topics['pgbouncer-pools'], version)[0]?.pool_size).toBe(20);
  });

  test('traffic', () => {
    expect(rowsOf(topics['pgbouncer-stats'], version)).toMatchObject([
      {
        total_wait_time_seconds: 1.5,
        total_received_bytes: 7,
        total_server_assignment_count: minor >= 23 ? 7 : null,
        total_bind_count: minor >= 24 ? 7 : null,
      },
    ]);
  });

  test('clients and servers', () => {
    const later = { replication: minor >= 23 ? 'none' : null, prepared_statements: minor >= 21 ? 7 : null };
    expect(rowsOf(topics['pgbouncer-clients'], version)).toMatchObject([
      { ...later, waits: true, wait_seconds: 3.5, application_name: 'web', id: minor >= 24 ? 7 : null },
    ]);
    expect(rowsOf(topics['pgbouncer-servers'], version)).toMatchObject([
      { ...later, remote_pid: 7, close_needed: false, link: null },
    ]);
  });

  test('databases', () => {
    expect(rowsOf(topics['pgbouncer-databases'], version)).toMatchObject([
      {
        ...{ name: 'shop', host: 'db', pool_size: 20, reserve_pool_size: 7, paused: false, disabled: true },
        server_lifetime_seconds: minor >= 23 ? 7 : null,
        max_client_connections: minor >= 24 ? 7 : null,
      },
    ]);
  });
});

const sizes = (minor: number, users: Raw[], own: Raw = {}) => {
  const shown = shownBy('1.24');
  Object.assign(shown.DATABASES?.[0] ?? {}, own);
  const [pool] = topics['pgbouncer-pools'].console?.rows({ ...shown, USERS: users }, () => true, minor) ?? [];
  return [pool?.pool_size, pool?.reserve_pool_size];
};
const sized = (name: string, pool_size: string, reserve_pool_size = '') => ({ name, pool_size, reserve_pool_size });

test("a user's own pool size goes before the database's, and an empty one does not", () => {
  expect(sizes(24, [sized('app', '        3')])).toEqual([3, 7]);
  expect(sizes(24, [sized('app', '')])).toEqual([20, 7]);
  expect(sizes(24, [sized('other', '        3')])).toEqual([20, 7]);
});

test('a size that SHOW USERS may only repeat from the row before is not known, until 1.26', () => {
  const users = [sized('other', '        3', '        1'), sized('app', '        3', '        1')];
  expect(sizes(24, users)).toEqual([null, null]);
  expect(sizes(25, users)).toEqual([null, null]);
  expect(sizes(26, users)).toEqual([3, 1]);
  // What the database has all the same is known.
  expect(sizes(25, users, { pool_size: 3, reserve_pool_size: 1 })).toEqual([3, 1]);
  // What comes after another size is the user's own.
  expect(sizes(25, [sized('other', '        5'), sized('app', '        3')])).toEqual([3, 7]);
});

test('a pool size of 0 is no limit from 1.24 on, and before that it is 0', () => {
  expect(sizes(24, [], { pool_size: 0, reserve_pool_size: 0 })).toEqual([null, 0]);
  expect(sizes(23, [], { pool_size: 0, reserve_pool_size: 0 })).toEqual([0, 0]);
  expect(sizes(26, [sized('app', '        0')])).toEqual([null, 7]);
  const databases = (minor: number) =>
    topics['pgbouncer-databases'].console?.rows({ DATABASES: [{ ...known, pool_size: 0 }] }, () => true, minor)[0];
  expect(databases(24)).toMatchObject({ pool_size: null });
  expect(databases(23)).toMatchObject({ pool_size: 0 });
});

test('what leads elsewhere has no name here, and the console is no database', () => {
  const shown = shownBy('1.24');
  for (const rows of Object.values(shown))
    rows.push({ ...rows[0], database: 'pgbouncer', name: 'pgbouncer', ptr: '0x2' });
  for (const topic of Object.values(topics) as AnyTopic[]) {
    if (!topic.databaseColumn || !topic.console) continue;
    const rows = topic.console.rows(shown, () => false, 24);
    expect(
      rows.map((row) => row.datname),
      topic.id,
    ).toEqual([null]);
  }
});

test('a setting that holds a password is told without it', () => {
  const shown = {
    CONFIG: [
      { key: 'auth_ldap_options', value: 'ldapbindpasswd=hunter2', default: '', changeable: 'yes' },
      { key: 'auth_query', value: 'select usename, passwd from pg_shadow', default: '', changeable: 'yes' },
      { key: 'listen_port', value: '6432', default: '6432', changeable: 'no' },
      { key: 'pool_mode', value: 'session' },
    ],
  };
  const rows = topics['pgbouncer-config'].console?.rows(shown, () => true, 18) ?? [];
  expect(rows).toMatchObject([
    { key: 'auth_ldap_options', value: '…' },
    { key: 'auth_query' },
    { key: 'listen_port', value: '6432', is_default: true, changeable: false },
    { key: 'pool_mode', default: null, changeable: null },
  ]);
});

test("ages are by PgBouncer's clock, and null over a change of its time zone", () => {
  const asks = { database: 'pgbouncer', request_time: '2026-03-01 10:00:10 CET' };
  const { since } = connectionTimes([{ database: 'shop', request_time: '2026-03-01 10:00:59 CET' }, asks]);
  expect(since({ connect_time: '2026-03-01 10:00:04 CET' }, 'connect_time')).toBe(6);
  expect(since({ connect_time: '2026-03-01 10:00:04 CEST' }, 'connect_time')).toBeNull();
  expect(since({ connect_time: 'never' }, 'connect_time')).toBeNull();
  expect(connectionTimes([]).since({ connect_time: '2026-03-01 10:00:04 CET' }, 'connect_time')).toBeNull();
});
