import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a postmaster wrote into its data folder; `status` is `starting`, `stopping`, `ready` or `standby`. */
export type PidFile = { pid: number; port: number; status: string };

/** Reads postmaster.pid; undefined when there is none or it is only half written. */
export function readPidFile(dataDir: string): PidFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() };
}

/** True while a process with this pid exists (also another user's). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True when the process is a `postgres` that works in this data folder, and not another one that got its pid. */
export function isPostgresOf(pid: number, dataDir: string): boolean {
  try {
    if (process.platform !== 'linux') {
      const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
      return command.includes('postgres') && command.includes(dataDir);
    }
    const program = basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '');
    return program === 'postgres' && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataDir);
  } catch {
    return false;
  }
}

/** Server processes that still work in this data folder although their postmaster is gone (Linux only). */
export function processesOf(dataDir: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 1 && isPostgresOf(pid, dataDir));
}

/** The parent's pid and program name, or undefined when the process is gone. */
export function parentOf(pid: number): { pid: number; program: string } | undefined {
  try {
    const ask = (column: string, of: number) =>
      execFileSync('ps', ['-o', `${column}=`, '-p', String(of)], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    if (process.platform !== 'linux') {
      const parent = Number(ask('ppid', pid));
      return { pid: parent, program: basename(ask('comm', parent)) };
    }
    const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return { pid: parent, program: readFileSync(`/proc/${parent}/comm`, 'utf8').trim() };
  } catch {
    return undefined;
  }
}

/** Sends a signal; a process that is gone already gets none. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // it is gone already
  }
}

/** Ends what a killed postmaster left behind; a busy backend notices SIGTERM late, or never. */
export async function endProcessesOf(dataDir: string): Promise<void> {
  for (let round = 0; ; round++) {
    const left = processesOf(dataDir);
    if (left.length === 0) return;
    for (const pid of left) signal(pid, round < 10 ? 'SIGTERM' : 'SIGKILL');
    await sleep(200);
  }
}
