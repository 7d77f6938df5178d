import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRoute } from './route';

const root = path.resolve(import.meta.dirname, '../..');
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const files = readdirSync(path.join(root, 'app'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|\/)route\.[cm]?[jt]sx?$/.test(file))
  .map((file) => path.join('app', file));

describe.each(files)('%s', (file) => {
  const source = readFileSync(path.join(root, file), 'utf8');

  it('lives below app/api, or is what Prometheus reads', () => {
    expect(file.startsWith('app/api/') || file === 'app/metrics/route.ts').toBe(true);
  });

  it('exports nothing but what route() and othersThan() made', async () => {
    const exported = source.split('\n').filter((line) => /^\s*export\b/.test(line));
    for (const line of exported) expect(line).toMatch(/^export const (\w+ = route\(|\{ [A-Z, ]+ \} = othersThan\()/);
    const handlers = (await import(path.join(root, file))) as Record<string, unknown>;
    for (const [name, handler] of Object.entries(handlers)) {
      expect(methods, `${name} is no method`).toContain(name);
      expect(isRoute(handler), `${name} is bare`).toBe(true);
    }
    // A method that is not exported would be answered by Next, without our headers and error shape.
    expect(Object.keys(handlers).sort()).toEqual([...methods].sort());
  });
});

it('there are routes to look at, and a bare handler would be noticed', () => {
  expect(files.length).toBeGreaterThan(0);
  expect(isRoute(async () => new Response())).toBe(false);
});

it('Server Actions, which no wrapper guards, are not used', () => {
  const folders = ['app', 'components', 'lib'];
  for (const folder of folders)
    for (const file of readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }))
      if (/\.tsx?$/.test(file))
        expect(readFileSync(path.join(root, folder, file), 'utf8')).not.toMatch(/^\s*['"]use server['"]/m);
});
