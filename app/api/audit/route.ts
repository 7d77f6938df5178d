import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { covers } from '@/lib/access/user';
import { runtime } from '@/lib/runtime';

const number = (least: number, most: number) =>
  z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

const query = z.object({
  limit: number(1, 500).default(100),
  before: number(1, Number.MAX_SAFE_INTEGER).optional(),
  event: z.string().max(40).optional(),
  server: z.string().max(100).optional(),
  action: z.string().max(64).optional(),
});

/** `GET /api/audit[?limit=&before=&event=&server=&action=]`: who did what, newest first; one's own without the admin role. */
export const GET = route({ role: 'viewer', query }, async ({ query: wanted, user }) => {
  const { audit } = runtime();
  const { limit, before, event, server, action } = wanted;
  const { entries, next } = await audit.read({
    limit,
    ...(before !== undefined && { before }),
    ...(event !== undefined && { event }),
    ...(server !== undefined && { server }),
    ...(action !== undefined && { action }),
    ...(!covers(user.role, 'admin') && { user: user.name }),
  });
  return { entries, next, state: await audit.state() };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
