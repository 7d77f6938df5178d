import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { PostgresProblem } from './errors';
import { ServerConnections } from './server-connections';

const folder = mkdtempSync(join(tmpdir(), 'pgdeck-test-'));
let server: Embedded;
let admin: pg.Client;
const opened: ServerConnections[] = [];

const target = (changes: Partial<Target> = {}): Target => ({
  host: '127.0.0.1',
  port: server.port,
  database: 'postgres',
  user: 'watcher',
  password: 'watcher-password',
  tls: { mode: 'prefer' },
  ...changes,
});

function connect(changes: Partial<Target> = {}): ServerConnections {
  const config: ServerConfig = {
    id: 'test',
    name: 'test',
    environment: undefined,
    tags: [],
    demo: false,
    read: target(changes),
    action: target(changes),
  };
  const connections = new ServerConnections(config, 2);
  opened.push(connections);
  return connections;
}

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => (error instanceof PostgresProblem ? error.problem : error),
  );
const ours = async () =>
  (
    await admin.query(
      "select pid, application_name from pg_stat_activity where application_name like 'pgdeck%' and backend_type = 'client backend'",
    )
  ).rows as { pid: number; application_name: string }[];

beforeAll(async () => {
  server = await startEmbedded({
    major: 18,
    dataDir: join(folder, 'data'),
    settings: { max_connections: 12, superuser_reserved_connections: 3, fsync: 'off' },
    superuserPassword: 'superuser-password',
  });
  admin = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    password: 'superuser-password',
    database: 'postgres',
  });
  admin.on('error', () => {});
  await admin.connect();
  await admin.query("create role watcher login password 'watcher-password'; grant pg_monitor to watcher");
  await admin.query('create database other');
  await admin.query('create database third');
});
afterEach(async () => {
  for (const connections of opened.splice(0)) connections.close();
  await expect.poll(ours).toEqual([]);
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

// T22: fails without any line of startup.question in lib/postgres/session.ts.
test('T22: a question runs read-only, with its budgets, in pg_catalog', async () => {
  const connections = connect();
  const [row] = await connections.ask(
    'pinned',
    undefined,
    `select current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout,
      current_setting('idle_in_transaction_session_timeout') as idle_timeout,
      current_setting('search_path') as search_path, current_setting('jit') as jit, current_setting('application_name') as application_name`,
  );
  expect(row).toEqual({
    statement_timeout: '4s',
    lock_timeout: '250ms',
    idle_timeout: '5s',
    search_path: 'pg_catalog',
    jit: 'off',
    application_name: 'pgdeck',
  });
  expect((await problemOf(connections.ask('pinned', undefined, 'create table public.t ()')))?.code).toBe('25006');
});

// T10: fails without `queryMode: 'extended'` in lib/postgres/session.ts.
test('T10: a text with two statements is refused', async () => {
  // What is asked rarely is not prepared, which would refuse it in any case.
  for (const rarely of [true, false])
    expect(
      (await problemOf(connect().ask('pinned', undefined, 'select 1; select 2', [], { rarely })))?.code,
      `rarely: ${rarely}`,
    ).toBe('42601');
});

// T22: fails where each question opens a connection of its own (lib/postgres/server-connections.ts).
test('T22: questions use at most three connections, and a hundred of them at once no more', async () => {
  const connections = connect();
  let most = 0;
  await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      await connections.ask(
        index % 3 === 0 ? 'pinned' : index % 3 === 1 ? 'slow' : 'walking',
        index % 3 === 2 ? 'other' : undefined,
        'select 1',
      );
      const [figures] = connections.pools();
      most = Math.max(most, (figures?.in_use ?? 0) + (figures?.idle ?? 0));
    }),
  );
  expect(most).toBe(3);
  // One that was closed for another is there a moment longer.
  await expect.poll(async () => (await ours()).length).toBeLessThanOrEqual(3);
  // On a busy machine one of the three changes its database for those who have waited long.
  expect(connections.pools()[0]).toMatchObject({ pool: 'sampling', size: 3 });
  expect(connections.pools()[0]?.opened_total).toBeLessThan(10);
});

test('slow questions leave nothing in the memory of the pinned connection', async () => {
  const connections = connect();
  const pid = 'select pg_backend_pid() as pid';
  const [pinned] = await connections.ask('pinned', undefined, pid);
  const [first] = await connections.ask('slow', undefined, pid);
  const [second] = await connections.ask('slow', undefined, pid);
  expect(first).not.toEqual(pinned);
  expect(second).toEqual(first);
});

test('questions to two other databases take turns and do not cut each other off', async () => {
  const connections = connect();
  const ask = (database: string) =>
    connections.ask('walking', database, 'select current_database()::text as db, pg_sleep(0.05)::text as slept');
  const answers = await Promise.all(['other', 'third', 'other', 'third', 'other'].map(ask));
  expect(answers.map(([row]) => row?.db)).toEqual(['other', 'third', 'other', 'third', 'other']);
  expect(connections.problem).toBeUndefined();
  expect(connections.pools()[0]?.errors_total).toBe(0);
});

test('a role that may not connect to the database is told so, not that it lacks pg_monitor', async () => {
  await admin.query('revoke connect on database third from public');
  const problem = await problemOf(connect({ database: 'third' }).ask('pinned', undefined, 'select 1'));
  await admin.query('grant connect on database third to public');
  expect(problem).toMatchObject({ reason: 'unreachable', sqlstate: '42501' });
  expect(problem.sentence).toMatch(/may not connect/);
});

test('a connection that was killed while idle is replaced without an error', async () => {
  const connections = connect();
  await connections.ask('pinned', undefined, 'select 1');
  for (const { pid } of await ours()) await admin.query('select pg_terminate_backend($1, 30000)', [pid]);
  expect(await connections.ask('pinned', undefined, 'select 2 as two')).toEqual([{ two: 2 }]);
});

test('with every slot taken the open connection goes on answering', async () => {
  const connections = connect();
  await connections.ask('pinned', undefined, 'select 1');
  const fillers: pg.Client[] = [];
  for (;;) {
    const filler = new pg.Client({ ...target(), application_name: 'filler' } as pg.ClientConfig);
    filler.on('error', () => {});
    try {
      await filler.connect();
    } catch {
      break;
    }
    fillers.push(filler);
  }
  try {
    expect(await connections.ask('pinned', undefined, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await connections.ask('slow', undefined, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(connections.problem).toBeUndefined();
    const late = connect();
    expect(await problemOf(late.ask('pinned', undefined, 'select 1'))).toMatchObject({
      reason: 'unreachable',
      sqlstate: '53300',
    });
  } finally {
    await Promise.all(fillers.map((filler) => filler.end()));
  }
});

test.each([
  ['a wrong password', { password: 'wrong' }, /password/],
  ['an unknown database', { database: 'nowhere' }, /no database/],
  ['an unknown role', { user: 'nobody_here' }, /password|log in/],
  ['encryption that the server does not offer', { tls: { mode: 'require' as const } }, /does not offer encryption/],
  ['a port where nothing listens', { port: 1 }, /Nothing listens/],
])('%s is said in a sentence of its own, without the address', async (_, changes, sentence) => {
  const problem = await problemOf(connect(changes).ask('pinned', undefined, 'select 1'));
  expect(problem?.sentence).toMatch(sentence);
  expect(JSON.stringify(problem)).not.toMatch(/127\.0\.0\.1|watcher-password/);
});

test('a refused attempt is not repeated at once', async () => {
  const connections = connect({ password: 'wrong' });
  // However long the machine takes: it is the same moment.
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    await problemOf(connections.ask('pinned', undefined, 'select 1'));
    await problemOf(connections.ask('pinned', undefined, 'select 1'));
    expect(connections.nextAttemptAt).toBeGreaterThan(Date.now());
    expect(connections.pools()[0]).toMatchObject({ errors_total: 1, failed_connections_total: 1 });
  } finally {
    vi.useRealTimers();
  }
});

test('a restart is noticed by the heartbeat and survived', async () => {
  const connections = connect();
  await connections.ask('pinned', undefined, 'select 1');
  const seen: string[] = [];
  connections.onServerChange = (_, after) => seen.push(after.postmasterStart);
  await admin.end();
  await server.restart();
  admin = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    password: 'superuser-password',
    database: 'postgres',
  });
  admin.on('error', () => {});
  await admin.connect();
  await expect
    .poll(() =>
      connections.heartbeat().then(
        () => 'ok',
        () => 'not yet',
      ),
    )
    .toBe('ok');
  await connections.ask('pinned', undefined, 'select 1');
  expect(seen.length).toBe(1);
});

test('signals have their own connection: not read-only, short timeouts', async () => {
  const connections = connect();
  const answer = await connections.signal((query) =>
    query(
      "select current_setting('default_transaction_read_only') as ro, current_setting('statement_timeout') as st, current_setting('lock_timeout') as lt",
    ),
  );
  expect(answer.rows).toEqual([{ ro: 'off', st: '4s', lt: '250ms' }]);
});

test('a maintenance session names its run, waits 2 s for locks, tells notices, and there is one more than long ones may run', async () => {
  const connections = connect();
  const first = await connections.holdActing().openMaintenance('run1', 'other');
  const answer = await first.query(
    "select current_setting('lock_timeout') as lt, current_setting('statement_timeout') as st, current_setting('application_name') as name, current_database()::text as db",
  );
  expect(answer.rows).toEqual([{ lt: '2s', st: '0', name: 'pgdeck:act:run1', db: 'other' }]);
  expect((await first.query('analyze pg_catalog.pg_authid')).notices[0]?.sqlstate).toBe('01000');
  const second = await connections.holdActing().openMaintenance('run2', 'other');
  const brief = await connections.holdActing().openMaintenance('run3', 'other');
  expect((await problemOf(connections.holdActing().openMaintenance('run4', 'other')))?.sentence).toMatch(
    /3 actions are running/,
  );
  first.close();
  second.close();
  const later = await connections.holdActing().openMaintenance('run4', 'other');
  later.close();
  brief.close();
});

test('capabilities: version, role, grants, databases, no extension', async () => {
  const capabilities = await connect().probe();
  expect(capabilities).toMatchObject({
    major: 18,
    role: 'watcher',
    superuser: false,
    inRecovery: false,
    database: 'postgres',
    pooled: false,
  });
  expect(capabilities.databases).toEqual(['other', 'postgres', 'third']);
  expect(capabilities.grants.has('pg_read_all_stats')).toBe(true);
  expect(capabilities.grants.has('pg_signal_backend')).toBe(false);
  expect(capabilities.systemIdentifier).toMatch(/^\d+$/);
  expect(capabilities.extensions.has('pg_stat_statements')).toBe(false);
});
