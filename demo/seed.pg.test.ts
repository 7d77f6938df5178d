import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { turnMonth } from './partitions';
import { seedShop } from './seed';

describe.each([14, 15, 16, 17, 18])('the shop on PostgreSQL %i', (major) => {
  let folder: string;
  let server: Embedded;
  let client: pg.Client;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pgdeck-shop-'));
    server = await startEmbedded({
      major,
      dataDir: join(folder, 'data'),
      superuserPassword: 'only-for-this-test',
      settings: { fsync: 'off', autovacuum: 'off' },
    });
    client = await connect(server);
    await seedShop(client, 'small');
    await client.end(); // its statistics are there for everybody now
    client = await connect(server);
  });

  afterAll(async () => {
    await client?.end();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const column = async (sql: string) =>
    (await client.query({ text: sql, rowMode: 'array' })).rows.map((row: unknown[]) => row[0]);

  test('has an invalid and a duplicate index, and a foreign key without one', async () => {
    expect(await column('select indexrelid::regclass::text from pg_index where not indisvalid')).toEqual([
      'customers_lower_email_key',
    ]);
    expect(
      await column(`select min(indexrelid::regclass::text) from pg_index where indrelid = 'order_items'::regclass
        group by indkey having count(*) > 1`),
    ).toEqual(['order_items_order_id_idx']);
    expect(
      await column(`select conrelid::regclass || ' ' || conkey::text from pg_constraint as c where contype = 'f' and not exists (
        select from pg_index as i where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1]
      ) and conrelid <> 'sessions'::regclass`),
    ).toEqual(['order_items {3}']);
  });

  test('has dead rows and old statistics of more than twice their triggers', async () => {
    const figures = `from pg_stat_user_tables as s join pg_class as c on c.oid = s.relid`;
    // PostgreSQL 14 tells what it has counted some time later.
    await expect
      .poll(() =>
        column(`select s.relname::text ${figures} where s.n_dead_tup >= 2 * (50 + 0.2 * c.reltuples)
          and s.n_dead_tup < 5 * (50 + 0.2 * c.reltuples)`),
      )
      .toEqual(['sessions']);
    await expect
      .poll(() =>
        column(
          `select s.relname::text ${figures} where s.n_mod_since_analyze >= 2 * (50 + 0.1 * c.reltuples) order by 1`,
        ),
      )
      .toEqual(['audit_log', 'sessions']);
  });

  test('has a sequence near its end, and a month whose rows are in the default partition', async () => {
    expect(await column(`select round(100.0 * last_value / 2147483647) from audit_log_id_seq`)).toEqual(['97']);
    expect(
      await column(`select count(distinct date_trunc('month', occurred_at at time zone 'UTC')) from events_default`),
    ).toEqual(['1']);
  });

  test('turns the month: rows of a missing partition move into it, the oldest is dropped', async () => {
    const now = new Date();
    const later = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 12));
    await client.query('insert into events (customer_id, type, payload, occurred_at) values (1, $1, $2, $3)', [
      'view',
      {},
      later,
    ]);
    const partitions = `select inhrelid::regclass::text from pg_inherits where inhparent = 'events'::regclass order by 1`;
    const before = await column(partitions);
    await client.query('set role shop_owner');
    await turnMonth(client, later);
    await client.query('reset role');
    const after = await column(partitions);
    const created = `events_${later.toISOString().slice(0, 7).replace('-', '_')}`;
    expect(after).toEqual([...before.slice(1, -1), created, 'events_default'].sort());
    expect(await column(`select count(*) from ${created}`)).toEqual(['1']);
  });
});

async function connect(server: Embedded): Promise<pg.Client> {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: 'postgres',
    database: 'postgres',
    password: 'only-for-this-test',
  });
  await client.connect();
  return client;
}
