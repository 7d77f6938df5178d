import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';
import { filterOf, filterShape } from './query';

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
});

/** `GET /api/audit`: who did what, newest first, by the filters; one's own without the admin role. */
export const GET = route({ role: 'viewer', query }, async ({ query: { limit, before, ...wanted }, user }) => {
  const { audit } = runtime();
  const { entries, next } = await audit.read({ limit, before, ...filterOf(wanted, user) });
  return { entries, next, state: await audit.state() };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
