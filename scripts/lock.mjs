// Mends package-lock.json after a change of dependencies: npm leaves out optional packages of other platforms that the
// registry did not serve, and then `npm ci` refuses the lock everywhere. Run: node scripts/lock.mjs [folder]
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
const file = join(folder, 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;

const systems = { windows: 'win32' };
for (const name of [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
])
  systems[name] = name;
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];

/** A platform package says in its name what it is for. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = words.map((word) => systems[word]).find(Boolean);
  const cpu = words.find((word) => processors.includes(word));
  const libc = words.some((word) => word.includes('musl'))
    ? 'musl'
    : words.some((word) => word.startsWith('gnu'))
      ? 'glibc'
      : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && os === 'linux' && { libc: [libc] }), ...(os && { os: [os] }) };
}

/** Whether a package that stands at `path` finds `name` in the lock, as node would. */
function isThere(path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true;
    if (at === '') return false;
    if (!at.includes('/node_modules/')) at = '';
    if (at === '' && packages[`node_modules/${name}`]) return true;
  }
}

let added = 0;
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isThere(path, name)) continue;
    packages[`node_modules/${name}`] = { version, ...platformOf(name), optional: true };
    added++;
  }
}
// No registry's host: who installs takes it from the registry that their npm is set to.
let hosts = 0;
for (const entry of Object.values(packages)) {
  if (typeof entry.resolved === 'string' && /^https?:/.test(entry.resolved)) {
    delete entry.resolved;
    hosts++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} optional platform packages added, ${hosts} addresses removed`);
