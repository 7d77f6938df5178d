import type { Client } from 'pg';
import { sizes } from '../seed';
import { below, close, connect, pause, type Shop, wait } from './shop';

/** Every few chains one stands for longer than the minute from which pgdeck speaks of it. */
const longEvery = 4;
const longTimes = 2.7;

/** Somebody forgets to commit, a migration queues up behind, and readers behind that; then it is over. For ever. */
export async function lockChains(shop: Shop): Promise<never> {
  for (let number = 1; ; number++) {
    await pause(number === 1 ? shop.chain.restSeconds / 3 : shop.chain.restSeconds);
    const seconds = shop.chain.holdSeconds * (number % longEvery === 0 ? longTimes : 0.8 + Math.random() * 0.4);
    await lockChain(shop, seconds).catch(() => {}); // the server is away: the next one
  }
}

/** Returns when the chain is gone, whoever ended it: each of its sessions may be cancelled or terminated. */
async function lockChain(shop: Shop, holdSeconds: number): Promise<void> {
  const root = await connect(shop, 'app_billing', 'billing-api');
  const sessions = [root];
  const behind: Promise<unknown>[] = [];
  const queue = (
    application: string,
    role: 'shop_deploy' | 'app_shop' | 'app_billing',
    work: (client: Client) => Promise<unknown>,
  ) =>
    behind.push(
      connect(shop, role, application)
        .then((client) => {
          sessions.push(client);
          return work(client).finally(() => close(client));
        })
        .catch(() => {}),
    );
  try {
    const order = 1 + below(sizes.page.orders);
    await root.query('begin');
    await root.query('update payments set status = $2 where order_id = $1', [order, 'settled']);
    const ended = new Promise<void>((resolve) => root.once('end', resolve));
    const over = Promise.race([wait(holdSeconds), ended]);
    await wait(1.5);
    queue('flyway', 'shop_deploy', migrate);
    await wait(1.5);
    for (const [role, application] of readers) {
      queue(application, role, (client) =>
        client.query('select status, amount_cents, created_at from payments where order_id = $1', [order]),
      );
      await pause(1);
    }
    await over;
    await root.query('commit').catch(() => {});
    await Promise.all(behind);
  } finally {
    for (const session of sessions) close(session);
  }
}

/** Who reads what is locked, and waits behind the migration: role and application. */
export const readers = [
  ['app_shop', 'shop-web'],
  ['app_shop', 'checkout'],
  ['app_billing', 'billing-api'],
] as const;

/** Taken back each time, for a column that was added and dropped would use up one of the table's 1600 for good. */
async function migrate(client: Client): Promise<void> {
  await client.query('begin');
  await client.query(`set local lock_timeout = '170s'`);
  await client.query('alter table payments add column settled_at timestamp with time zone');
  await client.query('rollback');
}
