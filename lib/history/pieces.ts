import type { Run } from '@/lib/postgres/pool';
import type { Engine } from './engine';
import { partitionedTables } from './migrate';
import { listPartitions, type Partition } from './partitions';

/** The pieces of every table that is cut by time, oldest first, whoever cut them. */
export async function piecesOfStore(run: Run, engine: Engine): Promise<Partition[]> {
  if (engine.makesPartitions) return listPartitions(run);
  const tiers = new Map(partitionedTables().map(({ name, tier }) => [name, tier]));
  const rows = await run<{ table: string; name: string; from: number; to: number }>(
    `select /* pgdeck:store */ c.hypertable_name::text as "table",
  pg_catalog.format('%I.%I', c.chunk_schema, c.chunk_name) as name,
  extract(epoch from c.range_start)::float8 * 1000 as "from", extract(epoch from c.range_end)::float8 * 1000 as "to"
from timescaledb_information.chunks as c
where c.hypertable_schema = 'pgdeck'
order by c.range_start`,
  );
  return rows.flatMap((row) => {
    const tier = tiers.get(row.table);
    return tier ? [{ ...row, tier }] : [];
  });
}

/** Bytes on disk of some pieces together. */
export async function bytesOfPieces(run: Run, engine: Engine, pieces: Partition[]): Promise<number> {
  const size = engine.name === 'citus' ? 'citus_total_relation_size' : 'pg_total_relation_size';
  const [row] = await run<{ bytes: number }>(
    `select /* pgdeck:store */ coalesce(sum(${size}(p.name::regclass)), 0)::float8 as bytes
from unnest($1::text[]) as p(name) where pg_catalog.to_regclass(p.name) is not null`,
    [pieces.map(({ name }) => (engine.makesPartitions ? `pgdeck.${name}` : name))],
  );
  return row?.bytes ?? 0;
}
