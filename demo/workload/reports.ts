import { slowQueries } from '../slow-queries';
import { close, connect, keep, pause, type Shop, wait } from './shop';

/** The slow statements, one after the other; quickly at first, so that the page has them after a crash too. */
export async function reports(shop: Shop): Promise<never> {
  for (let round = 0; ; round++) {
    for (const { role, application, sql, values } of slowQueries) {
      await pause(round === 0 ? 2 : 14);
      try {
        const client = await connect(shop, role, application);
        try {
          await client.query(sql, values());
        } finally {
          close(client);
        }
      } catch {
        // cancelled, terminated, or no server: the next one
      }
    }
  }
}

/** A report that opens a transaction, reads, and then waits for somebody to look at it: idle in transaction for minutes. */
export function forgottenReport(shop: Shop): Promise<never> {
  return keep(shop, 'app_report', 'metabase', async (client) => {
    await client.query('begin');
    await client.query('select country, count(*) as customers from customers group by country order by customers desc');
    await wait(14 * 60);
    await client.query('rollback');
    await wait(90);
  });
}
