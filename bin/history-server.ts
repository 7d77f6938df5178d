import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedError } from '@/lib/embedded/errors';
import { setPassword } from '@/lib/embedded/password';
import { newSecret, readSecretsFile } from '@/lib/embedded/secrets';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import type { HistoryPlace } from '@/lib/history/place';
import { prepareStore, type StoreSecrets, targetOf } from './history-database';
import { firstWords, historyProblem, withoutPlaces } from './history-words';
import { serverFolder } from './state-folder';

const major = 18;
/** The folder below the history's that holds PostgreSQL's data; another major version gets another one. */
export const dataFolder = `pgdata-${major}`;

// Small and gentle: it runs beside the pages. Acknowledged means kept, so commits wait for the disk.
const settings = {
  synchronous_commit: 'on',
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_wal_size: '96MB',
  min_wal_size: '32MB',
  wal_compression: 'pglz',
  checkpoint_timeout: '15min',
  max_connections: 20,
  max_locks_per_transaction: 256,
  shared_buffers: '32MB',
  work_mem: '16MB',
  maintenance_work_mem: '32MB',
  temp_file_limit: '512MB',
  autovacuum_max_workers: 1,
  autovacuum_vacuum_cost_delay: '10ms',
  max_parallel_workers_per_gather: 0,
  max_parallel_maintenance_workers: 0,
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  recovery_init_sync_method: process.platform === 'linux' ? 'syncfs' : 'fsync',
};

const retrySeconds = [1, 2, 5, 10, 30];
/** Without programs for this platform nothing changes soon. */
const retryPlatformSeconds = 300;
/** Recovery after a crash may take minutes, and is never cut short. */
const startSeconds = 1_800;
const slowSeconds = 15;
const asideAgainMs = 3_600_000;
/** PostgreSQL runs and what it writes or rolls up meets spoiled data so often within so long: it will not heal. */
const damage = { times: 3, withinMs: 600_000 };

/** What the store's server is told: the folder of pgdeck's state, the clone, and who is told in plain words. */
export type HistoryServerOptions = { stateDir: string; root: string; say: (line: string) => void };

/**
 * The history's own PostgreSQL: started beside everything else, kept running, and told of in `place`. Whatever stands in its
 * way is said there and tried again; a store that PostgreSQL cannot read is moved aside, never deleted, and a new one is made.
 */
export class HistoryServer {
  readonly place: HistoryPlace = { kind: 'embedded', notices: [], damaged: (why) => this.#damaged(why) };
  #options: HistoryServerOptions;
  #server: Embedded | undefined;
  /** Where it was found last; before that, below the state folder. */
  #folder: string;
  #stopping = new AbortController();
  #keeping: Promise<void> | undefined;
  #movedAt = Number.NEGATIVE_INFINITY;
  #damages: number[] = [];

  constructor(options: HistoryServerOptions) {
    this.#options = options;
    this.#folder = join(options.stateDir, 'history');
  }

  /** Begins to bring it up, and returns at once. */
  start(): void {
    this.#keeping = this.#bringUp();
  }

  /** Ends it, or its start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#keeping;
    await this.#server?.stop();
  }

  async #bringUp(): Promise<void> {
    for (let attempt = 0; !this.#stopping.signal.aborted; attempt++) {
      const slow = setTimeout(() => this.#tell(historyProblem('slow', this.#options.stateDir)), slowSeconds * 1000);
      try {
        await this.#attempt();
        return;
      } catch (error) {
        clearTimeout(slow);
        if (this.#movesAside(error)) continue;
        this.#tell(historyProblem(error, this.#options.stateDir));
        const seconds =
          error instanceof EmbeddedError && error.reason === 'platform'
            ? retryPlatformSeconds
            : retrySeconds[Math.min(attempt, retrySeconds.length - 1)];
        await sleep((seconds ?? 1) * 1000, undefined, { ref: false, signal: this.#stopping.signal }).catch(() => {});
      } finally {
        clearTimeout(slow);
      }
    }
  }

  async #attempt(): Promise<void> {
    const { stateDir, root } = this.#options;
    const folder = serverFolder(stateDir, 'history');
    this.#folder = folder;
    if (!folder.startsWith(stateDir))
      this.#notice(`PostgreSQL runs as another user, who cannot enter ${stateDir}; the history is in ${folder}.`);
    const { secrets } = storeSecrets(folder);
    const start = () => startStore(folder, root, secrets, (change, now) => this.#changed(change, now));
    this.#server = await start();
    try {
      await prepareStore(this.#server, secrets).catch(async (error) => {
        if (error.code !== '28P01') throw error;
        // The file with the passwords is newer than the data.
        await this.#server?.stop();
        await setPassword(newPassword(folder, root, secrets));
        this.#server = await start();
        await prepareStore(this.#server, secrets);
      });
    } catch (error) {
      await this.#server?.stop();
      this.#server = undefined;
      throw error;
    }
    this.place.target = targetOf(this.#server, secrets);
    this.#tell(undefined);
  }

  #changed(change: string, now: 'down' | 'up' | EmbeddedError): void {
    if (!this.place.target) return; // being prepared: that fails by itself, and is begun anew
    if (now === 'up') this.#tell(undefined);
    else if (now === 'down') this.#tell(`The history's ${change}.`);
    else if (now.reason === 'damaged') this.#replace(now);
    else this.#tell(historyProblem(now, this.#options.stateDir));
  }

  #damaged(why: string): void {
    const now = Date.now();
    this.#damages = [...this.#damages.filter((at) => now - at < damage.withinMs), now];
    if (this.#damages.length < damage.times || now - this.#movedAt < asideAgainMs) return;
    this.#damages = [];
    this.#replace(new EmbeddedError(why, 'damaged'));
  }

  /** Ends a server that cannot read its data, and begins anew. */
  #replace(why: EmbeddedError): void {
    const server = this.#server;
    if (!server || !this.place.target) return; // it is being replaced already
    this.#server = undefined;
    this.place.target = undefined;
    this.#keeping = server.stop().then(async () => {
      if (!this.#movesAside(why)) this.#tell(historyProblem(why, this.#options.stateDir));
      await this.#bringUp();
    });
  }

  /** Moves a store aside that cannot be read; one an hour, so that a disk which spoils everything is not filled with them. */
  #movesAside(error: unknown): boolean {
    if (!(error instanceof EmbeddedError) || error.reason !== 'damaged') return false;
    if (Date.now() - this.#movedAt < asideAgainMs) return false;
    const dataDir = join(serverFolder(this.#options.stateDir, 'history'), dataFolder);
    if (!existsSync(dataDir)) return false;
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const aside = `${dataDir}.corrupt-${time}`;
    try {
      renameSync(dataDir, aside);
    } catch {
      return false; // the problem is told, and this is tried again
    }
    this.#movedAt = Date.now();
    this.#notice(
      `The history's data could not be read (${firstWords(error.message)}). It was moved to ${aside}, nothing of it is deleted, and a new history begins.`,
    );
    return true;
  }

  #notice(text: string): void {
    const told = this.#told(text);
    if (this.place.notices.some((notice) => notice.text === told)) return;
    this.place.notices.push({ at: Math.round(Date.now() / 1000), text: told });
    this.#options.say(text);
  }

  #tell(problem: string | undefined): void {
    const told = problem === undefined ? undefined : this.#told(problem);
    if (this.place.problem === told) return;
    const before = this.place.problem;
    this.place.problem = told;
    if (problem !== undefined) this.#options.say(problem);
    else if (before !== undefined) this.#options.say('The history is kept again.');
  }

  /** What `place` tells reaches everybody who looks at a page. */
  #told(text: string): string {
    return withoutPlaces(text, this.#options.stateDir, this.#folder);
  }
}

/** The passwords of a store's folder, made where there are none. */
export function storeSecrets(folder: string): { secrets: StoreSecrets; fresh: boolean } {
  return readSecretsFile<StoreSecrets>(
    join(folder, 'passwords.json'),
    ({ superuser, pgdeck }) => Boolean(superuser && pgdeck),
    () => ({ superuser: newSecret(), pgdeck: newSecret() }),
  );
}

/** Starts the PostgreSQL of a store's folder with the settings that suit it. */
export function startStore(
  folder: string,
  root: string,
  { superuser }: StoreSecrets,
  onChange?: (change: string, now: 'down' | 'up' | EmbeddedError) => void,
): Promise<Embedded> {
  return startEmbedded({
    major,
    dataDir: join(folder, dataFolder),
    root,
    settings,
    superuserPassword: superuser,
    startSeconds,
    ...(onChange && { onChange }),
  });
}

const newPassword = (folder: string, root: string, { superuser: password }: StoreSecrets) => ({
  major,
  dataDir: join(folder, dataFolder),
  root,
  superuser: 'postgres',
  password,
});
