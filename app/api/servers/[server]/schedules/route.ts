import { othersThan, reply, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';
import { createBody } from '@/lib/schedules/shapes';

/** `GET /api/servers/:server/schedules`: what is run at times, how it ended last and what was missed. */
export const GET = route({ role: 'admin', databases: 'filtered' }, ({ params, user }) =>
  runtime().schedules.list(params.server ?? '', user),
);

/** `POST /api/servers/:server/schedules`: previews an action and has it run at times; 201, or 200 with `dryRun`. */
export const POST = route(
  { role: 'admin', databases: 'filtered', body: createBody },
  async ({ params, body, user }) => {
    const created = await runtime().schedules.create(params.server ?? '', body, user);
    return reply(created.schedule ? 201 : 200, created);
  },
);
export const { PUT, PATCH, DELETE, OPTIONS } = othersThan('GET', 'POST');
