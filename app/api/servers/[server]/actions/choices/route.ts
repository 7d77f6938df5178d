import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { findServer } from '@/lib/read';
import { choicesOf } from '@/lib/runner/choices';

const query = z.object({
  kind: z.string('must be a kind of target').min(1, 'must be a kind of target').max(64, 'is not a kind of target'),
  database: z.string().max(256, 'is longer than a name can be').optional(),
  search: z.string().max(100, 'must be at most 100 characters').optional(),
  relkinds: z
    .string()
    .regex(/^[rpmfS]{1,5}$/, 'must be letters of r, p, m, f and S')
    .optional(),
  partition: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((word) => word === 'true')
    .optional(),
});

/** `GET /api/servers/:server/actions/choices?kind=&database=&search=&relkinds=&partition=`: what an action can be done to, at most 50. */
export const GET = route(
  { role: 'operator', heavy: true, databases: 'filtered', query },
  async ({ params, query, access }) => ({
    choices: await choicesOf(findServer(params.server ?? ''), access, query),
  }),
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
