import { z } from 'zod';
import { bytes, count, identity, maybeCount, maybeFlag, maybeIdentity, maybeSeconds, maybeText, text } from './column';
import { schemaNames } from './lookups';
import { nextGap, type Range } from './partition-gaps';
import { tableSettings, tableSizes } from './sizes';
import { tableParts } from './tables';
import { defineTopic, type Known, type Raw } from './topic';

/** How many partitions of one table are told. */
const mostChildren = 500;

/**
 * Every partitioned table and partition. A bound is put into words without its table (0), which nobody has to unlock then; its ends
 * become numbers here, where the texts are of the same session that wrote them.
 */
const sql = `select /* pgdeck:partitions */ c.oid as relid, c.relnamespace, c.relname::text as relname, c.relkind::text as relkind,
  i.inhparent as parent, coalesce(i.inhdetachpending, false) as detach_pending, c.relpages,
  pg_stat_get_live_tuples(c.oid) as n_live_tup, b.bound, p.partstrat::text as strategy,
  (select string_agg(coalesce(a.attname::text, '(expression)'), ', ' order by k.place)
    from unnest(p.partattrs::int2[]) with ordinality as k (attnum, place)
    left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum > 0) as key_columns,
  t.name as key_type,
  case when e.lower ~ '^-?[0-9]+$' and t.name in ('smallint', 'integer', 'bigint') then e.lower end as lower_number,
  case when e.upper ~ '^-?[0-9]+$' and t.name in ('smallint', 'integer', 'bigint') then e.upper end as upper_number,
  case when e.lower !~ '^-?[[:alpha:]]' then case when t.name = 'timestamp with time zone' then extract(epoch from e.lower::timestamptz)::float8
    when t.name in ('date', 'timestamp without time zone') then extract(epoch from e.lower::timestamp)::float8 end end as lower_seconds,
  case when e.upper !~ '^-?[[:alpha:]]' then case when t.name = 'timestamp with time zone' then extract(epoch from e.upper::timestamptz)::float8
    when t.name in ('date', 'timestamp without time zone') then extract(epoch from e.upper::timestamp)::float8 end end as upper_seconds,
  case when t.name in ('date', 'timestamp without time zone') then extract(epoch from localtimestamp)::float8
    else extract(epoch from clock_timestamp())::float8 end as now
from pg_catalog.pg_class as c
left join pg_catalog.pg_inherits as i on i.inhrelid = c.oid and c.relispartition
left join pg_catalog.pg_partitioned_table as p on p.partrelid = c.oid
left join pg_catalog.pg_partitioned_table as above on above.partrelid = i.inhparent and above.partstrat = 'r' and above.partnatts = 1
left join pg_catalog.pg_attribute as a on a.attrelid = above.partrelid and a.attnum = above.partattrs[0] and a.attnum > 0
cross join lateral (select pg_get_expr(c.relpartbound, 0) as bound, format_type(a.atttypid, null) as name) as b
cross join lateral (select b.name) as t
cross join lateral (
  select substring(b.bound from $re$FROM \\('?([^'()]*)'?\\) TO$re$) as lower, substring(b.bound from $re$ TO \\('?([^'()]*)'?\\)$re$) as upper
) as e
where c.oid >= 16384 and c.relkind in ('r', 'p', 'f') and (c.relkind = 'p' or c.relispartition)
order by c.oid`;

const strategies: Record<string, string> = { r: 'range', l: 'list', h: 'hash' };

const child = z.object({
  relid: identity('OID of the partition.'),
  schemaname: text('Schema.'),
  relname: text('Name.'),
  relkind: text('r: table, p: itself partitioned, f: foreign table.'),
  parent: maybeIdentity('OID of the partitioned table right above it.'),
  level: count('1: of the table itself, 2: of one of its partitions, and so on.'),
  bound: maybeText('What it takes: FOR VALUES … or DEFAULT.'),
  is_default: maybeFlag('It takes what no other one takes.'),
  detach_pending: maybeFlag('A DETACH … CONCURRENTLY of it was begun and not finished.'),
  total_bytes: bytes('Size with indexes and TOAST.'),
  n_live_tup: count('Rows, estimated from changes since.'),
});
type Child = z.infer<typeof child>;

/** Partitioned tables of one database with their partitions. */
export const partitions = defineTopic({
  id: 'partitions',
  title: 'Partitions',
  summary: 'Partitioned tables with their partitions, bounds, sizes, rows in DEFAULT, and the next period without one.',
  scope: 'database',
  cadenceSeconds: 60,
  requires: [],
  sources: ['pg_partitioned_table', 'pg_inherits', 'pg_class', 'pg_stat_user_tables'],
  always: false,
  slow: true,
  sql: { 14: sql },
  lookups: [schemaNames, tableSettings, tableParts],
  join: (rows, known) => ({ rows: roots(rows, known) }),
  row: z.object({
    relid: identity('OID of the partitioned table.'),
    schemaname: text('Schema.'),
    relname: text('Name.'),
    strategy: text('range, list or hash.'),
    key_columns: maybeText('What it is partitioned by; (expression) for a computed value.'),
    partitions: count('Partitions that hold rows, through all levels.'),
    total_bytes: bytes('Size of all of them, with indexes and TOAST.'),
    n_live_tup: count('Rows in all of them, estimated from changes since.'),
    default_partition: maybeText(
      'The partition for what no other one takes; null: there is none, and such a row is refused.',
    ),
    default_rows: maybeCount('Rows in it: each of them makes a new partition harder to add.'),
    next_missing_from: maybeText(
      'Of a table by range of one integer or time: where the next values that no partition takes begin; null: nothing is missing, or it is not known.',
    ),
    next_missing_to: maybeText('Where they end, as far as the newest partition or the next one tells.'),
    next_missing_in_seconds: maybeSeconds('Of times: how long until then; less than 0: now is missing already.'),
    children: z.array(child).meta({
      meaning: `Its partitions, those right below it first, by their bounds; at most ${mostChildren}.`,
      unit: null,
    }),
    children_left_out: count('Partitions that are not among them.'),
  }),
  key: ['relid'],
});

function roots(rows: Raw[], known: Known) {
  const below = new Map<unknown, Raw[]>();
  for (const row of rows) {
    const list = below.get(row.parent) ?? [];
    list.push(row);
    below.set(row.parent, list);
  }
  return rows
    .filter(({ relkind, parent }) => relkind === 'p' && parent === null)
    .map((root) => rootOf(root, below, known));
}

function rootOf(root: Raw, below: Map<unknown, Raw[]>, known: Known) {
  const direct = (below.get(root.relid) ?? []).sort(byBound);
  const all = descend(direct, below);
  const children = all.map(({ row, level }) => childOf(row, level, known));
  const leaves = children.filter(({ relkind }) => relkind !== 'p');
  const held = children.find(({ level, is_default }) => level === 1 && is_default);
  return {
    relid: root.relid,
    schemaname: schemaOf(root, known),
    relname: root.relname,
    strategy: strategies[String(root.strategy)] ?? String(root.strategy),
    key_columns: root.key_columns,
    partitions: leaves.length,
    total_bytes: sum(leaves, 'total_bytes'),
    n_live_tup: sum(leaves, 'n_live_tup'),
    default_partition: held?.relname ?? null,
    default_rows: held
      ? sum(
          leaves.filter((leaf) => leaf === held || isBelow(leaf, held.relid, below)),
          'n_live_tup',
        )
      : null,
    ...missingOf(direct),
    children: children.slice(0, mostChildren),
    children_left_out: Math.max(0, children.length - mostChildren),
  };
}

function descend(rows: Raw[], below: Map<unknown, Raw[]>, level = 1): { row: Raw; level: number }[] {
  const deeper = rows.flatMap((row) => (row.relkind === 'p' ? (below.get(row.relid) ?? []) : [])).sort(byBound);
  const here = rows.map((row) => ({ row, level }));
  return deeper.length > 0 && level < 32 ? [...here, ...descend(deeper, below, level + 1)] : here;
}

function isBelow({ relid }: Child, above: number, below: Map<unknown, Raw[]>): boolean {
  return (below.get(above) ?? []).some(
    (row) => row.relid === relid || isBelow({ relid } as Child, Number(row.relid), below),
  );
}

function childOf(row: Raw, level: number, known: Known): Child {
  const blockSize = Number(known(tableSettings, 'settings')?.block_size ?? 8192);
  const parts = known(tableParts, row.relid);
  // The largest tables are measured by the topic tables; it remembers their sizes for others.
  const size = known(tableSizes, row.relid);
  const pages = Number(row.relpages) + Number(parts?.index_pages ?? 0) + Number(parts?.toast_pages ?? 0);
  return {
    relid: Number(row.relid),
    schemaname: schemaOf(row, known),
    relname: String(row.relname),
    relkind: String(row.relkind),
    parent: row.parent as number,
    level,
    bound: row.bound as string | null,
    is_default: row.bound === 'DEFAULT',
    detach_pending: row.detach_pending === true,
    total_bytes: size
      ? Number(size.heap_bytes) + Number(size.index_bytes) + Number(size.toast_bytes)
      : Math.max(0, pages) * blockSize,
    n_live_tup: Number(row.n_live_tup),
  };
}

const schemaOf = (row: Raw, known: Known) =>
  String(known(schemaNames, row.relnamespace)?.nspname ?? `schema ${row.relnamespace}`);
const sum = (rows: Child[], column: 'total_bytes' | 'n_live_tup') => rows.reduce((all, row) => all + row[column], 0);

function byBound(a: Raw, b: Raw): number {
  const of = ({ lower_seconds: seconds, lower_number: number, bound }: Raw) =>
    bound === 'DEFAULT' ? Number.POSITIVE_INFINITY : Number(seconds ?? number ?? Number.NEGATIVE_INFINITY);
  const [one, other] = [of(a), of(b)];
  return one === other ? String(a.relname).localeCompare(String(b.relname), 'en', { numeric: true }) : one - other;
}

const none = { next_missing_from: null, next_missing_to: null, next_missing_in_seconds: null };

function missingOf(children: Raw[]) {
  const ranges = children.filter(({ bound }) => typeof bound === 'string' && bound.startsWith('FOR VALUES FROM'));
  const type = ranges[0]?.key_type;
  if (typeof type !== 'string') return none;
  const timed = !['smallint', 'integer', 'bigint'].includes(type);
  if (timed && !['date', 'timestamp without time zone', 'timestamp with time zone'].includes(type)) return none;
  const end = (row: Raw, side: 'lower' | 'upper') => {
    if (!timed) return row[`${side}_number`] === null ? null : BigInt(String(row[`${side}_number`]));
    const seconds = row[`${side}_seconds`];
    return typeof seconds === 'number' ? micros(seconds) : null;
  };
  const now = Number(ranges[0]?.now);
  const found = nextGap(
    ranges.map((row): Range => ({ from: end(row, 'lower'), to: end(row, 'upper') })),
    timed ? micros(now) : undefined,
  );
  if (!found) return none;
  const told = (value: bigint | null) => (value === null ? null : timed ? timeText(value, type) : String(value));
  return {
    next_missing_from: told(found.from),
    next_missing_to: told(found.to),
    next_missing_in_seconds: timed ? Number(found.from) / 1e6 - now : null,
  };
}

const micros = (seconds: number) => BigInt(Math.round(seconds * 1e6));

/** A time as its type is written; of a zone in UTC. */
function timeText(us: bigint, type: string): string {
  const iso = new Date(Number(us / 1000n)).toISOString();
  if (type === 'date') return iso.slice(0, 10);
  return type === 'timestamp with time zone' ? iso : iso.slice(0, 19).replace('T', ' ');
}
