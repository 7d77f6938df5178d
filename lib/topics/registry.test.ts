import { expect, test } from 'vitest';
import type { z } from 'zod';
import type { ColumnMeta } from './column';
import { allSeries, findTopic, topics } from './index';
import type { AnyTopic, Lookup } from './topic';

const all = Object.entries(topics) as [string, AnyTopic][];
const lookups = new Map<string, Lookup>(
  all.flatMap(([, topic]) => (topic.lookups ?? []).map((lookup) => [lookup.id, lookup] as const)),
);

test.each(all)('%s keeps the contract of a topic', (id, topic) => {
  expect(topic.id).toBe(id);
  expect(findTopic(id)).toBe(topic);
  const columns = Object.keys(topic.row.shape);
  expect(columns).toEqual(expect.arrayContaining([...topic.key, ...(topic.counters ?? [])]));
  if (topic.epoch) expect(columns).toContain(topic.epoch);
  for (const [name, column] of Object.entries(topic.row.shape as Record<string, z.ZodType>)) {
    const meta = column.meta() as ColumnMeta | undefined;
    expect(meta?.meaning, name).toMatch(/.{4}[.…]$/);
    expect(meta, name).toHaveProperty('unit');
  }
  for (const parameter of Object.values(topic.params?.shape ?? {}))
    expect((parameter as z.ZodType).meta()).toHaveProperty('meaning');
});

test.each([
  ...all.flatMap(([id, topic]) => Object.entries(topic.sql ?? {}).map(([major, sql]) => [id, major, sql] as const)),
  ...[...lookups].flatMap(([id, { sql }]) => Object.entries(sql).map(([major, text]) => [id, major, text] as const)),
])('%s from %s on is tagged after its first keyword, and qualified', (_, __, sql) => {
  expect(sql).toMatch(/^(select|with) \/\* pgdeck:[a-z-]+ \*\/ /);
  expect(sql.match(/pgdeck:[a-z]+[a-z-]* \*\//g)).toHaveLength(1);
  for (const [, relation] of sql.matchAll(/\b(?:(?<!distinct )from|join) (?:lateral )?(pg_(?!catalog)\w+)/g))
    expect(relation, 'is not qualified').toBeUndefined();
  // The views wait behind locks on catalogs that their functions never read.
  expect(sql).not.toMatch(/pg_stat_activity|pg_stat_database|pg_stat_user|pg_catalog\.pg_locks\b|pg_get_indexdef/);
});

test('series are listed in the order of the API', () => {
  expect(allSeries().map(({ series }) => series.id)).toEqual([
    'connections',
    'transactions',
    'active-sessions',
    'waiting-sessions',
    'cache',
    'temp',
    'deadlocks',
    'pools',
    'pool-waits',
    'pgbouncer-pools',
    'pgbouncer-maxwait',
    'pgbouncer-traffic',
    'blocks',
    'longest-transaction',
    'xid-age',
    'wal',
    'checkpoints',
    'buffers-written',
    'replication-lag',
    'replication-delay',
    'own-statements',
    'own-time',
    'statement-time',
    'own-work',
  ]);
});

test('an id from outside finds topics only', () => {
  expect(findTopic('toString')).toBeUndefined();
  expect(findTopic('__proto__')).toBeUndefined();
  expect(findTopic('nothing')).toBeUndefined();
});
