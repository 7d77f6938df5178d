import { othersThan, route } from '@/lib/access/route';
import { audit as contract } from '@/lib/api/audit';
import { readCopies } from '@/lib/audit/copies';
import { runtime } from '@/lib/runtime';
import { filterOf, storeOfFleet } from './query';

/**
 * `GET /api/audit`: who did what, newest first, by the filters; of servers where one is no admin one's own. With `fleet=1` the lines
 * of every instance that copies them to the history store.
 */
export const GET = route(contract, async ({ query: { limit, before, fleet, ...wanted }, user }) => {
  const { audit, auditCopies } = runtime();
  const asked = { limit, before, ...filterOf(wanted, user) };
  const { entries, next } = fleet ? await readCopies(storeOfFleet(), asked) : await audit.read(asked);
  return { entries, next, state: await audit.state(), copies: (await auditCopies?.state()) ?? { on: false } };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
