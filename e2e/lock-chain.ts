import type pg from 'pg';
import { expect } from './fixtures/test';
import { pidOf } from './page-checks';

/** The sessions of a lock chain; `over` is done when all of them have gone on. */
export type Chain = { root: number; gate: number; readers: number[]; over: Promise<unknown>; rootClient: pg.Client };

/** A transaction that holds a row lock on a table, an ALTER TABLE behind it, and readers behind that. */
export async function lockChain(
  connect: (login: string, name?: string) => Promise<pg.Client>,
  readers: number,
): Promise<Chain> {
  const root = await connect('app_billing', 'billing-api');
  const gate = await connect('shop_deploy', 'flyway');
  const reading = await Promise.all(Array.from({ length: readers }, () => connect('app_shop', 'shop-web')));
  const pids = {
    root: await pidOf(root),
    gate: await pidOf(gate),
    readers: await Promise.all(reading.map(pidOf)),
  };
  await root.query('begin');
  await root.query('update orders set status = status where id = 1');
  const altering = gate
    .query('alter table orders add column if not exists settled_at timestamptz')
    .catch((error) => error);
  await expect
    .poll(async () => (await root.query('select from pg_locks where not granted and pid = $1', [pids.gate])).rowCount)
    .toBe(1);
  const waits = reading.map((client) => client.query('select count(*) from orders').catch((error) => error));
  return { ...pids, over: Promise.all([altering, ...waits]), rootClient: root };
}
