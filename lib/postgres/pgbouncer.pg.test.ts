import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { freePort } from '@/lib/embedded/ports';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { PostgresProblem } from './errors';
import { ServerConnections } from './server-connections';

const folder = mkdtempSync(join(tmpdir(), 'pgdeck-test-'));
let server: Embedded;
let admin: pg.Client;
let pooler: ChildProcess;
let connections: ServerConnections;

const listening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connectSocket(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

beforeAll(async () => {
  server = await startEmbedded({
    major: 15,
    dataDir: join(folder, 'data'),
    settings: { fsync: 'off' },
    superuserPassword: 'superuser-password',
  });
  admin = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    password: 'superuser-password',
    database: 'postgres',
  });
  await admin.connect();
  await admin.query("create role watcher login superuser password 'watcher-password'");
  const port = await freePort();
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'users.txt'), '"watcher" "watcher-password"\n', { mode: 0o644 });
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
postgres = host=127.0.0.1 port=${server.port} dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
default_pool_size = 2
`,
  );
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  pooler = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], { ...account, cwd: '/', stdio: 'ignore' });
  for (let tries = 0; tries < 100 && !(await listening(port)); tries++)
    await new Promise((next) => setTimeout(next, 100));
  const target: Target = {
    host: '127.0.0.1',
    port,
    database: 'postgres',
    user: 'watcher',
    password: 'watcher-password',
    tls: { mode: 'disable' },
  };
  const config: ServerConfig = {
    id: 'pooled',
    name: 'pooled',
    environment: undefined,
    tags: [],
    demo: false,
    read: target,
    action: target,
  };
  connections = new ServerConnections(config, 2);
});
afterAll(async () => {
  connections?.close();
  pooler?.kill('SIGKILL');
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a transaction pooler is recognised, and each question brings its own settings', async () => {
  const capabilities = await connections.probe();
  expect(capabilities.pooled).toBe(true);
  const settings = `select current_setting('statement_timeout') as st, current_setting('lock_timeout') as lt,
    current_setting('transaction_read_only') as ro, current_setting('search_path') as path`;
  for (let turn = 0; turn < 5; turn++)
    expect(await connections.ask('pinned', undefined, settings)).toEqual([
      { st: '4s', lt: '250ms', ro: 'on', path: 'pg_catalog' },
    ]);
});

test('signals bring theirs, and neither reaches other clients of the pooler', async () => {
  const settings =
    "select current_setting('statement_timeout') as st, current_setting('lock_timeout') as lt, current_setting('transaction_read_only') as ro";
  await connections.ask('pinned', undefined, 'select 1');
  const answer = await connections.signal((query) => query(settings));
  expect(answer.rows).toEqual([{ st: '4s', lt: '250ms', ro: 'off' }]);
  const { host, port, user, password, database } = connections.config.read;
  const neighbour = new pg.Client({ host, port, user, database, password: password ?? '' });
  await neighbour.connect();
  const { rows } = await neighbour.query(settings);
  await neighbour.end();
  expect(rows).toEqual([{ st: '0', lt: '0', ro: 'off' }]);
});

test('a failed question leaves no transaction behind', async () => {
  await expect(connections.ask('pinned', undefined, 'select 1/0')).rejects.toMatchObject({ code: '22012' });
  expect(await connections.ask('pinned', undefined, 'select 1 as one')).toEqual([{ one: 1 }]);
  const { rows } = await admin.query(
    "select count(*)::int as open from pg_stat_activity where state like 'idle in transaction%'",
  );
  expect(rows).toEqual([{ open: 0 }]);
});

test('a session of its own is refused with the reason', async () => {
  const refused = await connections.openMaintenance('run', 'postgres').catch((error) => error);
  expect(refused).toBeInstanceOf(PostgresProblem);
  expect(refused.problem.reason).toBe('pooler');
});
