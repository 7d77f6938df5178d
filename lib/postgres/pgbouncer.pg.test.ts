import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { hasPgBouncer, TestPgBouncer } from '@/lib/pgbouncer/test-pgbouncer';
import { PostgresProblem } from './errors';
import { ServerConnections } from './server-connections';

// Without PgBouncer there is nothing to go through.
describe.skipIf(!hasPgBouncer)('through a transaction pooler', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-test-'));
  let server: Embedded;
  let admin: pg.Client;
  let pooler: TestPgBouncer;
  let connections: ServerConnections;

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
    const { host, port } = server;
    pooler = await TestPgBouncer.start({
      databases: { postgres: { host, port, dbname: 'postgres' } },
      users: { watcher: 'watcher-password' },
      settings: { pool_mode: 'transaction', default_pool_size: 2 },
    });
    const target: Target = {
      host: pooler.host,
      port: pooler.port,
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
    await pooler?.remove();
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
    const refused = await connections
      .holdActing()
      .openMaintenance('run', 'postgres')
      .catch((error) => error);
    expect(refused).toBeInstanceOf(PostgresProblem);
    expect(refused.problem.reason).toBe('pooler');
  });
});
