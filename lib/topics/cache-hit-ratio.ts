import { z } from 'zod';
import { blocks, maybeIdentity, maybeText, ratio, text } from './column';
import { schemaNames } from './lookups';
import { defineTopic, type Known, type Raw } from './topic';

const parts = ['heap', 'idx', 'toast'] as const;

/** Statistics functions over two catalogs, as pg_statio_user_tables, which would wait behind locks on catalogs. */
const sql = `with /* pgdeck:cache-hit-ratio */ indexes as materialized (
  select i.indrelid, sum(pg_stat_get_blocks_hit(i.indexrelid)) as hit, sum(pg_stat_get_blocks_fetched(i.indexrelid)) as fetched
  from pg_catalog.pg_index as i
  where i.indrelid >= 16384
  group by i.indrelid
)
select c.oid as relid, c.relnamespace, c.relname::text as relname,
  pg_stat_get_blocks_hit(c.oid)::float8 as heap_blks_hit,
  (pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid))::float8 as heap_blks_read,
  coalesce(i.hit, 0)::float8 as idx_blks_hit, coalesce(i.fetched - i.hit, 0)::float8 as idx_blks_read,
  (coalesce(pg_stat_get_blocks_hit(c.reltoastrelid), 0) + coalesce(t.hit, 0))::float8 as toast_blks_hit,
  (coalesce(pg_stat_get_blocks_fetched(c.reltoastrelid) - pg_stat_get_blocks_hit(c.reltoastrelid), 0)
    + coalesce(t.fetched - t.hit, 0))::float8 as toast_blks_read
from pg_catalog.pg_class as c
left join indexes as i on i.indrelid = c.oid
left join indexes as t on t.indrelid = c.reltoastrelid
where c.relkind in ('r', 'm') and c.oid >= 16384 and c.relpersistence <> 't'`;

/** How many blocks of the tables of one database were found in PostgreSQL's own cache. */
export const cacheHitRatio = defineTopic({
  id: 'cache-hit-ratio',
  title: 'Cache hits',
  summary:
    "Blocks of each table, its indexes and TOAST that were found in PostgreSQL's cache, of all that were wanted.",
  scope: 'database',
  cadenceSeconds: 60,
  requires: [],
  sources: ['pg_statio_user_tables'],
  always: false,
  slow: true,
  sql: { 14: sql },
  lookups: [schemaNames],
  join: (rows, known) => ({ rows: withAll(rows, known) }),
  row: z.object({
    kind: text('database: all tables together; table: one of them.'),
    relid: maybeIdentity('OID of the table.'),
    schemaname: maybeText('Schema.'),
    relname: maybeText('Name.'),
    hit_ratio: ratio(
      'Part that was found in the cache, in the time since the sample before; null: nothing was read, or there is none before. What was not may still have come from the cache of the operating system.',
    ),
    heap_hit_ratio: ratio('The same of the rows themselves.'),
    idx_hit_ratio: ratio('The same of indexes.'),
    hit_ratio_ever: ratio('Part that was found in the cache since the statistics began.'),
    heap_blks_hit: blocks('Blocks of rows found in the cache.'),
    heap_blks_read: blocks('Blocks of rows not found there.'),
    idx_blks_hit: blocks('Blocks of indexes found in the cache.'),
    idx_blks_read: blocks('Blocks of indexes not found there.'),
    toast_blks_hit: blocks('Blocks of TOAST and its index found in the cache.'),
    toast_blks_read: blocks('Blocks of TOAST and its index not found there.'),
  }),
  key: ['kind', 'relid'],
  counters: ['heap_blks_hit', 'heap_blks_read', 'idx_blks_hit', 'idx_blks_read', 'toast_blks_hit', 'toast_blks_read'],
  params: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .meta({ meaning: 'Beside all together at most this many tables, those with most blocks not found first.' }),
  }),
  select: (rows, { limit }) =>
    rows.slice(0, Number(limit) + 1).map((row) => ({
      ...row,
      hit_ratio: windowRatio(row, parts),
      heap_hit_ratio: windowRatio(row, ['heap']),
      idx_hit_ratio: windowRatio(row, ['idx']),
    })),
});

function withAll(rows: Raw[], known: Known): Raw[] {
  const tables = rows
    .map((row) => ({
      ...unknownYet,
      ...row,
      kind: 'table',
      schemaname: String(known(schemaNames, row.relnamespace)?.nspname ?? `schema ${row.relnamespace}`),
      hit_ratio_ever: ever([row]),
    }))
    .sort((a, b) => total([b], 'read') - total([a], 'read'));
  const counters = parts.flatMap((part) => [`${part}_blks_hit`, `${part}_blks_read`]);
  const all = Object.fromEntries(counters.map((name) => [name, rows.reduce((sum, row) => sum + Number(row[name]), 0)]));
  const names = { kind: 'database', relid: null, schemaname: null, relname: null };
  return [{ ...unknownYet, ...names, ...all, hit_ratio_ever: ever(rows) }, ...tables];
}

/** Rates are known only after the sample is compared with the one before. */
const unknownYet = { hit_ratio: null, heap_hit_ratio: null, idx_hit_ratio: null };

const total = (rows: Raw[], how: 'hit' | 'read') =>
  rows.reduce((sum, row) => sum + parts.reduce((of, part) => of + Number(row[`${part}_blks_${how}`]), 0), 0);
const share = (hit: number, read: number) => (hit + read > 0 ? hit / (hit + read) : null);
const ever = (rows: Raw[]) => share(total(rows, 'hit'), total(rows, 'read'));

/** Over the sample's window, from the rates beside the counters. */
function windowRatio(row: Raw, of: readonly string[]): number | null {
  const rate = (how: string) => of.map((part) => row[`${part}_blks_${how}_per_second`]);
  const [hit, read] = [rate('hit'), rate('read')];
  const known = (rates: unknown[]): rates is number[] => rates.every((each) => typeof each === 'number');
  if (!known(hit) || !known(read)) return null;
  const sum = (rates: number[]) => rates.reduce((all, each) => all + each, 0);
  return share(sum(hit), sum(read));
}
