import { mkdir, open, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KeptFile, UnusableFile } from '@/lib/access/kept-file';
import { LaunchError } from './launch-error';
import { whyNoFolder } from './state-folder';

const patienceMs = 5000;

/** What a list of people or tokens holds; throws `LaunchError` where it cannot be used. */
export async function readList<T>(file: KeptFile<T[]>): Promise<T[]> {
  return file.read().catch((error) => {
    throw error instanceof UnusableFile ? new LaunchError(error.message) : error;
  });
}

/**
 * Changes a list, which a running pgdeck sees at its next request: one writer at a time, and the file is the old or the
 * new one at every moment. Throws `LaunchError` with what to do.
 */
export async function changeList<T>(
  file: KeptFile<T[]>,
  key: 'users' | 'tokens',
  change: (entries: T[]) => T[],
): Promise<void> {
  await explained(file.path, mkdir(dirname(file.path), { recursive: true, mode: 0o711 }));
  const lock = `${file.path}.lock`;
  await takeLock(lock, file.path);
  try {
    const entries = change(await readList(file));
    await explained(file.path, replace(file.path, `${JSON.stringify({ [key]: entries }, null, 2)}\n`));
  } finally {
    await unlink(lock);
  }
}

async function takeLock(lock: string, path: string): Promise<void> {
  const until = Date.now() + patienceMs;
  let gone: number | undefined;
  for (;;) {
    try {
      const handle = await open(lock, 'wx', 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await explained(path, Promise.reject(error));
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    // One that was only just gone may have left with its lock: it has to be gone at two looks.
    if (holder > 0 && holder === gone)
      throw new LaunchError(`A command that changed ${path} did not come to its end. Delete ${lock}, then try again.`);
    gone = holder > 0 && !isAlive(holder) ? holder : undefined;
    if (Date.now() > until)
      throw new LaunchError(
        `${path} is being changed by another command. Try again, or delete ${lock} if there is none.`,
      );
    await sleep(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Root may do this for a pgdeck that runs as somebody else, who must still be able to read it. */
async function replace(path: string, text: string): Promise<void> {
  const owner = await stat(path).catch(() => stat(dirname(path)));
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    if (process.getuid?.() === 0) await handle.chown(owner.uid, owner.gid);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, path);
}

async function explained<T>(path: string, work: Promise<T>): Promise<T> {
  return work.catch((error) => {
    throw new LaunchError(`${path} cannot be written: ${whyNoFolder(error)}.`);
  });
}
