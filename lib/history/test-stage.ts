import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { Store } from './store';

/** A store on a PostgreSQL of its own, for tests; it goes with `stop()`. */
export type StoreStage = { store: Store; target: Target; server: Embedded; stop(): Promise<void> };

/** Starts a PostgreSQL (in a temporary folder where none is named) and a store on it that is on when this returns. */
export async function startStore(
  options: { major?: number; folder?: string; settings?: Record<string, string | number> } = {},
): Promise<StoreStage> {
  const { major = 18, folder = mkdtempSync(join(tmpdir(), 'pgdeck-store-')), settings } = options;
  const superuserPassword = 'store';
  const server = await startEmbedded({
    major,
    dataDir: join(folder, 'data'),
    temporary: true,
    superuserPassword,
    settings: { fsync: 'off', ...settings },
  });
  const target: Target = {
    host: server.host,
    port: server.port,
    database: 'postgres',
    user: server.superuser,
    password: superuserPassword,
    tls: { mode: 'disable' },
  };
  const store = new Store({ place: () => target, retryMs: [500] });
  store.start();
  await until(
    () => store.on,
    () => `the store did not come on: ${store.state.reason}`,
  );
  return {
    store,
    target,
    server,
    async stop() {
      await store.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until something is so, three quarters of a minute at most. */
export async function until(
  so: () => boolean | Promise<boolean>,
  otherwise: () => string = () => 'it did not happen in time',
): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (!(await so())) {
    if (Date.now() > deadline) throw new Error(otherwise());
    await sleep(20);
  }
}
