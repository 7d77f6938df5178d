import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const variable = 'PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];
const onMac = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

const runs = (file) => spawnSync(file, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;

function ofPlaywright() {
  try {
    return createRequire(join(root, 'package.json'))('playwright-core').chromium.executablePath();
  } catch {
    return undefined;
  }
}

/** A Chromium that runs: the one of the environment variable, Playwright's own, or an installed one; throws when the named one does not run. */
export function findChromium() {
  const named = process.env[variable];
  if (named) {
    if (runs(named)) return named;
    throw new Error(`${variable} names a program that does not run: ${named}`);
  }
  const inPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  const candidates = [ofPlaywright(), ...inPath, ...(process.platform === 'darwin' ? onMac : [])];
  return candidates.find((file) => file && existsSync(file) && runs(file));
}

/** Finds a Chromium, or installs Debian's when this is root; throws with both commands when there is none. */
export function ensureChromium() {
  const found = findChromium() ?? (aptInstall('chromium') ? findChromium() : undefined);
  if (found) return found;
  throw new Error(
    `No Chromium was found (looked at ${variable}, Playwright's own, and ${names.join(', ')} in PATH). ` +
      'Install one: npx playwright install chromium, or on Debian and Ubuntu as root: apt-get install chromium',
  );
}

/** Installs a Debian package when this is root on a system with apt; true when it was installed. */
export function aptInstall(name) {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version'], { stdio: 'ignore' }).status !== 0) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', name], {
      env,
      stdio: 'ignore',
      timeout: 300_000,
    });
  if (install().status === 0) return true;
  spawnSync('apt-get', ['update'], { env, stdio: 'ignore', timeout: 300_000 });
  return install().status === 0;
}
