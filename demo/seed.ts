import type { Client } from 'pg';
import { firstPartitions } from './partitions';
import { createGroups } from './roles';
import { constraints, grants, invalidIndex, tables } from './schema';
import { categories } from './slow-queries';

/** How many rows a shop starts with; `sessions` and `audit_log` are a few more. */
export type Counts = {
  customers: number;
  products: number;
  orders: number;
  events: number;
  sessions: number;
  auditLog: number;
};

/** `small` is for tests (a few MB, under a second), `page` what the demo has before its page is up (under 30 MB). */
export const sizes = {
  small: { customers: 1_000, products: 400, orders: 3_000, events: 3_000, sessions: 2_000, auditLog: 2_000 },
  page: { customers: 6_000, products: 1_600, orders: 20_000, events: 26_000, sessions: 8_000, auditLog: 9_000 },
} satisfies Record<string, Counts>;

/** Items of an order, on average. */
export const itemsPerOrder = 3;

const pick = (...choices: readonly string[]) =>
  `(array[${choices.map((choice) => `'${choice}'`).join(', ')}])[1 + floor(random() * ${choices.length})::int]`;

const firstNames = ['Ada', 'Boris', 'Chen', 'Dina', 'Emre', 'Fatou', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kim', 'Lena'];
const lastNames = ['Abel', 'Baker', 'Cole', 'Diaz', 'Eder', 'Fuchs', 'Gomez', 'Hahn', 'Ito', 'Jensen', 'Kaya', 'Lopez'];

/** Customers, numbered by the table itself. */
export const insertCustomers = (count: number) => `
insert into customers (email, full_name, phone, city, country, newsletter, created_at, last_order_at)
select lower(who.first) || '.' || lower(who.last) || who.n || '@example.com', who.first || ' ' || who.last,
  '+49 30 ' || (1000000 + floor(random() * 8999999)::int), who.city, who.country, random() < 0.4,
  now() - random() * interval '700 days', now() - random() * interval '90 days'
from (
  select (random() * 1000000)::int as n, ${pick(...firstNames)} as first, ${pick(...lastNames)} as last,
    ${pick('Berlin', 'Lyon', 'Porto', 'Graz', 'Gent', 'Turin', 'Oslo', 'Bern')} as city,
    ${pick('DE', 'FR', 'PT', 'AT', 'BE', 'IT', 'NO', 'CH')} as country
  from generate_series(1, ${count})
) as who`;

const insertProducts = (count: number) => `
insert into products (sku, name, category, description, price_cents, stock)
select 'SKU-' || lpad(n::text, 6, '0'),
  ${pick('Light', 'Warm', 'Small', 'Classic', 'Folding', 'Dry')} || ' ' || ${pick('alpine', 'city', 'trail', 'river', 'winter')} || ' no. ' || n,
  ${pick(...categories)}, repeat(md5(n::text) || ' ', 8), 500 + floor(random() * 20000)::int, floor(random() * 500)::int
from generate_series(1, ${count}) as n`;

/** Orders with items and payments, of customers and products whose ids run from 1 without gaps to these numbers. */
export const insertOrders = (count: number, customers: number, products: number) => `
with made as (
  insert into orders (customer_id, status, total_cents, note, created_at, updated_at, shipped_at)
  select 1 + floor(power(random(), 2) * ${customers})::bigint, ${pick('paid', 'shipped', 'shipped', 'delivered', 'delivered', 'delivered', 'cancelled')},
    1000 + floor(random() * 30000)::int,
    case when random() < 0.5 then ${pick('leave at the door', 'a gift, no invoice please', 'call first', 'ring twice')} || ', ' || substr(md5(random()::text), 1, 12) end,
    made_at, made_at + interval '1 day', made_at + interval '2 days'
  from (select now() - interval '1 minute' - random() * interval '120 days' as made_at from generate_series(1, ${count})) as at
  returning id, total_cents, created_at
), items as (
  insert into order_items (order_id, product_id, quantity, unit_price_cents)
  select made.id, 1 + floor(power(random(), 1.5) * ${products})::bigint, 1 + floor(random() * 3)::int, made.total_cents / 3
  from made, generate_series(1, ${itemsPerOrder} + made.id::int % 3 - 1)
)
insert into payments (order_id, method, status, amount_cents, reference, created_at)
select made.id, ${pick('card', 'card', 'transfer', 'wallet')}, ${pick('settled', 'settled', 'settled', 'pending', 'failed')}, made.total_cents,
  md5(made.id::text), made.created_at
from made`;

/** Events from the last `days` days on, the older ones fewer; 89 are in no year more than the three months that have partitions. */
export const insertEvents = (count: number, customers: number, days = 89) => `
insert into events (customer_id, type, payload, occurred_at)
select 1 + floor(random() * ${customers})::bigint, type,
  jsonb_build_object('path', '/' || type || '/' || floor(random() * 4000)::int, 'agent', ${pick('firefox', 'safari', 'chrome', 'iphone')},
    'referrer', ${pick('search', 'newsletter', 'direct', 'partner')}, 'trace', md5(random()::text),
    'hint', case when random() < 0.02 then ${pick('coupon', 'refund', 'gift card')} else '' end),
  now() - power(random(), 1.6) * interval '${days} days'
from (select ${pick('view', 'view', 'search', 'cart', 'checkout', 'login')} as type from generate_series(1, ${count})) as kinds`;

/** Sessions that were last seen within two days. */
export const insertSessions = (count: number, customers: number) => `
insert into sessions (customer_id, data, created_at, last_seen_at)
select 1 + floor(random() * ${customers})::bigint, md5(random()::text) || md5(random()::text),
  now() - interval '2 days' - random() * interval '9 days', now() - random() * interval '2 days'
from generate_series(1, ${count})`;

/** Lines of the audit log. */
export const insertAuditLog = (count: number) => `
insert into audit_log (actor, action, detail, logged_at)
select ${pick('shop-web', 'billing', 'support', 'inventory')}, ${pick('price changed', 'order cancelled', 'address changed', 'login', 'refund')},
  jsonb_build_object('object', floor(random() * 100000)::int, 'ip', '10.0.' || floor(random() * 255)::int || '.' || floor(random() * 255)::int, 'trace', md5(random()::text)),
  now() - random() * interval '30 days'
from generate_series(1, ${count})`;

/** Each session is seen again and again; its index on the time makes every change a dead row for good. */
const ageSessions = `update sessions set last_seen_at = last_seen_at + random() * interval '1 minute' where random() < 0.55`;

/**
 * Makes the shop in the database that `client` (a superuser, outside a transaction) is connected to, with everything
 * that is wrong with it. Runs on PostgreSQL 14–18; roles that log in are not made.
 */
export async function seedShop(client: Client, size: keyof typeof sizes): Promise<void> {
  const { customers, products, orders, events, sessions, auditLog } = sizes[size];
  await createGroups(client);
  await client.query('alter schema public owner to shop_owner');
  await client.query(
    `set synchronous_commit = off; set timezone = 'UTC'; set client_min_messages = warning; set jit = off`,
  );
  await client.query('set role shop_owner; select setseed(0.18)');
  try {
    // One transaction, so that tables loaded in it need no visits of their own to the log on a wal_level of minimal.
    await client.query('begin');
    await client.query(tables);
    await client.query(firstPartitions(new Date()));
    await client.query(insertCustomers(customers - 1));
    // The pair that makes `invalidIndex` fail.
    await client.query(`insert into customers (email, full_name, city, country)
      select upper(left(email, 1)) || substr(email, 2), full_name, city, country from customers where id = 1`);
    await client.query(insertProducts(products));
    await client.query(insertOrders(orders, customers, products));
    await client.query(insertEvents(events, customers));
    await client.query(insertSessions(sessions, customers));
    await client.query(insertAuditLog(Math.ceil(auditLog / 10)));
    await client.query(constraints);
    await client.query(grants);
    await client.query('commit');
    await flushStatistics(client);
    await client.query(
      'vacuum (analyze) customers, products, orders, order_items, payments, events, sessions, audit_log',
    );
    // From here on nobody analyzes these two: dead rows of 2.5 times the trigger, statistics of a tenth of the rows.
    await client.query(ageSessions);
    await client.query(insertAuditLog(auditLog - Math.ceil(auditLog / 10)));
    await client.query(invalidIndex).catch((error: { code?: string }) => {
      if (error.code !== '23505') throw error;
    });
    await flushStatistics(client);
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    await client.query('reset role').catch(() => {});
  }
}

/** Has the session's counts of changed rows told now: told after the ANALYZE they would look like later changes. */
async function flushStatistics(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  if ((rows[0]?.version ?? 0) >= 150_000) await client.query('select pg_stat_force_next_flush()');
  else await client.query('select pg_sleep(0.6)'); // it tells twice a second at most
}
