import type { LoginRole } from './roles';

/** A statement that is slow for a reason that people can find and mend. */
export type SlowQuery = { role: LoginRole; application: string; because: string; sql: string; values: () => unknown[] };

function oneOf<T>(choices: readonly T[]): T {
  return choices[Math.floor(Math.random() * choices.length)] as T;
}

/** What products are filed under. */
export const categories = ['tents', 'boots', 'bags', 'lamps', 'stoves', 'maps', 'ropes', 'jackets'] as const;

/** The shop's slow statements. Each runs once before the page is up, then again and again in the workload. */
export const slowQueries: SlowQuery[] = [
  {
    role: 'app_report',
    application: 'metabase',
    because: 'order_items (product_id) has no index: all items are read once for each product',
    sql: `select p.id, p.name, p.stock,
  (select coalesce(sum(i.quantity), 0) from order_items as i where i.product_id = p.id) as sold
from products as p
where p.category = $1
order by p.name
limit 160`,
    values: () => [oneOf(categories)],
  },
  {
    role: 'app_support',
    application: 'support-desk',
    because: 'events (customer_id) has no index: all events are read once for each customer',
    sql: `select c.id, c.full_name, c.email, c.last_order_at,
  (select max(e.occurred_at) from events as e where e.customer_id = c.id) as last_seen_at
from customers as c
where c.country = $1
order by c.last_order_at desc
limit 80`,
    values: () => [oneOf(['DE', 'FR', 'PT', 'AT', 'BE', 'IT', 'NO', 'CH'])],
  },
  {
    role: 'app_report',
    application: 'nightly-report',
    because: 'its two sorts of all items do not fit in work_mem and spill to disk',
    sql: `select ranked.country, ranked.city, ranked.full_name, ranked.name, ranked.cents, ranked.running_cents
from (
  select c.country, c.city, c.full_name, p.name, i.quantity * i.unit_price_cents as cents,
    rank() over (partition by c.country, c.city order by p.category, p.name, i.quantity * i.unit_price_cents desc) as place,
    sum(i.quantity * i.unit_price_cents) over (partition by c.full_name order by o.created_at, i.id) as running_cents
  from order_items as i
  join orders as o on o.id = i.order_id
  join customers as c on c.id = o.customer_id
  join products as p on p.id = i.product_id
) as ranked
where ranked.place <= $1
order by ranked.country, ranked.city, ranked.place`,
    values: () => [oneOf([3, 5, 10])],
  },
  {
    role: 'app_support',
    application: 'support-desk',
    because: "ILIKE '%…%' over documents: every event is read, printed and searched",
    sql: `select e.id, e.customer_id, e.type, e.occurred_at
from events as e
where e.payload ->> 'path' ilike '%' || $1 || '%'
  or e.payload ->> 'referrer' ilike '%' || $1 || '%'
  or e.payload::text ilike '%' || $1 || '%'
order by e.occurred_at desc
limit 20`,
    values: () => [oneOf(['coupon', 'refund', 'gift card'])],
  },
  {
    role: 'app_report',
    application: 'metabase',
    because: 'all orders are joined with themselves to find what is bought together',
    sql: `select a.product_id, b.product_id as bought_with, count(*) as times
from order_items as a
join order_items as b on b.order_id = a.order_id and b.product_id > a.product_id
group by a.product_id, b.product_id
order by times desc
limit $1`,
    values: () => [20],
  },
  {
    role: 'app_support',
    application: 'support-desk',
    because: "LIKE '%…%' on a column that no index can serve",
    sql: `select o.id, o.customer_id, o.status, o.note, o.created_at
from orders as o
where lower(o.note) like '%' || $1 || '%'
order by o.created_at desc
limit 50`,
    values: () => [oneOf(['leave at the door', 'gift', 'call first', 'invoice'])],
  },
];
