import { constants, copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LaunchError } from './launch-error';

type Holder = { pid: number; born: string | null; address: string };

/** When a process began, in the system's ticks: tells a process from a later one with the same pid; null where unknown. */
function birthOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isAlive({ pid, born }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return born === null || birthOf(pid) === born;
}

function read(file: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isInteger(holder?.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

const halfMs = 250;

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Removes the lock that nobody holds (`seen`: what stood in it). Since it was read another starter may have put its own
 * there: only what was renamed can be looked at without changing any more, and goes back where it is another's.
 */
export function removeStale(file: string, seen: Holder | undefined): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // removed by another starter
    throw new LaunchError(`The lock ${file} cannot be taken over: ${(error as Error).message}`);
  }
  const found = read(aside);
  try {
    if (found && (found.pid !== seen?.pid || found.born !== seen.born))
      copyFileSync(aside, file, constants.COPYFILE_EXCL);
  } catch {
    // A third starter has the folder by now.
  }
  rmSync(aside, { force: true });
}

/**
 * Takes the state folder for this process; returns what gives it back. Throws `LaunchError` when a living pgdeck holds
 * it; the lock of one that was killed is taken over.
 */
export function lockStateFolder(stateDir: string, address: string): () => void {
  const file = join(stateDir, 'pgdeck.lock');
  const own: Holder = { pid: process.pid, born: birthOf(process.pid), address };
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      writeFileSync(file, `${JSON.stringify(own)}\n`, { flag: 'wx', mode: 0o600 });
      return () => {
        if (read(file)?.pid === process.pid) rmSync(file, { force: true });
      };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new LaunchError(`The state folder ${stateDir} cannot be written: ${message}`);
    }
    const holder = read(file);
    if (holder && holder.pid !== process.pid && isAlive(holder)) {
      throw new LaunchError(
        `Another pgdeck (process ${holder.pid}, ${holder.address}) uses the state folder ${stateDir}. ` +
          'Stop it, or give this one a folder of its own: PGDECK_STATE_DIR=…',
      );
    }
    // Another starter may be between making and writing it: half a lock that stays half is nobody's.
    if (!holder && attempt === 0) pause(halfMs);
    else removeStale(file, holder);
  }
  throw new LaunchError(`The lock ${file} changes while it is read; is another pgdeck starting? Try again.`);
}
