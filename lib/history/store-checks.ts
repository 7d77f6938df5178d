import type { Pool } from '@/lib/postgres/pool';
import { StoreUnusable } from './migrate';

const oldestVersion = 140_000;

/** PostgreSQL's version in words; throws `StoreUnusable` where a store cannot be kept there. */
export async function usable(pool: Pool): Promise<string> {
  if (!(await pool.isDirect()))
    throw new StoreUnusable(
      'A connection pooler stands between pgdeck and the history store.',
      'Give the address of PostgreSQL itself in PGDECK_HISTORY_URL.',
    );
  const [row] = await pool.query<{ version: number; words: string; standby: boolean }>(
    `select pg_catalog.current_setting('server_version_num')::int4 as version,
  pg_catalog.current_setting('server_version') as words, pg_catalog.pg_is_in_recovery() as standby`,
    [],
    { prepared: false },
  );
  if (!row || row.version < oldestVersion)
    throw new StoreUnusable(
      `The history store is PostgreSQL ${row?.words ?? 'of an unknown version'}; it has to be 14 or newer.`,
      'Name another one in PGDECK_HISTORY_URL.',
    );
  if (row.standby) throw standby();
  return row.words;
}

/** Asks whether the store is there and can still be written; throws where not. */
export async function askWhetherThere(pool: Pool, timeoutMs: number): Promise<void> {
  const [row] = await pool.query<{ standby: boolean; readonly: string }>(
    `select /* pgdeck:beat */ pg_catalog.pg_is_in_recovery() as standby,
  pg_catalog.current_setting('transaction_read_only') as readonly`,
    [],
    { timeoutMs },
  );
  if (row?.standby) throw standby();
  if (row?.readonly === 'on') throw Object.assign(new Error('the store is read-only'), { code: '25006' });
}

const standby = () =>
  new StoreUnusable(
    'The history store is a standby, so nothing can be written there.',
    'Name its primary in PGDECK_HISTORY_URL; it goes on by itself.',
  );

/** Writes a megabyte and takes it back: a full disk shows only when a file grows. */
export async function probeWrite(pool: Pool): Promise<void> {
  const undo = new Error('undo');
  await pool
    .transaction(async (run) => {
      await run(
        `create table pgdeck.write_probe_${process.pid} as select pg_catalog.repeat(pg_catalog.md5(i::text), 62) as filler from pg_catalog.generate_series(1, 512) as i`,
        [],
        { prepared: false },
      );
      throw undo;
    })
    .catch((error) => {
      if (error !== undo) throw error;
    });
}
