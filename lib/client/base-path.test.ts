import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

test('paths of pgdeck begin with the base path, other addresses stay as they are', async () => {
  const at = async (basePath: string) => {
    vi.stubEnv('NEXT_PUBLIC_PGDECK_BASE_PATH', basePath);
    vi.resetModules();
    const { withBasePath } = await import('./base-path');
    return ['/api/servers?x=1', '?tab=2', '#content', 'https://www.postgresql.org/'].map(withBasePath);
  };
  const others = ['?tab=2', '#content', 'https://www.postgresql.org/'];
  expect(await at('')).toEqual(['/api/servers?x=1', ...others]);
  expect(await at('/tools/pgdeck')).toEqual(['/tools/pgdeck/api/servers?x=1', ...others]);
});

test('what the browser itself opens goes through it', () => {
  const root = join(import.meta.dirname, '..', '..');
  const sources = ['app', 'components', 'lib/client'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\./.test(name))
      .map((name) => join(folder, name)),
  );
  const raw =
    /<a\s[^>]*\bhref=(?!["{]*["'`](#|https:)|\{withBasePath\()|new EventSource\((?!withBasePath)|\bfetch\((?!withBasePath)/;
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.filter((path) => raw.test(readFileSync(join(root, path), 'utf8')))).toEqual([]);
});
