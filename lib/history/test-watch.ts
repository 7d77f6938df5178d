import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import type { Clock } from './clock';

/** A server to watch, for tests: with pg_stat_statements, and a role as pgdeck is given one. */
export type WatchStage = {
  server: Embedded;
  config: ServerConfig;
  /** Sends a statement as superuser. */
  run<Row = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Another session of a superuser. */
  session(applicationName?: string): Promise<pg.Client>;
  /** Restarts the server. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a server of a major version to watch. */
export async function startWatched(major: number, settings: Record<string, string> = {}): Promise<WatchStage> {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-watched-'));
  const server = await startEmbedded({
    major,
    dataDir: join(folder, 'data'),
    temporary: true,
    superuserPassword: 'watched',
    // Nobody but the test reads, vacuums and counts: PostgreSQL 14 tells for half a second what it told somebody else.
    settings: { fsync: 'off', autovacuum: 'off', shared_preload_libraries: 'pg_stat_statements', ...settings },
  });
  const target: Target = {
    host: server.host,
    port: server.port,
    database: 'postgres',
    user: 'watcher',
    password: 'watched',
    tls: { mode: 'disable' },
  };
  const sessions: pg.Client[] = [];
  const session = async (applicationName = 'app') => {
    const client = new pg.Client({
      host: server.host,
      port: server.port,
      user: server.superuser,
      password: 'watched',
      database: 'postgres',
      application_name: applicationName,
    });
    client.on('error', () => {});
    await client.connect();
    sessions.push(client);
    return client;
  };
  let admin = await session('admin');
  await admin.query(
    "create extension pg_stat_statements; create role watcher login password 'watched'; grant pg_monitor to watcher",
  );
  return {
    server,
    config: {
      id: 'watched',
      name: 'watched',
      environment: undefined,
      tags: [],
      demo: false,
      read: target,
      action: target,
    },
    run: async (text, values) => (await admin.query(text, values)).rows,
    session,
    async restart() {
      await admin.end().catch(() => {});
      await server.restart();
      admin = await session('admin');
    },
    async stop() {
      for (const client of sessions) await client.end().catch(() => {});
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A clock that stands still until it is moved; both begin at a whole hour. */
export class TestClock implements Clock {
  #now = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  #elapsed = 1_000_000;

  now = () => this.#now;
  elapsed = () => this.#elapsed;

  /** Lets time pass. */
  pass(seconds: number): void {
    this.#now += seconds * 1000;
    this.#elapsed += seconds * 1000;
  }

  /** Sets the time of day to another one. */
  set(seconds: number): void {
    this.#now += seconds * 1000;
  }
}
