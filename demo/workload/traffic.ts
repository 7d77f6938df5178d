import type { Client } from 'pg';
import type { LoginRole } from '../roles';
import { sizes } from '../seed';
import { below, keep, pause, type Shop } from './shop';

// Ids below these have been there since the beginning and stay.
const customers = sizes.page.customers;
const products = sizes.page.products;

const product = () => 1 + below(products);
const customer = () => 1 + below(customers);

/** How many sessions of each service are at work at once. */
export const sessions = { 'shop-web': 6, checkout: 2, 'billing-api': 2, warehouse: 1 };

/** What ordinary days are made of: many small statements, and one page that asks for each of its products by itself. */
export function traffic(shop: Shop): Promise<never>[] {
  const work = { 'shop-web': visit, checkout: checkOut, 'billing-api': settle, warehouse: ship };
  const roles = {
    'shop-web': 'app_shop',
    checkout: 'app_shop',
    'billing-api': 'app_billing',
    warehouse: 'app_inventory',
  };
  return (Object.keys(sessions) as (keyof typeof sessions)[]).flatMap((service) =>
    Array.from({ length: sessions[service] }, () => keep(shop, roles[service] as LoginRole, service, work[service])),
  );
}

async function visit(client: Client): Promise<void> {
  const { rows } = await client.query<{ token: string }>('select token from sessions order by last_seen_at limit 40');
  for (const { token } of rows) {
    if (below(6) === 0) await client.query('update sessions set last_seen_at = now() where token = $1', [token]);
    await client.query('select id, name, price_cents, stock from products where id = $1', [product()]);
    if (below(3) === 0) await note(client);
    await pause(0.4);
    await client.query(
      'select id, status, total_cents, created_at from orders where customer_id = $1 order by created_at desc limit 10',
      [customer()],
    );
    await client.query('select id, email, full_name, city from customers where id = $1', [customer()]);
    if (below(25) === 0) await browse(client);
    if (below(60) === 0) await logIn(client);
    await pause(0.6);
  }
}

async function note(client: Client): Promise<void> {
  await client.query('insert into events (customer_id, type, payload) values ($1, $2, $3)', [
    customer(),
    ['view', 'view', 'cart', 'search'][below(4)],
    { path: `/view/${product()}`, agent: 'firefox', referrer: 'search', hint: below(60) ? '' : 'coupon' },
  ]);
}

/** N+1: one statement for the list, then one for each thing on it. */
async function browse(client: Client): Promise<void> {
  const { rows } = await client.query<{ id: string }>(
    'select id from products where category = $1 order by id limit 40',
    [['tents', 'boots', 'bags', 'lamps'][below(4)]],
  );
  for (const { id } of rows)
    await client.query('select name, description, price_cents from products where id = $1', [id]);
}

async function logIn(client: Client): Promise<void> {
  await client.query(
    'insert into sessions (customer_id, data) values ($1, md5(random()::text) || md5(random()::text))',
    [customer()],
  );
  await client.query('insert into audit_log (actor, action, detail) values ($1, $2, $3)', [
    'shop-web',
    'login',
    { object: customer(), ip: `10.0.${below(256)}.${below(256)}` },
  ]);
}

async function checkOut(client: Client): Promise<void> {
  await pause(3);
  const cents = 1000 + below(30_000);
  await client.query('begin');
  const { rows } = await client.query<{ id: string }>(
    'insert into orders (customer_id, status, total_cents, note) values ($1, $2, $3, $4) returning id',
    [customer(), 'paid', cents, below(2) ? null : 'leave at the door'],
  );
  const id = rows[0]?.id;
  const bought = Array.from({ length: 1 + below(4) }, product).sort((a, b) => a - b);
  for (const each of bought) {
    await client.query(
      'insert into order_items (order_id, product_id, quantity, unit_price_cents) values ($1, $2, $3, $4)',
      [id, each, 1 + below(3), Math.round(cents / bought.length)],
    );
  }
  await client.query(
    'insert into payments (order_id, method, status, amount_cents, reference) values ($1, $2, $3, $4, md5($5))',
    [id, 'card', 'pending', cents, `order ${id}`],
  );
  // Last and in order of their ids, so that waiting payments keep no product locked and nobody meets a deadlock.
  for (const each of new Set(bought)) {
    await client.query('update products set stock = greatest(stock - 1, 0), updated_at = now() where id = $1', [each]);
  }
  await client.query('commit');
}

async function settle(client: Client): Promise<void> {
  await pause(2.5);
  const { rows } = await client.query<{ id: string }>(
    'select id from orders where status = $1 order by created_at desc limit 5',
    ['paid'],
  );
  for (const { id } of rows) {
    await client.query('select id, status, amount_cents from payments where order_id = $1', [id]);
  }
  const paid = rows[below(Math.max(1, rows.length))]?.id;
  if (paid) await client.query('update payments set status = $2 where order_id = $1', [paid, 'settled']);
}

/** Orders leave; and now and then a product that nobody bought is taken out of the shop, which reads all items. */
async function ship(client: Client): Promise<void> {
  await pause(5);
  await client.query(
    `update orders set status = 'shipped', shipped_at = now(), updated_at = now()
     where id in (select id from orders where status = 'paid' and created_at > now() - interval '1 hour' order by created_at limit 5)`,
  );
  if (below(12) === 0) {
    const { rows } = await client.query<{ id: string }>(
      `insert into products (sku, name, category, description, price_cents, stock)
       values ($1, 'Sample', 'maps', 'A sample that is not sold.', 0, 0) returning id`,
      [`SAMPLE-${Date.now()}`],
    );
    await pause(2);
    await client.query('delete from products where id = $1', [rows[0]?.id]);
    await client.query('insert into audit_log (actor, action, detail) values ($1, $2, $3)', [
      'inventory',
      'product removed',
      { product: rows[0]?.id },
    ]);
  }
}
