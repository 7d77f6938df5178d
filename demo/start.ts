import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '@/lib/config';
import { EmbeddedError } from '@/lib/embedded/errors';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { readSecrets, type Secrets } from './passwords';
import { database, prepareShop } from './prepare';
import type { LoginRole } from './roles';
import type { Shop } from './workload/shop';
import { WorkloadProcess } from './workload-process';

/** What `startDemo` is told. */
export type DemoOptions = {
  /** The demo's own folder: passwords and data. */
  stateDir: string;
  /** The clone: its packages and dist/workload.mjs. */
  root: string;
  /** Told in plain words what people should know. */
  say: (line: string) => void;
  /** Another bundle of demo/workload.ts, and its speed; for tests. */
  workload?: { program?: string } & Partial<Pick<Shop, 'chain' | 'pool'>>;
};

/** The running demo: how to reach it as the role that reads and the role that acts. */
export type Demo = {
  read: Target;
  action: Target;
  /** Ends the workload, then the server. */
  stop(): Promise<void>;
};

/** The folder below the demo's that holds PostgreSQL's data; another major version gets another one. */
const dataFolder = 'pgdata-18';

// Small and bounded: some 130 MB of shop, 100 MB of write-ahead log, no more than one core for a statement.
const settings = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.max': 1_000,
  track_io_timing: 'on',
  max_connections: 80,
  shared_buffers: '64MB',
  synchronous_commit: 'off',
  wal_compression: 'pglz',
  max_wal_size: '96MB',
  min_wal_size: '32MB',
  temp_file_limit: '128MB',
  max_parallel_workers_per_gather: 0,
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  recovery_init_sync_method: 'syncfs',
};

/**
 * Starts the demo: a PostgreSQL 18 on a free loopback port with the shop in it and the workload that keeps it alive. When
 * it returns there is enough for a page to show; the rest is filled in behind. Throws `EmbeddedError` with what to do.
 */
export async function startDemo({ stateDir, root, say, workload }: DemoOptions): Promise<Demo> {
  const dataDir = join(stateDir, dataFolder);
  mkdirSync(stateDir, { recursive: true });
  const { secrets, fresh } = readSecrets(stateDir);
  if (fresh && existsSync(dataDir)) {
    say("The demo's passwords are gone, so its data is made anew.");
    rmSync(dataDir, { recursive: true, force: true });
  }
  const server = await startEmbedded({
    major: 18,
    dataDir,
    root,
    settings: process.platform === 'linux' ? settings : { ...settings, recovery_init_sync_method: 'fsync' },
    superuserPassword: secrets.superuser,
    onChange: (change) => say(`The demo: ${change}.`),
  });
  try {
    await prepareShop(server, server.superuser, secrets, say);
  } catch (error) {
    await server.stop();
    throw whyNot(error, stateDir);
  }
  const running = new WorkloadProcess(
    workload?.program ?? join(root, 'dist', 'workload.mjs'),
    {
      host: server.host,
      port: server.port,
      database,
      passwords: secrets.logins,
      chain: workload?.chain ?? { restSeconds: 60, holdSeconds: 30 },
      pool: workload?.pool ?? { growSeconds: 15, fullSeconds: 90 },
    },
    say,
  );
  return {
    read: target(server, 'pgdeck_read', secrets),
    action: target(server, 'pgdeck_action', secrets),
    stop: async () => {
      await running.stop();
      await server.stop();
    },
  };
}

function target({ host, port }: Embedded, user: LoginRole, { logins }: Secrets): Target {
  return { host, port, database, user, password: logins[user], tls: { mode: 'disable' } };
}

function whyNot(error: unknown, folder: string): EmbeddedError {
  const { code, message } = error as { code?: string; message: string };
  return new EmbeddedError(
    code === '53100'
      ? `The disk is full: the demo's shop could not be made in ${folder}. Make room, or set PGDECK_STATE_DIR.`
      : `The demo's shop could not be made: ${message}. npm run demo:reset deletes its data; the next start makes it anew.`,
  );
}
