import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';

const password = 'bench-password';
const database = 'shop';
const idleClients = 20;
const workEveryMs = 250;

/** A PostgreSQL of the bench's own, filled, with clients that keep it alive. */
export type WatchedServer = {
  tables: number;
  version: string;
  admin: pg.Client;
  /** Makes a role with pg_monitor and answers how it signs in: what it costs is counted by role. */
  newWatcher(role: string): Promise<Target>;
  stop(): Promise<void>;
};

/** Starts a PostgreSQL 18 on loopback with `tables` tables and `statements` entries in pg_stat_statements. */
export async function startWatchedServer(tables: number, statements: number): Promise<WatchedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-bench-'));
  let server: Embedded | undefined;
  const clients: pg.Client[] = [];
  let work: NodeJS.Timeout | undefined;
  const stop = async () => {
    clearInterval(work);
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    server = await startEmbedded({
      major: 18,
      dataDir: join(folder, 'data'),
      settings: {
        shared_preload_libraries: 'pg_stat_statements',
        'pg_stat_statements.max': 10_000,
        track_io_timing: 'on',
        autovacuum: 'off', // its own work would fall into one window and not into the other
        fsync: 'off',
        wal_level: 'minimal',
        max_wal_senders: 0,
        max_wal_size: '4GB',
        checkpoint_timeout: '1h',
      },
      superuserPassword: password,
      temporary: true,
    });
    const { port, superuser, version } = server;
    const connect = async (database: string, application_name: string) => {
      const client = new pg.Client({
        host: '127.0.0.1',
        port,
        user: superuser,
        password,
        database,
        application_name,
      });
      client.on('error', () => {});
      await client.connect();
      clients.push(client);
      return client;
    };
    const first = await connect('postgres', 'bench');
    await first.query(`create database ${database}`);
    const admin = await connect(database, 'bench');
    await admin.query('create extension pg_stat_statements');
    await makeTables(admin, tables);
    await makeStatements(admin, statements);
    const idle = await Promise.all(Array.from({ length: idleClients }, () => connect(database, 'shop')));
    const [worker] = idle;
    let turn = 0;
    work = setInterval(() => {
      worker
        ?.query(`update t_${turn++ % Math.min(tables, 50)} set amount = amount + 1 where id = ${(turn % 20) + 1}`)
        .catch(() => {});
    }, workEveryMs);
    return {
      tables,
      version,
      admin,
      stop,
      async newWatcher(role) {
        await admin.query(`create role ${role} login password '${password}'; grant pg_monitor to ${role}`);
        return { host: '127.0.0.1', port, database, user: role, password, tls: { mode: 'disable' } };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The configuration that makes pgdeck watch a target. */
export function watchedAs(id: string, target: Target): ServerConfig {
  return { id, name: id, environment: undefined, tags: [], demo: false, read: target, action: target };
}

/** Many small tables: big only in number, each with a primary key, two indexes, TOAST and 20 rows. */
async function makeTables(admin: pg.Client, tables: number): Promise<void> {
  const perTransaction = 100;
  for (let from = 0; from < tables; from += perTransaction) {
    await admin.query(`do $$
begin
  for n in ${from} .. ${Math.min(tables, from + perTransaction) - 1} loop
    execute format('create table t_%s (id bigserial primary key, customer int not null, amount numeric not null, note text)', n);
    execute format('insert into t_%s (customer, amount, note) select i, i, ''note '' || i from generate_series(1, 20) as i', n);
    execute format('create index on t_%s (customer)', n);
    execute format('create index on t_%s (amount)', n);
  end loop;
end $$`);
  }
  await admin.query('vacuum analyze');
}

/**
 * Entries of pg_stat_statements with texts of 300 to 3,000 characters; few run often, most run once, as on real servers.
 * A statement is told from another by the types of its constants: bit k of its number is a numeric or an integer.
 */
async function makeStatements(admin: pg.Client, statements: number): Promise<void> {
  const bits = Math.ceil(Math.log2(statements + 1));
  let batch: string[] = [];
  for (let n = 0; n < statements; n++) {
    const columns = Array.from({ length: bits }, (_, bit) => (n & (1 << bit) ? '1.5' : '1')).join(', ');
    const text = `select /* ${'a statement of the shop, '.repeat(10 + (n % 100))} */ ${columns}`;
    for (let call = 0; call <= 500 / (n + 1); call++) batch.push(text);
    if (batch.length >= 100 || n === statements - 1) {
      await admin.query(batch.join(';\n'));
      batch = [];
    }
  }
}
