import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { defaultPool, type PoolSettings } from '@/lib/config-resources';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { PostgresProblem } from './errors';
import { ServerConnections } from './server-connections';

/** The databases beside the home database. */
export const databases = ['one', 'two', 'three'] as const;
/** Asks for the pid of the session that answers. */
export const pid = 'select pg_backend_pid() as pid';

const superuserPassword = 'only-for-this-test';

/** A server with twenty slots and pools of pgdeck's to it, for the tests of one file. */
export class PoolStage {
  server!: Embedded;
  admin!: pg.Client;
  readonly #folder = mkdtempSync(join(tmpdir(), 'pgdeck-test-'));
  readonly #opened: ServerConnections[] = [];

  constructor() {
    beforeAll(async () => {
      await this.start();
      await this.admin.query("create role watcher login password 'watcher-password'; grant pg_monitor to watcher");
      for (const name of databases) await this.admin.query(`create database ${name}`);
    });
    afterEach(async () => {
      vi.useRealTimers();
      for (const connections of this.#opened.splice(0)) connections.close();
      await expect.poll(async () => (await this.sessions()).length).toBe(0);
    });
    afterAll(async () => {
      await this.admin?.end();
      await this.server?.stop();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  /** Starts the server, for the first time or after `stop`. */
  async start(): Promise<void> {
    this.server = await startEmbedded({
      major: 18,
      dataDir: join(this.#folder, 'data'),
      settings: { max_connections: 20, superuser_reserved_connections: 3, fsync: 'off' },
      superuserPassword,
    });
    const { port } = this.server;
    const user = { user: 'postgres', password: superuserPassword, database: 'postgres' };
    this.admin = new pg.Client({ host: '127.0.0.1', port, ...user });
    this.admin.on('error', () => {});
    await this.admin.connect();
  }

  async stop(): Promise<void> {
    await this.admin.end();
    await this.server.stop();
  }

  target(changes: Partial<Target> = {}): Target {
    return {
      host: '127.0.0.1',
      port: this.server.port,
      database: 'postgres',
      user: 'watcher',
      password: 'watcher-password',
      tls: { mode: 'disable' },
      ...changes,
    };
  }

  config(changes: Partial<Target> = {}): ServerConfig {
    return {
      id: 'test',
      name: 'test',
      environment: undefined,
      tags: [],
      demo: false,
      read: this.target(changes),
      action: this.target(),
    };
  }

  connect(settings: Partial<PoolSettings> = {}, changes: Partial<Target> = {}): ServerConnections {
    const connections = new ServerConnections(this.config(changes), 2, { ...defaultPool, ...settings });
    this.#opened.push(connections);
    return connections;
  }

  /** The sessions of pgdeck that the server has, oldest first. */
  async sessions(): Promise<{ pid: number; datname: string; state: string }[]> {
    const { rows } = await this.admin.query(
      "select pid, datname, state from pg_stat_activity where application_name = 'pgdeck' and datname is not null order by backend_start",
    );
    return rows;
  }

  /** The databases of those sessions. */
  async databasesOf(): Promise<string[]> {
    return (await this.sessions()).map(({ datname }) => datname);
  }

  /** Takes every slot that is free. */
  async fillSlots(): Promise<pg.Client[]> {
    const fillers: pg.Client[] = [];
    for (;;) {
      const filler = new pg.Client({ ...this.target(), application_name: 'filler' } as pg.ClientConfig);
      filler.on('error', () => {});
      try {
        await filler.connect();
      } catch {
        return fillers;
      }
      fillers.push(filler);
    }
  }
}

/** The pid of the session that a quick or slow question is answered by. */
export async function pidOver(connections: ServerConnections, lane: 'pinned' | 'slow'): Promise<number | undefined> {
  return (await connections.ask<{ pid: number }>(lane, undefined, pid))[0]?.pid;
}

/** The figures of the pool for questions. */
export function sampling(connections: ServerConnections) {
  const [figures] = connections.pools();
  if (!figures) throw new Error('no pool');
  return figures;
}

/** Why something failed, in words where it has any. */
export function problemOf(work: Promise<unknown>) {
  return work.then(
    () => undefined,
    (error) => (error instanceof PostgresProblem ? error.problem : error),
  );
}

/** Lets the clock by which connections are idle and old go on at once. */
export function later(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}
