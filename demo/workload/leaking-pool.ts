import type { Client } from 'pg';
import { logins } from '../roles';
import { close, connect, pause, type Shop, wait } from './shop';

/** Below the role's limit, so that the pool does not fail, only comes near. */
export const mostConnections = logins.app_inventory.connectionLimit - 2;

/** A pool that gives out connections and gets none back: it grows until its process is restarted. */
export async function leakingPool(shop: Shop): Promise<never> {
  for (;;) {
    const leaked: Client[] = [];
    // Somebody may terminate its sessions at any time: what is missing is opened again.
    for (let full = 0; full < shop.pool.fullSeconds; ) {
      if (leaked.length < mostConnections) {
        full = 0;
        await leak(shop, leaked);
        await pause(shop.pool.growSeconds);
      } else {
        await wait(1);
        full++;
      }
    }
    for (const client of [...leaked]) close(client);
    await pause(20);
  }
}

async function leak(shop: Shop, leaked: Client[]): Promise<void> {
  try {
    const client = await connect(shop, 'app_inventory', 'inventory-sync');
    leaked.push(client);
    client.once('end', () => leaked.splice(leaked.indexOf(client), 1));
    await client.query('select sku, stock from products order by updated_at desc limit 20');
  } catch {
    // too many, or no server: later
  }
}
