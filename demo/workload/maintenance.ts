import type { Client } from 'pg';
import { close, connect, keep, pause, type Shop, wait } from './shop';

const lastsSeconds = 20;
const delayMs = 50;
/** From 1, found in memory, to 3, read and made dirty (20 more if it were not set to 1). */
const costOfPage = 1.5;

/** Long work, slowed down rather than heavy, so that there is progress to see and little to pay. */
export function maintenance(shop: Shop): Promise<never> {
  return keep(shop, 'shop_cron', 'maintenance', async (client) => {
    await pause(60);
    await slowVacuum(client, 'orders', '');
    await pause(100);
    await buildIndex(shop, client);
    await pause(60);
    await slowVacuum(client, 'order_items', '');
    await pause(100);
    await lazyTables(client);
  });
}

/** A VACUUM that reads every page and sleeps in between for about twenty seconds altogether. */
async function slowVacuum(client: Client, table: string, option: 'analyze' | ''): Promise<void> {
  const { rows } = await client.query<{ pages: number }>(
    'select (pg_table_size($1::regclass) + pg_indexes_size($1::regclass)) / 8192 as pages',
    [table],
  );
  const limit = Math.max(1, Math.round((Number(rows[0]?.pages) * costOfPage * delayMs) / (lastsSeconds * 1000)));
  await client.query(
    `set vacuum_cost_delay = ${delayMs}; set vacuum_cost_limit = ${Math.min(limit, 10_000)}; set vacuum_cost_page_dirty = 1`,
  );
  await client.query(`vacuum (disable_page_skipping, index_cleanup on${option && `, ${option}`}) ${table}`);
}

/** CREATE INDEX CONCURRENTLY, which waits for a report whose snapshot is older; the index is dropped again. */
async function buildIndex(shop: Shop, client: Client): Promise<void> {
  await client.query('drop index concurrently if exists orders_status_idx');
  const report = await connect(shop, 'app_report', 'nightly-report');
  try {
    await report.query('begin isolation level repeatable read');
    await report.query('select category, count(*) as products from products group by category');
    const built = client.query('create index concurrently orders_status_idx on orders (status, created_at)');
    built.catch(() => {});
    await wait(lastsSeconds);
    await report.query('commit').catch(() => {});
    await built;
  } finally {
    close(report);
  }
  await client.query('drop index concurrently if exists orders_status_idx');
}

/**
 * The job that stands in for the autovacuum that was turned off: late for `sessions`, and without ANALYZE for
 * `audit_log`, whose statistics stay as they were.
 */
async function lazyTables(client: Client): Promise<void> {
  const { rows } = await client.query<{ relname: string; dead: number; live: number }>(
    `select s.relname, s.n_dead_tup::float8 as dead, greatest(c.reltuples, 0)::float8 as live
     from pg_stat_user_tables as s join pg_class as c on c.oid = s.relid where s.relname in ('sessions', 'audit_log')`,
  );
  for (const { relname, dead, live } of rows) {
    const triggers = dead / (50 + 0.2 * live);
    if (relname === 'sessions' && triggers > 4.7) await slowVacuum(client, 'sessions', 'analyze');
    if (relname === 'audit_log' && triggers > 1) await slowVacuum(client, 'audit_log', '');
  }
}
