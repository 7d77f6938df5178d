import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateFolder, type Target } from '@/lib/config';
import { Store } from '@/lib/history/store';
import { log } from '@/lib/metrics/log';
import { targetFromUrl } from '@/lib/postgres/target';
import { copiedTables, copyTable, strangers } from './history-copy';
import { prepareStore, targetOf } from './history-database';
import { dataFolder, startStore, storeSecrets } from './history-server';
import { historyProblem } from './history-words';
import { LaunchError } from './launch-error';
import { makeStateFolder, serverFolder } from './state-folder';
import { lockStateFolder } from './state-lock';

/** What the command is told; `say` gets each line of its report. */
export type MigrateOptions = { root: string; to: string; say?: (line: string) => void };

/**
 * Copies the history of the state folder to a PostgreSQL of the user's; the source stays as it is. The exit code is 0 when
 * the target holds every row. Throws `LaunchError` with what to do, also while a pgdeck runs on the state folder.
 */
export async function run({ root, to, say = console.log }: MigrateOptions): Promise<number> {
  const target = targetFromUrl('--to', to);
  const stateDir = stateFolder(process.env);
  makeStateFolder(stateDir);
  log.level = 'silent'; // what the stores would log is said
  const release = lockStateFolder(stateDir, 'pgdeck history migrate');
  try {
    const folder = serverFolder(stateDir, 'history');
    if (!existsSync(join(folder, dataFolder)))
      throw new LaunchError(
        `There is no history in ${folder}. PGDECK_STATE_DIR names the state folder of the pgdeck that kept it.`,
      );
    say(`Starting the history in ${folder} …`);
    const { secrets } = storeSecrets(folder);
    const server = await startStore(folder, root, secrets).catch((error) => {
      throw new LaunchError(historyProblem(error, stateDir, 'Nothing was copied.'));
    });
    try {
      await prepareStore(server, secrets);
      return await copyAll(targetOf(server, secrets), target, say);
    } finally {
      await server.stop();
    }
  } finally {
    release();
  }
}

async function copyAll(source: Target, target: Target, say: (line: string) => void): Promise<number> {
  const stores: Store[] = [];
  try {
    for (const place of [source, target]) stores.push(await opened(place));
    const [from, to] = stores as [Store, Store];
    const other = await strangers(from, to);
    if (other)
      throw new LaunchError(
        `${nameOf(target)} already holds a history of its own: ${other}, which this one does not have. Two histories cannot be put together; name an empty database.`,
      );
    say(`Copying to ${nameOf(target)}, PostgreSQL ${to.state.version}${extensionOf(to)}:`);
    let whole = true;
    for (const table of copiedTables()) {
      const copied = await copyTable(from, to, table);
      const same = copied.source === copied.target;
      whole &&= same;
      say(
        `  ${table.padEnd(18)} ${copied.source} ${copied.source === 1 ? 'row' : 'rows'}${same ? '' : `, but ${copied.target} at the target`}`,
      );
    }
    say(
      whole
        ? 'Every row is there. Set PGDECK_HISTORY_URL to this address, and pgdeck goes on with it at its next start. The source stays as it was.'
        : 'The counts differ: something else writes to the target. Stop that, and run the command again.',
    );
    return whole ? 0 : 1;
  } catch (error) {
    if (error instanceof LaunchError) throw error;
    throw new LaunchError(
      `The copy to ${nameOf(target)} stopped: ${(error as Error).message}. Run the command again; it goes on where it was.`,
    );
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

/** A store that is on; throws with the reason at the first attempt that fails. */
async function opened(place: Target): Promise<Store> {
  const store = new Store({ place: () => place });
  store.start();
  while (!store.on) {
    if (store.state.status === 'failing') {
      await store.close();
      throw new LaunchError(`${nameOf(place)}: ${store.state.reason}`);
    }
    await sleep(50);
  }
  return store;
}

const nameOf = ({ host, port, database }: Target) => `${host}:${port}, database ${database}`;
const extensionOf = ({ state }: Store) =>
  state.engine === 'citus' ? ' with Citus' : state.engine === 'timescale' ? ' with TimescaleDB' : '';
