import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { LoginRole, Passwords } from '../roles';

/** Where the shop is, and how fast its troubles come and go. */
export type Shop = {
  host: string;
  port: number;
  database: string;
  passwords: Passwords;
  /** Seconds between two lock chains, and how long one stands. */
  chain: { restSeconds: number; holdSeconds: number };
  /** Seconds between two connections of the pool that leaks, and how long it stays full. */
  pool: { growSeconds: number; fullSeconds: number };
};

/** Waits about this long: between a half and one and a half times of it, so that nothing runs in step. */
export function pause(seconds: number): Promise<void> {
  return sleep(seconds * 1000 * (0.5 + Math.random()));
}

/** Waits exactly this long. */
export function wait(seconds: number): Promise<void> {
  return sleep(seconds * 1000);
}

/** A whole number from 0 to below `limit`. */
export function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}

/** A session of the shop; whoever may end it ends it, and nothing here falls over. */
export async function connect(shop: Shop, role: LoginRole, application: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: shop.host,
    port: shop.port,
    database: shop.database,
    user: role,
    password: shop.passwords[role],
    application_name: application,
    connectionTimeoutMillis: 10_000,
    options: '-c statement_timeout=180000',
  });
  client.on('error', () => {}); // the statement under way fails, or the next one
  await client.connect();
  return client;
}

/** Ends a session; does not wait for a server that is gone. */
export function close(client: pg.Client): void {
  client.end().catch(() => {});
}

/**
 * Does `work` in a session of its own, for ever: a session that was ended, also while it had nothing to do, or whose work
 * failed, is followed by a new one.
 */
export async function keep(
  shop: Shop,
  role: LoginRole,
  application: string,
  work: (client: pg.Client) => Promise<void>,
): Promise<never> {
  for (;;) {
    try {
      const client = await connect(shop, role, application);
      const ended = new Promise<never>((_, reject) =>
        client.once('end', () => reject(new Error('The session was ended.'))),
      );
      try {
        const again = async () => {
          for (;;) await work(client);
        };
        await Promise.race([again(), ended]);
      } finally {
        close(client);
      }
    } catch {
      await pause(2);
    }
  }
}
