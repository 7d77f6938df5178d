import type { Run } from '@/lib/postgres/pool';
import type { Engine } from './engine';
import { partitionedTables } from './migrate';
import type { Tier } from './migrations/index';

/** One piece of a table: its bounds are epoch milliseconds at UTC midnights. */
export type Partition = { table: string; name: string; tier: Tier; from: number; to: number };

/** What asks in a transaction of its own. */
type Transaction = <T>(work: (run: Run) => Promise<T>) => Promise<T>;

const dayMs = 86_400_000;
/** Made ahead, so that nothing is missing while DDL is not possible for a while: days, and for hours the next month. */
const daysAhead = { raw: 3, minute: 3, hour: 31 };
/** Another instance makes the same one now, or holds its table for a moment. */
const met = new Set(['23505', '42P07', '42710', '42809', '42P17', '40P01', '55P03']);

/** The pieces of a tier that cover a range: days, or months for hours. */
export function piecesOf(tier: Tier, from: number, to: number): { suffix: string; from: number; to: number }[] {
  const pieces: { suffix: string; from: number; to: number }[] = [];
  const start = new Date(from);
  let at = tier === 'hour' ? Date.UTC(start.getUTCFullYear(), start.getUTCMonth()) : Math.floor(from / dayMs) * dayMs;
  while (at < to) {
    const date = new Date(at);
    const end = tier === 'hour' ? Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) : at + dayMs;
    const day = date.toISOString().slice(0, 10).replaceAll('-', '');
    pieces.push({ suffix: tier === 'hour' ? day.slice(0, 6) : day, from: at, to: end });
    at = end;
  }
  return pieces;
}

/** The pieces that are there, oldest first; empty where the engine makes them by itself. */
export async function listPartitions(run: Run): Promise<Partition[]> {
  const rows = await run<{ parent: string; name: string }>(
    `select p.relname::text as parent, c.relname::text as name
from pg_catalog.pg_inherits as i
join pg_catalog.pg_class as c on c.oid = i.inhrelid
join pg_catalog.pg_class as p on p.oid = i.inhparent
join pg_catalog.pg_namespace as n on n.oid = p.relnamespace
where n.nspname = 'pgdeck' and p.relkind = 'p' and c.relkind = 'r'`,
  );
  const tiers = new Map(partitionedTables().map(({ name, tier }) => [name, tier]));
  return rows
    .flatMap(({ parent, name }) => {
      const tier = tiers.get(parent);
      const match = /_(\d{4})(\d{2})(\d{2})?$/.exec(name);
      if (!tier || !match) return [];
      const at = Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3] ?? 1));
      const [piece] = piecesOf(tier, at, at + 1);
      return piece ? [{ table: parent, name, tier, from: piece.from, to: piece.to }] : [];
    })
    .sort((a, b) => a.from - b.from);
}

/**
 * Makes the pieces that are missing between two times (epoch milliseconds), each in a short transaction of its own; one
 * that waits for a reader gives up and is made the next time.
 */
export async function ensurePartitions(
  transaction: Transaction,
  engine: Engine,
  from: number,
  to: number,
  tables = partitionedTables(),
): Promise<void> {
  if (!engine.makesPartitions) return;
  const there = new Set((await transaction(listPartitions)).map(({ name }) => name));
  for (const { name: table, tier } of tables)
    for (const piece of piecesOf(tier, from, to)) {
      const name = `${table}_${piece.suffix}`;
      if (there.has(name)) continue;
      await transaction(async (run) => {
        await run("set local lock_timeout = '2s'");
        // Attaching waits for no reader, unlike `partition of`.
        await run(`create table if not exists pgdeck.${name} (like pgdeck.${table} including all)`);
        await run(
          `alter table pgdeck.${table} attach partition pgdeck.${name} for values from ('${new Date(piece.from).toISOString()}') to ('${new Date(piece.to).toISOString()}')`,
        );
      }).catch((error) => {
        if (!met.has(error.code)) throw error;
      });
    }
}

/** Makes the pieces of today and the days ahead. */
export async function ensureAhead(transaction: Transaction, engine: Engine, now: number): Promise<void> {
  for (const tier of ['raw', 'minute', 'hour'] as const) {
    const tables = partitionedTables().filter((table) => table.tier === tier);
    await ensurePartitions(transaction, engine, now - 3_600_000, now + daysAhead[tier] * dayMs, tables);
  }
}
