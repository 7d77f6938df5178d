import { expect, test } from 'vitest';
import type { ServerConfig, Target } from '@/lib/config';
import { changedKeys, differenceOf, differenceWords } from './difference';

const target = (more: Partial<Target> = {}): Target => ({
  ...{ host: 'h', port: 5432, database: 'd', user: 'u', password: 'hidden-word', tls: { mode: 'prefer' } },
  ...more,
});
const server = (id: string, more: Partial<ServerConfig> = {}): ServerConfig => ({
  ...{ id, name: id, environment: undefined, tags: [], demo: false, read: target(), action: target() },
  ...more,
});

test('each part of the file that says something else is told by its key', () => {
  const same = { tags: ['x'], access: [{ who: ['*'], role: 'viewer' as const }], pgbouncer: target({ port: 6432 }) };
  expect(changedKeys(server('a', same), server('a', structuredClone(same)))).toEqual([]);
  const other: Partial<ServerConfig> = {
    ...{ name: 'A', environment: 'test', tags: ['y'], cpus: 2, spindles: 1, applications: [], access: [] },
    ...{ read: target({ password: 'other' }), action: target({ user: 'v' }), pgbouncer: target() },
  };
  expect(changedKeys(server('a', same), server('a', other))).toEqual([
    ...[
      'name',
      'url',
      'actionUrl',
      'environment',
      'tags',
      'pgbouncerUrl',
      'cpus',
      'spindles',
      'applications',
      'access',
    ],
  ]);
});

test('added, changed and removed servers are told, never what stands in them; another order is no difference', () => {
  const before = [server('a'), server('b'), server('c')];
  expect(differenceWords(differenceOf(before, [...before].reverse()))).toBe('Nothing is different.');
  const after = [server('d'), server('a', { read: target({ password: 'other' }), tags: ['x'] }), server('c')];
  const difference = differenceOf(before, after);
  expect(difference).toEqual({ added: ['d'], changed: [{ id: 'a', keys: ['url', 'tags'] }], removed: ['b'] });
  expect(differenceWords(difference)).toBe('Added: d. Changed: a (url, tags). Removed: b.');
});
