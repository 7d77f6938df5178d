import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let root: string;
let told: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'pgdeck-build-'));
  told = '';
  vi.resetModules();
  const terminal = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY') ?? { value: undefined, configurable: true };
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
  restore = () => Object.defineProperty(process.stderr, 'isTTY', terminal);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += text;
    return true;
  });
});
let restore = () => {};
afterEach(() => {
  restore();
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

/** A clone whose builder says and does what `source` says. */
async function build(source: string): Promise<unknown> {
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('package.json', '{}');
  put('node_modules/next/package.json', '{ "name": "next" }');
  put('node_modules/next/dist/bin/next', source);
  const { buildApp } = await import('./build.mjs');
  return buildApp(root, '').catch((error: unknown) => error);
}

const table = Array.from({ length: 60 }, (_, n) => `├ ƒ /page-${n}   1.2 kB   101 kB`).join('\n');

test('while the pages are built only the step and its time are told', async () => {
  expect(await build(`console.log(${JSON.stringify(table)}); setTimeout(() => {}, 1300)`)).toBeUndefined();
  const lines = stripVTControlCharacters(told)
    .split(/[\r\n]/)
    .filter((line) => line !== '');
  expect(lines.length).toBeGreaterThan(2);
  for (const line of lines) expect(line).toMatch(/^Building the pages( … \d+ s|: done in \d+\.\d s)$/);
});

test('what a failed build said is told whole', async () => {
  const error = await build(`console.error(${JSON.stringify(`${table}\nno type`)}); process.exit(1)`);
  expect((error as Error).message).toBe(`The pages could not be built:\n${table}\nno type`);
});

// Fails where a build goes on alone: the next start would be refused by it.
test('a build ends with the start that was killed', async () => {
  await build('');
  const pidFile = join(root, 'pid');
  const source = `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`;
  writeFileSync(join(root, 'node_modules/next/dist/bin/next'), source);
  rmSync(join(root, 'dist'), { recursive: true });
  const here = pathToFileURL(join(import.meta.dirname, 'build.mjs')).href;
  const start = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { buildApp } from ${JSON.stringify(here)}; await buildApp(${JSON.stringify(root)}, '')`,
  ]);
  const pid = await vi.waitUntil(() => existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')), {
    timeout: 25_000,
  });
  start.kill('SIGKILL');
  await vi.waitUntil(() => !isThere(pid), { timeout: 25_000 });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
