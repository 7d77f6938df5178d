import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { installProblem } from './install.mjs';

const root = resolve(import.meta.dirname, '..', '..');

test.each([
  ['npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write', /^The disk is full/],
  ['npm error code ENOTFOUND\nnpm error network request to https://x failed', /cannot be reached/],
  ['npm error code EAI_AGAIN', /cannot be reached/],
  ['npm error connect ECONNREFUSED 127.0.0.1:4873', /cannot be reached/],
  ['npm error code EACCES\nnpm error syscall mkdir', /may not write there/],
  ['npm error code EUSAGE\nnpm error `npm ci` can only install packages when', /do not belong together/],
  ['npm error code E418\nnpm error something new', /something new$/],
])('what npm says becomes a sentence with the next step: %s', (output, words) => {
  expect(installProblem(output, '/clone')).toMatch(words);
});

test.each(['.', 'scripts/postgres-majors'])('the lock of %s names no registry and lacks no platform', (folder) => {
  const file = join(root, folder, 'package-lock.json');
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>;
  };
  for (const { resolved } of Object.values(packages)) expect(resolved).toBeUndefined();
  const names = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  for (const { optionalDependencies = {} } of Object.values(packages)) {
    for (const name of Object.keys(optionalDependencies)) expect(names).toContain(name);
  }
});

test('each dependency is pinned exactly', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  for (const version of Object.values({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  }
});

test('help is there without anything installed', () => {
  const text = execFileSync(process.execPath, [join(root, 'bin', 'pgdeck.mjs'), '--help'], { encoding: 'utf8' });
  for (const word of ['npm start', '--demo', 'doctor', 'demo:reset', 'bench']) expect(text).toContain(word);
});
