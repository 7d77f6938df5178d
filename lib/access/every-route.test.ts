import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ZodObject } from 'zod';
import { routeTable } from '@/e2e/fixtures/walk-table';
import type { AnyContract } from '@/lib/api/contract';
import { contracts } from '@/lib/api/index';
import { contractOf, type Handler, isRoute } from './route';

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
    for (const line of exported)
      expect(line).toMatch(/^export const (\w+ = route\(|\{ [A-Z, ]+ \} = (othersThan|nowhere)\()/);
    const handlers = (await import(path.join(root, file))) as Record<string, unknown>;
    for (const [name, handler] of Object.entries(handlers)) {
      expect(methods, `${name} is no method`).toContain(name);
      expect(isRoute(handler), `${name} is bare`).toBe(true);
    }
    // A method that is not exported would be answered by Next, without our headers and error shape.
    expect(Object.keys(handlers).sort()).toEqual([...methods].sort());
  });
});

describe('the contracts', () => {
  const listed = Object.values<AnyContract>(contracts);
  /** The path of a file as contracts write it. */
  const pathOf = (file: string) => `/${path.dirname(file).slice('app/'.length)}`.replace(/\[(\w+)\]/g, '{$1}');
  const handlers: { of: string; contract: AnyContract }[] = [];
  beforeAll(async () => {
    for (const file of files)
      for (const [method, handler] of Object.entries<Handler>(await import(path.join(root, file)))) {
        const contract = contractOf(handler);
        if (contract) handlers.push({ of: `${method} ${pathOf(file)}`, contract });
      }
  }, 60_000);

  // Fails when a route has the contract of another, or none of the index: it would be documented wrongly, or not.
  it('are those of the routes: one for each method, with its path', () => {
    for (const { of, contract } of handlers) expect(`${contract.method} ${contract.path}`).toBe(of);
    expect(new Set(handlers.map(({ contract }) => contract))).toEqual(new Set(listed));
    expect(handlers).toHaveLength(listed.length);
  });

  it('name the parameters of their paths', () => {
    for (const { path, params } of listed) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys((params as ZodObject | undefined)?.shape ?? {}), path).toEqual(named);
    }
  });

  // The table is written by hand, so that a role is not weakened by a slip in one place.
  it('T2: ask for the role that the table of the walk names', () => {
    const asked: Record<string, Record<string, string>> = {};
    for (const { method, path, role } of listed)
      asked[path.replace(/\{(\w+)\}/g, '[$1]')] = { ...asked[path.replace(/\{(\w+)\}/g, '[$1]')], [method]: role };
    const { '/api/[[...path]]': _, ...table } = routeTable;
    expect(asked).toEqual(table);
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
