import type { Client } from 'pg';
import { turnMonth } from '../partitions';
import { type Counts, insertAuditLog, insertCustomers, insertEvents, insertOrders, sizes } from '../seed';
import { keep, type Shop, wait } from './shop';

/** What the shop grows to, some 130 MB, and is kept at. */
const full: Counts = { ...sizes.page, customers: 20_000, orders: 90_000, events: 130_000, auditLog: 80_000 };

/** Rows that one step adds, so that the rest is in after some six minutes. */
const steps = 140;
const stepSeconds = 2.5;

type Table = 'customers' | 'orders' | 'events' | 'audit_log' | 'sessions';

async function count(client: Client, table: Table): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(`select count(*)::float8 as rows from ${table}`);
  return rows[0]?.rows ?? 0;
}

/** Fills the shop up behind the page, then keeps it from growing and its months in order. */
export function housekeeping(shop: Shop): Promise<never> {
  return keep(shop, 'shop_cron', 'shop-cron', async (client) => {
    // Behind a lock chain it steps back instead of making it longer.
    await client.query(`set lock_timeout = '2s'; set timezone = 'UTC'`);
    await turnMonth(client, new Date());
    await fill(client);
    for (;;) {
      await turnMonth(client, new Date());
      await trim(client);
      await wait(60);
    }
  });
}

/** Asks first: work that waited behind a lock chain in vain would leave dead rows each time. False: it was not done. */
async function unlessPaymentsAreLocked(client: Client, work: () => Promise<unknown>): Promise<boolean> {
  await client.query('begin');
  try {
    await client.query('lock table payments in row exclusive mode nowait');
    await work();
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback');
    if ((error as { code?: string }).code === '55P03') return false;
    throw error;
  }
}

async function fill(client: Client): Promise<void> {
  const missing = {
    customers: full.customers - (await count(client, 'customers')),
    orders: full.orders - (await count(client, 'orders')),
    events: full.events - (await count(client, 'events')),
    auditLog: full.auditLog - (await count(client, 'audit_log')),
  };
  const inserts = {
    customers: (rows: number) => insertCustomers(rows),
    orders: (rows: number) => insertOrders(rows, sizes.page.customers, sizes.page.products),
    events: (rows: number) => insertEvents(rows, sizes.page.customers),
    auditLog: (rows: number) => insertAuditLog(rows),
  };
  const tables = Object.keys(inserts) as (keyof typeof inserts)[];
  for (;;) {
    const wanted = tables.filter((table) => missing[table] > 0);
    if (wanted.length === 0) return;
    for (const table of wanted) {
      const rows = Math.min(missing[table], Math.ceil((full[table] - sizes.page[table]) / steps));
      const work = () => client.query(inserts[table](rows));
      if (table !== 'orders') await work();
      else if (!(await unlessPaymentsAreLocked(client, work))) continue;
      missing[table] -= rows;
    }
    await wait(stepSeconds);
  }
}

/** Deletes what is too much, the oldest first and little at a time; items and payments go with their orders. */
async function trim(client: Client): Promise<void> {
  const surplus = async (table: Table, most: number) => Math.min(1_000, (await count(client, table)) - most);
  const orders = await surplus('orders', full.orders);
  if (orders > 0) {
    await unlessPaymentsAreLocked(client, () =>
      client.query('delete from orders where id in (select id from orders order by created_at limit $1)', [orders]),
    );
  }
  const auditLog = await surplus('audit_log', full.auditLog);
  if (auditLog > 0) {
    await client.query('delete from audit_log where id in (select id from audit_log order by id limit $1)', [auditLog]);
  }
  const sessions = await surplus('sessions', full.sessions);
  if (sessions > 0) {
    await client.query(
      'delete from sessions where token in (select token from sessions order by last_seen_at limit $1)',
      [sessions],
    );
  }
  const events = await surplus('events', full.events);
  if (events > 0) await trimEvents(client, events);
}

/** From the largest partition, so that the older months do not run empty. */
async function trimEvents(client: Client, rows: number): Promise<void> {
  const { rows: found } = await client.query<{ name: string }>(
    `select c.relname as name from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
     where i.inhparent = 'events'::regclass order by c.reltuples desc limit 1`,
  );
  const largest = found[0]?.name;
  if (!largest) return;
  await client.query(`delete from ${largest} where id in (select id from ${largest} order by occurred_at limit $1)`, [
    rows,
  ]);
}
