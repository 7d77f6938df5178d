// npm test: sets up what the tests need, runs them all, and ends with the line `N passed, N failed[, N skipped]`.
// What cannot be set up is one failure with its message.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildApp, buildPrograms } from '../bin/set-up/build.mjs';
import { installDependencies } from '../bin/set-up/install.mjs';
import { aptInstall, ensureChromium } from './chromium.mjs';
import { ensurePrometheus } from './prometheus.mjs';
import { check, fail, finish, lint, playwright, root, types, vitest } from './steps.mjs';

const started = Date.now();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** Gives the value of a set-up step, or undefined after counting its failure. */
async function setUp(name, work) {
  try {
    return (await work()) ?? true;
  } catch (error) {
    fail(name, error.message);
    return undefined;
  }
}

function ensurePgBouncer() {
  const isThere = () => spawnSync('pgbouncer', ['--version'], { stdio: 'ignore' }).status === 0;
  if (isThere() || (aptInstall('pgbouncer') && isThere())) return;
  throw new Error(
    'not found, and the tests of a transaction pooler need it. On Debian and Ubuntu as root: apt-get install pgbouncer',
  );
}

if (await setUp('Dependencies', () => installDependencies(root))) {
  await setUp('PostgreSQL 14 to 17', () =>
    installDependencies(join(root, 'scripts', 'postgres-majors'), 'Installing PostgreSQL 14 to 17 for the tests'),
  );
  const chromium = await setUp('Chromium', ensureChromium);
  await setUp('PgBouncer', ensurePgBouncer);
  // Where it cannot be had, its tests say so and are skipped.
  await setUp('Prometheus', ensurePrometheus);
  // Two lanes for two cores; then those that measure time have the machine for themselves.
  const build = check('Build', async () => {
    await buildPrograms(root);
    await buildApp(root, '');
    await buildApp(root, '/tools/pgdeck'); // of e2e/base-path.spec.ts
    return { code: 0, output: '' };
  });
  await Promise.all([
    build,
    lint()
      .then(types)
      .then(() => vitest('Unit tests', 'unit')),
  ]);
  await vitest('PostgreSQL tests', 'postgres');
  if (await build) {
    if (chromium) await playwright(chromium);
  } else fail('End to end', 'not run: there is no build');
}
finish(started);
