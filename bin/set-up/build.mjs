import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pagesFolder } from '../../lib/config-early.mjs';
import { alone } from './lock.mjs';
import { SetUpError, step } from './progress.mjs';
import { endsWithUs, run } from './run.mjs';

const appSources = ['app', 'components', 'lib', 'public', 'instrumentation.ts', 'instrumentation-node.ts', 'proxy.ts'];
const appSettings = [
  ...['next.config.js', 'postcss.config.mjs', 'tsconfig.json', 'tsconfig.next.json'],
  ...['package.json', 'package-lock.json'],
];
const programSources = ['bin', 'lib', 'demo', 'bench', 'package-lock.json', 'tsconfig.json'];
/** Each becomes dist/<name>.mjs, where its source is there. */
const programs = {
  launcher: 'bin/launcher.ts',
  'demo-reset': 'bin/demo-reset.ts',
  doctor: 'bin/doctor.ts',
  'history-migrate': 'bin/history-migrate.ts',
  'audit-verify': 'bin/audit-verify.ts',
  'config-check': 'bin/config-check.ts',
  user: 'bin/user.ts',
  token: 'bin/token.ts',
  workload: 'demo/workload.ts',
  bench: 'bench/bench.ts',
};

/** A hash over the names and contents of sources; tests are left out, for no build needs them. */
function fingerprint(root, sources) {
  const hash = createHash('sha256').update(process.versions.modules);
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full) || path === 'bench/results') return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) add(`${path}/${name}`);
    } else if (!/\.(test|spec)\.tsx?$/.test(path)) hash.update(`\0${path}\0`).update(readFileSync(full));
  };
  for (const path of sources) add(path);
  return hash.digest('hex');
}

const stampFile = (root, name) => join(root, 'dist', `${name}.built`);

function isBuilt(root, name, print) {
  const file = stampFile(root, name);
  return existsSync(file) && readFileSync(file, 'utf8') === print;
}

async function once(root, name, sources, made, work) {
  const done = () => made() && isBuilt(root, name, fingerprint(root, sources));
  if (done()) return;
  await alone(root, async () => {
    if (done()) return;
    const print = fingerprint(root, sources);
    rmSync(stampFile(root, name), { force: true });
    await work();
    mkdirSync(join(root, 'dist'), { recursive: true });
    // What was changed while it was built is built at the next start.
    writeFileSync(stampFile(root, name), print);
  });
}

/** Bundles what runs outside Next (launcher, commands, demo workload) into dist/, when its sources changed. @param {string} root */
export async function buildPrograms(root) {
  const made = () => existsSync(join(root, 'dist', 'launcher.mjs'));
  await once(root, 'programs', programSources, made, () =>
    step('Building the programs', async () => {
      const { build, stop } = await import(
        pathToFileURL(createRequire(join(root, 'package.json')).resolve('esbuild')).href
      );
      const entryPoints = Object.entries(programs)
        .filter(([, source]) => existsSync(join(root, source)))
        .map(([out, source]) => ({ out, in: join(root, source) }));
      try {
        await build({
          entryPoints,
          outdir: join(root, 'dist'),
          outExtension: { '.js': '.mjs' },
          bundle: true,
          splitting: true,
          format: 'esm',
          platform: 'node',
          target: 'node20',
          packages: 'external',
          absWorkingDir: root,
          tsconfig: join(root, 'tsconfig.json'),
          sourcemap: 'linked',
          logLevel: 'silent',
        });
      } catch (error) {
        throw new SetUpError(`The programs could not be built:\n${error.message}`);
      } finally {
        await stop(); // its service would run on beside us
      }
    }),
  );
}

/**
 * Builds the web application with `next build`, when its sources changed; each base path has a build of its own.
 * @param {string} root
 * @param {string} basePath
 */
export async function buildApp(root, basePath) {
  const made = () => existsSync(join(root, pagesFolder(basePath), 'BUILD_ID'));
  // A base path never holds a ~.
  await once(root, `app${basePath.replaceAll('/', '~')}`, [...appSources, ...appSettings], made, () =>
    step(`Building the pages${basePath && ` below ${basePath}`}`, async () => {
      const next = createRequire(join(root, 'package.json')).resolve('next/dist/bin/next');
      const { code, output } = await run(process.execPath, ['--import', endsWithUs, next, 'build'], {
        cwd: root,
        env: { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', PGDECK_BASE_PATH: basePath },
      });
      if (code === 0) return;
      if (/ENOSPC|no space left/i.test(output))
        throw new SetUpError(
          `The disk is full: the pages could not be built in ${root}. Make room and run the command again.`,
        );
      throw new SetUpError(`The pages could not be built:\n${output.trimEnd()}`);
    }),
  );
}
