import { z } from 'zod';
import { bytes, flag, identity, maybeCount, maybeText, ratio, text } from './column';
import { defineTopic, type Raw } from './topic';

/** Sizes of the tables of one database: a part of what the topic `tables` knows. */
export const tableSizesTopic = defineTopic({
  id: 'table-sizes',
  title: 'Table sizes',
  summary: 'Size of each table with its indexes and TOAST, and its part of all tables of the database.',
  scope: 'database',
  cadenceSeconds: 60,
  requires: [],
  sources: ['pg_class', 'pg_total_relation_size() for the 50 largest'],
  always: false,
  from: { topic: 'tables', derive: sizesOf },
  row: z.object({
    relid: identity('OID of the table.'),
    schemaname: text('Schema.'),
    relname: text('Name.'),
    relkind: text('r: table, m: materialized view, p: partitioned table (its partitions hold the rows).'),
    partition_of: maybeText('Partitioned table it belongs to.'),
    partitions: maybeCount('For a partitioned table: partitions below it; its sizes are theirs together.'),
    total_bytes: bytes('Size with indexes and TOAST.'),
    heap_bytes: bytes('Size of the rows themselves, with free space and visibility map.'),
    index_bytes: bytes('Size of its indexes.'),
    toast_bytes: bytes('Size of what is stored out of line, with its index.'),
    share: ratio('Its part of the size of all tables of this database together.'),
    size_exact: flag('Measured now; false: an estimate from pg_class.relpages, as old as its last VACUUM or ANALYZE.'),
  }),
  key: ['relid'],
  params: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(1000)
      .meta({ meaning: 'At most this many, the largest first.' }),
  }),
  select: (rows, { limit }) => rows.slice(0, Number(limit)),
});

const columns = [
  'relid',
  'schemaname',
  'relname',
  'relkind',
  'partition_of',
  'partitions',
  'total_bytes',
  'heap_bytes',
  'index_bytes',
  'toast_bytes',
  'size_exact',
];

function sizesOf(rows: Raw[]): Raw[] {
  // A partitioned table has no rows of its own: what it shows is in its partitions already.
  const all = rows.reduce((sum, row) => sum + (row.relkind === 'p' ? 0 : Number(row.total_bytes)), 0);
  return rows
    .map(
      (row): Raw => ({
        ...Object.fromEntries(columns.map((column) => [column, row[column]])),
        share: all > 0 ? Number(row.total_bytes) / all : null,
      }),
    )
    .sort((a, b) => Number(b.total_bytes) - Number(a.total_bytes) || Number(a.relid) - Number(b.relid));
}
