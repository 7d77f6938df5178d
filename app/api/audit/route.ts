import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { readCopies } from '@/lib/audit/copies';
import { runtime } from '@/lib/runtime';
import { filterOf, filterShape, fleet, storeOfFleet } from './query';

const number = (least: number, most: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

const query = z.object({
  ...filterShape,
  limit: number(1, 500).default(100),
  before: number(1, Number.MAX_SAFE_INTEGER).optional(),
  fleet,
});

/**
 * `GET /api/audit`: who did what, newest first, by the filters; of servers where one is no admin one's own. With `fleet=1` the lines
 * of every instance that copies them to the history store.
 */
export const GET = route(
  { role: 'viewer', heavy: true, query },
  async ({ query: { limit, before, fleet, ...wanted }, user }) => {
    const { audit, auditCopies } = runtime();
    const asked = { limit, before, ...filterOf(wanted, user) };
    const { entries, next } = fleet ? await readCopies(storeOfFleet(), asked) : await audit.read(asked);
    return { entries, next, state: await audit.state(), copies: (await auditCopies?.state()) ?? { on: false } };
  },
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
