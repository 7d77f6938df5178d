import { migrations } from '@/lib/history/migrations/index';
import { ensurePartitions, listPartitions } from '@/lib/history/partitions';
import type { Run, Store } from '@/lib/history/store';

/** Rows that a table has at the source, and at the target after the copy. */
export type Copied = { table: string; source: number; target: number };

/** What belongs to a running pgdeck and not to what is remembered. */
const passing = ['lease', 'latest', 'wanted'];
/** Numbers by which everything else names them: they must be the same at both ends. */
const named: { table: string; columns: string[] }[] = [
  { table: 'server', columns: ['server_id', 'id', 'system_identifier'] },
  { table: 'word', columns: ['word_id', 'kind', 'word'] },
  { table: 'metric', columns: ['idx', 'name'] },
];
/** Bodies of moments are large. */
const rowsAtOnce = (columns: Column[]) => (columns.some(({ type }) => type === 'bytea') ? 20 : 200);
const patience = { timeoutMs: 600_000 };

/** The tables that are copied, in an order in which what others name comes first and how far roll-ups are comes last. */
export function copiedTables(steps = migrations): string[] {
  const of = (kind: 'references' | 'locals' | 'distributed' | 'partitioned') =>
    steps.flatMap((step) => (step[kind] ?? []).map(({ name }) => name));
  return [...of('references'), ...of('distributed'), ...of('partitioned'), ...of('locals')].filter(
    (table) => !passing.includes(table),
  );
}

/**
 * What a target holds that this source does not, in words; undefined: it is empty, or an earlier copy of this source that
 * can go on. Rows name servers and words by number, so two histories cannot be put together.
 */
export async function strangers(source: Store, target: Store): Promise<string | undefined> {
  for (const { table, columns } of named) {
    const sql = `select ${columns.map((column) => `${column}::text`).join(', ')} from pgdeck.${table}`;
    const keyOf = (row: Record<string, unknown>) => JSON.stringify(columns.map((column) => row[column]));
    const ours = new Set((await source.query(sql)).map(keyOf));
    const others = (await target.query(sql)).filter((row) => !ours.has(keyOf(row))).length;
    if (others > 0) return `${others} ${others === 1 ? 'row' : 'rows'} of the table pgdeck.${table}`;
  }
  const newest = 'select coalesce(extract(epoch from max(ts)), 0)::float8 as at from pgdeck.metric_raw';
  const newestOf = async (store: Store) => (await store.query<{ at: number }>(newest))[0]?.at ?? 0;
  // A pgdeck has gone on with an earlier copy.
  return (await newestOf(target)) > (await newestOf(source)) ? 'newer figures than all of these' : undefined;
}

type Column = { name: string; type: string; identity: string };
/** A partition, or a whole table: without bounds (epoch milliseconds). */
type Piece = { name: string; from?: number; to?: number };

async function count(store: Store, sql: string, values: unknown[] = []): Promise<number> {
  return store.transaction(async (run) => {
    await run('set local statement_timeout = 0');
    const [row] = await run<{ n: number }>(`select count(*)::float8 as n from ${sql}`, values, patience);
    return row?.n ?? 0;
  });
}

function columnsOf(source: Store, table: string): Promise<Column[]> {
  return source.query<Column>(
    `select attname::text as name, pg_catalog.format_type(atttypid, atttypmod) as type, attidentity::text as identity
from pg_catalog.pg_attribute
where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [`pgdeck.${table}`],
  );
}

async function copyPiece(source: Store, target: Store, table: string, piece: Piece, columns: Column[]): Promise<void> {
  const names = columns.map(({ name }) => `"${name}"`).join(', ');
  const overriding = columns.some(({ identity }) => identity === 'a') ? ' overriding system value' : '';
  const read = columns.map(({ name }) => `"${name}"::text as "${name}"`).join(', ');
  const tuple = (row: number) =>
    `(${columns.map(({ type }, i) => `$${row * columns.length + i + 1}::${type}`).join(', ')})`;
  await source.transaction(async (run: Run) => {
    await run('set local statement_timeout = 0');
    // Copying to a slow target may take longer than a session may do nothing.
    await run('set local idle_in_transaction_session_timeout = 0');
    await run(`declare copied no scroll cursor for select ${read} from pgdeck."${piece.name}"`, [], patience);
    for (;;) {
      const rows = await run<Record<string, string | null>>(`fetch ${rowsAtOnce(columns)} from copied`, [], patience);
      if (rows.length === 0) return;
      await target.query(
        `insert into pgdeck.${table} (${names})${overriding} values ${rows.map((_, row) => tuple(row)).join(', ')} on conflict do nothing`,
        rows.flatMap((row) => columns.map(({ name }) => row[name] ?? null)),
        patience,
      );
    }
  });
}

/** The next number of an identity column goes on after the greatest that was copied. */
async function goOn(target: Store, table: string, columns: Column[]): Promise<void> {
  for (const { name } of columns.filter(({ identity }) => identity !== ''))
    await target.query(
      `select pg_catalog.setval(pg_catalog.pg_get_serial_sequence('pgdeck.${table}', '${name}')::regclass, m.newest)
from (select max("${name}") as newest from pgdeck.${table}) as m where m.newest is not null`,
      [],
      patience,
    );
}

/**
 * Copies one table. It can be run again: rows that are there stay, and a piece of time of which as many rows are there is
 * left out.
 */
export async function copyTable(source: Store, target: Store, table: string): Promise<Copied> {
  const { engine } = target;
  if (!engine) throw new Error('The target is not on.');
  const columns = await columnsOf(source, table);
  const partitions = (await source.transaction(listPartitions)).filter((each) => each.table === table);
  const pieces: Piece[] = partitions.length > 0 ? partitions : [{ name: table }];
  // How far roll-ups are has changed since an earlier copy.
  if (table === 'watermark') await target.query('delete from pgdeck.watermark', [], patience);
  for (const piece of pieces) {
    const rows = await count(source, `pgdeck."${piece.name}"`);
    if (rows === 0) continue;
    if (piece.from !== undefined && piece.to !== undefined) {
      const shape = migrations.flatMap(({ partitioned = [] }) => partitioned).filter(({ name }) => name === table);
      await ensurePartitions(target.transaction, engine, piece.from, piece.to, shape);
      const bounds = [new Date(piece.from).toISOString(), new Date(piece.to).toISOString()];
      const there = await count(target, `pgdeck.${table} where ts >= $1::timestamptz and ts < $2::timestamptz`, bounds);
      if (there === rows) continue;
    }
    await copyPiece(source, target, table, piece, columns);
  }
  await goOn(target, table, columns);
  return {
    table,
    source: await count(source, `pgdeck.${table}`),
    target: await count(target, `pgdeck.${table}`),
  };
}
