import type { Pool, Run } from '@/lib/postgres/pool';
import type { Engine } from './engine';
import { type Migration, migrations, type TableShape, type Tier } from './migrations/index';

/** The store cannot be used as it is: `message` is a sentence, `hint` what to do. */
export class StoreUnusable extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

const stepTimeoutMs = 120_000;
/** Two that begin at the same moment can meet in the catalogs. */
const met = new Set(['23505', '42P06', '42P07', '42710']);

/** Every table in pieces of time, with how long it is kept. */
export function partitionedTables(steps = migrations): (TableShape & { tier: Tier })[] {
  return steps.flatMap(({ partitioned = [] }) => partitioned);
}

/**
 * Brings the schema `pgdeck` to the newest version, step by step, each in a transaction of its own (statement by statement
 * where the engine wants it so; what was begun then goes on) under a row lock that only one pgdeck gets. Throws `StoreUnusable` where a newer pgdeck has been there.
 */
export async function migrate(pool: Pool, engine: Engine, steps: Migration[] = migrations): Promise<void> {
  await begin(pool, engine).catch((error) => {
    if (!met.has(error.code)) throw error;
    return begin(pool, engine);
  });
  for (;;) {
    const done = await pool.transaction(async (run) => {
      await run("set local lock_timeout = '60s'; set local statement_timeout = '120s'", [], { prepared: false });
      // Whoever comes second waits here, and then finds the step done.
      await run('select version from pgdeck.migration where version = 0 for update', [], { timeoutMs: stepTimeoutMs });
      const [at] = await run<{ version: number }>('select max(version) as version from pgdeck.migration');
      const newest = steps.at(-1)?.version ?? 0;
      const version = at?.version ?? 0;
      if (version > newest)
        throw new StoreUnusable(
          `The history store was brought to version ${version} by a newer pgdeck; this one knows ${newest}.`,
          'Start the newer pgdeck, or name another store in PGDECK_HISTORY_URL.',
        );
      const step = steps.find((each) => each.version > version);
      if (!step) return true;
      await apply(engine.wholeSteps ? run : pool.query, engine, step);
      await run('insert into pgdeck.migration (version, name, applied_at) values ($1, $2, $3::timestamptz)', [
        step.version,
        step.name,
        new Date().toISOString(),
      ]);
      return false;
    });
    if (done) return;
  }
}

async function begin(pool: Pool, engine: Engine): Promise<void> {
  const [there] = await pool.query<{ exists: boolean }>(
    "select exists (select from pg_catalog.pg_tables where schemaname = 'pgdeck' and tablename = 'migration')",
  );
  if (there?.exists && (await pool.query('select from pgdeck.migration where version = 0')).length > 0) return;
  const make = async (run: Run) => {
    await run('create schema if not exists pgdeck');
    await engine.prepare(run);
    await engine.local(run, {
      name: 'migration',
      columns: '(version int4 primary key, name text not null, applied_at timestamptz not null)',
    });
    await run("insert into pgdeck.migration values (0, 'lock', $1::timestamptz) on conflict do nothing", [
      new Date().toISOString(),
    ]);
  };
  await (engine.wholeSteps ? pool.transaction(make) : make(pool.query));
}

async function apply(run: Run, engine: Engine, step: Migration): Promise<void> {
  for (const table of step.references ?? []) await engine.reference(run, table);
  for (const table of step.locals ?? []) await engine.local(run, table);
  for (const table of step.distributed ?? []) await engine.distributed(run, table);
  for (const table of step.partitioned ?? []) await engine.partitioned(run, table);
  for (const text of step.sql ?? []) await run(text, [], { prepared: false });
}
