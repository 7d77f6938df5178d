import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'node_modules', '.cache', 'prometheus');
const runs = (file) => spawnSync(file, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0;

/** The folder with the programs prometheus and promtool, or undefined where there are none that run. */
export function findPrometheus() {
  const places = [...(process.env.PATH ?? '').split(delimiter), join(folder, 'usr', 'bin')];
  return places.find((place) =>
    ['prometheus', 'promtool'].every((name) => existsSync(join(place, name)) && runs(join(place, name))),
  );
}

/** Finds Prometheus, or takes it out of Debian's package, which is not installed: that would start a service. */
export function ensurePrometheus() {
  if (findPrometheus()) return;
  const apt = (...words) =>
    spawnSync('apt-get', words, { cwd: folder, stdio: 'ignore', timeout: 300_000 }).status === 0;
  mkdirSync(folder, { recursive: true });
  if (!apt('download', 'prometheus')) {
    if (process.getuid?.() !== 0 || !apt('update') || !apt('download', 'prometheus')) return;
  }
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  if (file) spawnSync('dpkg-deb', ['-x', file, '.'], { cwd: folder, stdio: 'ignore', timeout: 60_000 });
}
