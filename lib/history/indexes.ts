import type { Run } from '@/lib/postgres/pool';
import { migrations } from './migrations/index';
import { rollUps } from './roll-up';

/** An index that the store needs; `primaryKey` holds the columns where it is a table's key. */
export type NeededIndex = { table: string; name: string; primaryKey?: string };

type Transaction = <T>(work: (run: Run) => Promise<T>) => Promise<T>;
type Found = { table: string; name: string; valid: boolean; primary: boolean; parted: boolean };

const buildMs = 600_000;
/** Another pgdeck did the same at this moment. */
const madeByAnother = new Set(['42P07', '42704', '42P16', '42710']);
/** What an interrupted `reindex concurrently` leaves. */
const leftOver = /_cc(new|old)\d*$/;

/**
 * Readers go by server and time: the keys. Roll-ups read all servers of a short time, of which the rows stand together:
 * a summary of a few kilobytes is enough to find them.
 */
export function neededIndexes(steps = migrations): NeededIndex[] {
  const keys = steps.flatMap(({ references = [], locals = [], distributed = [], partitioned = [] }) =>
    [...references, ...locals, ...distributed, ...partitioned].flatMap(({ name, columns }): NeededIndex[] => {
      const primaryKey = /primary key \(([^)]+)\)/.exec(columns)?.[1] ?? /(\w+) [^,(]*primary key/.exec(columns)?.[1];
      return primaryKey ? [{ table: name, name: `${name}_pkey`, primaryKey }] : [];
    }),
  );
  const tables = new Set(keys.map(({ table }) => table));
  const byTime = new Set(rollUps.map(({ from }) => from).filter((table) => tables.has(table)));
  return [...keys, ...[...byTime].map((table) => ({ table, name: `${table}_ts` }))];
}

/**
 * Sees to it that every index of the store is there and valid: makes what is missing, builds anew what is not valid, and
 * tells of it. What cannot be built now is told, too, and tried again the next time; nothing else waits for it.
 */
export async function ensureIndexes(transaction: Transaction, notice: (text: string) => void): Promise<void> {
  const there = await transaction(found);
  for (const index of neededIndexes()) {
    const own = there.find(
      ({ table, name, primary }) => table === index.table && (index.primaryKey ? primary : name === index.name),
    );
    if (own?.valid) continue;
    if (own && !own.parted) continue; // below, with those of the pieces
    // A table that nothing was written to yet is new, and so are its indexes.
    const why = own
      ? 'was invalid'
      : (await transaction((run) => isEmpty(run, index.table)))
        ? undefined
        : 'was missing';
    await attempt(transaction, notice, index.name, why, [
      ...(own
        ? [
            index.primaryKey
              ? `alter table pgdeck.${index.table} drop constraint ${own.name}`
              : `drop index pgdeck.${own.name}`,
          ]
        : []),
      index.primaryKey
        ? `alter table pgdeck.${index.table} add primary key (${index.primaryKey})`
        : `create index if not exists ${index.name} on pgdeck.${index.table} using brin (ts) with (pages_per_range = 32, autosummarize = on)`,
    ]);
  }
  for (const { name } of (await transaction(found)).filter(({ valid, parted }) => !valid && !parted)) {
    if (leftOver.test(name)) await attempt(transaction, notice, name, undefined, [`drop index pgdeck.${name}`]);
    else await attempt(transaction, notice, name, 'was invalid', [`reindex index pgdeck.${name}`]);
  }
}

async function isEmpty(run: Run, table: string): Promise<boolean> {
  const [row] = await run<{ some: boolean }>(`select exists (select from pgdeck.${table}) as some`);
  return row?.some === false;
}

async function attempt(
  transaction: Transaction,
  notice: (text: string) => void,
  name: string,
  why: string | undefined,
  statements: string[],
): Promise<void> {
  try {
    await transaction(async (run) => {
      await run("set local lock_timeout = '2s'");
      await run(`set local statement_timeout = ${buildMs}`);
      for (const statement of statements) await run(statement, [], { timeoutMs: buildMs });
    });
    if (why) notice(`The index ${name} of the history store ${why}; it was built anew.`);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (madeByAnother.has(code ?? '')) return;
    const reason = code === '55P03' ? 'its table is in use' : message;
    notice(
      `The index ${name} of the history store ${why ?? 'is missing'} and could not be built: ${reason}. It is tried again.`,
    );
  }
}

async function found(run: Run): Promise<Found[]> {
  return run<Found>(
    `select /* pgdeck:store */ t.relname::text as "table", c.relname::text as name, i.indisvalid and i.indisready as valid,
  i.indisprimary as "primary", c.relkind = 'I' as parted
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_class as t on t.oid = i.indrelid
join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
where n.nspname = 'pgdeck' and t.relpersistence <> 't'`,
  );
}
