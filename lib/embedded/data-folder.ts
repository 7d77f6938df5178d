import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Account, canEnter } from './account';
import type { Binaries } from './binaries';
import { EmbeddedError } from './errors';
import { saysDiskFull } from './why-not';

/** The environment of every embedded server's programs: nothing of ours, one locale, one time zone. */
export const serverEnvironment = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as unknown as NodeJS.ProcessEnv;

function give(path: string, account: Account): void {
  if (account) chownSync(path, account.uid, account.gid);
}

/** Runs a program of PostgreSQL to its end with this input; what it wrote, also as the message of an error. */
export function runProgram(
  command: string,
  parameters: string[],
  account: Account,
  cwd: string,
  input = '',
): Promise<string> {
  const child = spawn(command, parameters, {
    ...account,
    cwd,
    env: serverEnvironment,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}).end(input); // it may end without having read
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new EmbeddedError(output.trim()))));
  });
}

/** Makes the folder enterable where it is our own, and says what stands in the way where a folder above it is closed. */
export function openFor(folder: string, account: Account): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  if (!account || canEnter(folder, account)) return;
  if (statSync(folder).uid === process.getuid?.()) chmodSync(folder, statSync(folder).mode | 0o011);
  if (canEnter(folder, account)) return;
  throw new EmbeddedError(
    `PostgreSQL does not run as root; it runs here as uid ${account.uid}, which cannot enter ${folder}. ` +
      'Choose a folder that others may enter (PGDECK_STATE_DIR), or run pgdeck as an ordinary user.',
    'folder',
  );
}

/** The major version that the data in this folder is of; undefined when there is none. */
export function majorOf(dataDir: string): number | undefined {
  const file = join(dataDir, 'PG_VERSION');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

/** The folder's canonical path, made with initdb when it holds no server yet; a half-made one (initdb was killed) is made anew. */
export async function prepareDataFolder(
  dataDir: string,
  binaries: Binaries,
  account: Account,
  { superuser, superuserPassword }: { superuser: string; superuserPassword: string },
): Promise<{ dataDir: string; initialised: boolean }> {
  const above = dirname(dataDir);
  openFor(above, account);
  const found = majorOf(dataDir);
  const wanted = Number.parseInt(binaries.version, 10);
  if (Number.isNaN(found)) throw new EmbeddedError(`PG_VERSION in ${dataDir} cannot be read.`, 'damaged');
  if (found !== undefined && found !== wanted) {
    throw new EmbeddedError(
      `${dataDir} holds data of PostgreSQL ${found}; this is PostgreSQL ${wanted}. Move or delete it.`,
      'version',
    );
  }
  if (found !== undefined) return { dataDir: realpathSync(dataDir), initialised: false };
  if (existsSync(dataDir) && readdirSync(dataDir).length > 0) {
    throw new EmbeddedError(`${dataDir} is not empty and holds no PostgreSQL data. Move or delete it.`, 'damaged');
  }
  // Made beside its place and renamed when whole, so that an interrupted initdb leaves nothing that looks usable.
  const making = join(above, `.${basename(dataDir)}.making`);
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { mode: 0o700 });
  give(making, account);
  const secrets = mkdtempSync(join(tmpdir(), 'pgdeck-initdb-'));
  try {
    give(secrets, account);
    const passwordFile = join(secrets, 'password');
    writeFileSync(passwordFile, `${superuserPassword}\n`, { mode: 0o600 });
    give(passwordFile, account);
    await runProgram(
      binaries.initdb,
      [
        ...['-D', making, '-U', superuser, '--encoding=UTF8', '--locale=C', '--auth=scram-sha-256'],
        ...[`--pwfile=${passwordFile}`, '--no-sync', '--no-instructions'],
      ],
      account,
      making,
    );
    rmSync(dataDir, { recursive: true, force: true });
    renameSync(making, dataDir);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    const reason = error instanceof Error ? error.message : String(error);
    if (saysDiskFull(reason))
      throw new EmbeddedError(
        `The disk is full: PostgreSQL's data could not be made in ${above}. Make room, or set PGDECK_STATE_DIR.`,
        'disk-full',
      );
    throw new EmbeddedError(`PostgreSQL's data could not be made in ${dataDir}: ${reason}`);
  } finally {
    rmSync(secrets, { recursive: true, force: true });
  }
  return { dataDir: realpathSync(dataDir), initialised: true };
}
