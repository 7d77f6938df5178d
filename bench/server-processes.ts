import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Run } from '@/lib/history/store';

/** The processes of the server that answers `run`, on this machine (Linux). */
async function processesOf(run: Run): Promise<number[]> {
  const [own] = await run<{ pid: number }>('select pg_backend_pid() as pid');
  const postmaster = parentOf(own?.pid ?? 0);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid === postmaster || parentOf(pid) === postmaster);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

const parentOf = (pid: number) =>
  Number(
    read(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[1] ?? 0,
  );

/** Time on a CPU of all processes that a server has now, in milliseconds. */
export async function cpuMsOfServer(run: Run): Promise<number> {
  const pids = await processesOf(run);
  return pids.reduce((sum, pid) => sum + Number(read(`/proc/${pid}/schedstat`).split(' ')[0] || 0) / 1e6, 0);
}

/** The folder of the data of the server that answers `run`. */
export async function dataFolderOf(run: Run): Promise<string> {
  const [pid = 0] = await processesOf(run);
  return readlinkSync(`/proc/${pid}/cwd`);
}

/** Memory of all processes of the server whose data is in `folder`: each shared page counts once. */
export function memoryOfServer(folder: string): number {
  const bytes = (pid: string) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && placeOf(name) === folder)
    .reduce((sum, pid) => sum + bytes(pid), 0);
}

function placeOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}
