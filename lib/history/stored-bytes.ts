import { partitionedTables } from './migrate';
import type { Reader } from './reader';

/** What a row takes beside its values: its head, its place on the page, its entry in the index. */
const rowBytes = 60;
const leastSeconds = 600;
const daySeconds = 86_400;
const keptForMs = 15 * 60_000;

type Stored = { stored: { table: string; bytes: number }[]; bytesPerDay: number | null };

const known = new Map<string, { at: number; value: Promise<Stored> }>();

/**
 * Bytes that a server takes in the store by table and in all, for a day: the stored size of its rows of the last 24 hours,
 * or since its first one, where that is less but at least ten minutes. Measured anew every quarter of an hour.
 */
export function storedBytes(reader: Reader, server: number, now = Date.now()): Promise<Stored> {
  const key = `${server}`;
  const before = known.get(key);
  if (before && now - before.at < keptForMs) return before.value;
  const value = measure(reader, server, now / 1000);
  known.set(key, { at: now, value });
  value.then(
    ({ bytesPerDay }) => bytesPerDay === null && known.delete(key),
    () => known.delete(key),
  );
  return value;
}

async function measure(reader: Reader, server: number, now: number): Promise<Stored> {
  const names = partitionedTables().map(({ name }) => name);
  const columns = await reader.rows<{ table: string; columns: string[] }>(
    `select /* pgdeck:read */ c.relname::text as table, array_agg(a.attname::text) as columns
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_attribute as a on a.attrelid = c.oid
where n.nspname = 'pgdeck' and c.relname = any ($1::text[]) and a.attnum > 0 and not a.attisdropped
group by c.relname`,
    [names],
  );
  const window = [server, new Date((now - daySeconds) * 1000).toISOString(), new Date(now * 1000).toISOString()];
  const sizes = await Promise.all(
    columns.map(async ({ table, columns: of }) => {
      const size = of.map((column) => `coalesce(pg_catalog.pg_column_size(r.${column}), 0)`).join(' + ');
      const [row] = await reader.rows<{ bytes: number; rows: number; first: number | null }>(
        `select /* pgdeck:read */ coalesce(sum(${size}), 0)::float8 as bytes, count(*)::float8 as rows,
  extract(epoch from min(r.ts))::float8 as first
from pgdeck.${table} as r
where r.server_id = $1::int4 and r.ts >= $2::timestamptz and r.ts < $3::timestamptz`,
        window,
      );
      return { table, bytes: (row?.bytes ?? 0) + rowBytes * (row?.rows ?? 0), first: row?.first ?? null };
    }),
  );
  // A rolled-up row is dated at its beginning, which may be before there was anything.
  const samples = sizes.filter(({ table }) => table.endsWith('_raw'));
  const first = Math.min(...samples.flatMap(({ first: at }) => at ?? []));
  const seconds = Math.min(daySeconds, now - first);
  if (!(seconds >= leastSeconds)) return { stored: [], bytesPerDay: null };
  const stored = sizes
    .map(({ table, bytes }) => ({ table, bytes: Math.round((bytes * daySeconds) / seconds) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
  return { stored, bytesPerDay: stored.reduce((sum, { bytes }) => sum + bytes, 0) };
}
