import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const reports = join(root, 'test-results', 'reports');

/** What the tests must not take from whoever runs them: settings of pgdeck, of PostgreSQL's clients, of npm's run; but where the distributed engines are. */
const foreign = /^(PG(?!DECK_TEST_(CITUS|TIMESCALE)_URL$)|DATABASE_URL$|PORT$|NODE_ENV$|npm_(?!execpath|config_))/;

const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));

/** Passed, failed and skipped counts; `lines` say what failed outside a test runner. */
export const tally = { passed: 0, failed: 0, skipped: 0, lines: [] };

export function fail(name, message) {
  tally.failed++;
  tally.lines.push(`${name}: ${message}`);
  process.stderr.write(`\n✗ ${name}: ${message}\n`);
}

function pass(name, started) {
  tally.passed++;
  process.stdout.write(`✓ ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`);
}

/** Runs a program and gives its exit code; what it says is shown when it is done, so that programs side by side do not mix. */
export function run(command, parameters, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, {
      cwd: root,
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    const end = () => child.kill('SIGTERM');
    process.once('exit', end);
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => {
      process.off('exit', end);
      resolve({ code, output: Buffer.concat(chunks).toString() });
    });
  });
}

const tool = (path) => join(root, 'node_modules', ...path.split('/'));

/** A step that counts as one test: it passes or fails as a whole. */
export async function check(name, work) {
  const started = Date.now();
  try {
    const { code, output } = await work();
    if (code === 0) pass(name, started);
    else {
      process.stdout.write(output);
      fail(name, 'failed, see above');
    }
    return code === 0;
  } catch (error) {
    fail(name, error.message);
    return false;
  }
}

export const lint = () =>
  check('Lint', () => run(process.execPath, [tool('@biomejs/biome/bin/biome'), 'check', '--colors=off', '.']));

export async function types() {
  await run(process.execPath, [tool('next/dist/bin/next'), 'typegen'], { NEXT_TELEMETRY_DISABLED: '1' });
  return check('Types', () => run(process.execPath, [tool('typescript/bin/tsc'), '--noEmit', '-p', root]));
}

/** Runs a test runner that writes a JSON report, and adds its counts; without a report it counts as one failure. */
async function counted(name, command, env, read) {
  const started = Date.now();
  const file = join(reports, `${name.toLowerCase().replaceAll(' ', '-')}.json`);
  mkdirSync(reports, { recursive: true });
  rmSync(file, { force: true });
  const { code, output } = await run(process.execPath, command(file), env(file));
  process.stdout.write(output);
  let counts;
  try {
    counts = read(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    fail(name, 'wrote no report');
    return;
  }
  tally.passed += counts.passed;
  tally.failed += counts.failed;
  tally.skipped += counts.skipped;
  if (code !== 0 && counts.failed === 0) fail(name, `ended with code ${code} although no test failed`);
  if (code === 0 && counts.passed === 0) fail(name, 'ran no test');
  process.stdout.write(
    `${counts.failed ? '✗' : '✓'} ${name}: ${counts.passed} passed, ${counts.failed} failed (${((Date.now() - started) / 1000).toFixed(1)} s)\n`,
  );
}

/** A project of vitest.config.ts. A file that could not be loaded has no tests and counts as one failure. */
export const vitest = (name, project) =>
  counted(
    name,
    (file) => [
      tool('vitest/vitest.mjs'),
      'run',
      '--project',
      project,
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    () => ({ NO_COLOR: '1' }),
    (report) => ({
      passed: report.numPassedTests,
      failed:
        report.numFailedTests +
        report.testResults.filter(
          ({ status, assertionResults }) =>
            status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
        ).length,
      skipped: report.numPendingTests + report.numTodoTests,
    }),
  );

export const playwright = (chromium) =>
  counted(
    'End to end',
    () => [tool('@playwright/test/cli.js'), 'test'],
    (file) => ({ PGDECK_TEST_REPORT: file, PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH: chromium, NO_COLOR: '1' }),
    ({ stats, errors }) => ({
      passed: stats.expected + stats.flaky,
      failed: stats.unexpected + (stats.unexpected === 0 ? errors.length : 0),
      skipped: stats.skipped,
    }),
  );

/** Prints the last line and ends with the right code. */
export function finish(started) {
  const { passed, failed, skipped, lines } = tally;
  process.stdout.write(
    `\n${lines.map((line) => `✗ ${line}\n`).join('')}Took ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
  );
  const ok = failed === 0 && passed > 0;
  process.stdout.write(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`, () =>
    process.exit(ok ? 0 : 1),
  );
}
