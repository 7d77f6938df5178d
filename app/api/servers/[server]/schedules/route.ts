import { othersThan, reply, route } from '@/lib/access/route';
import { createSchedule, schedules } from '@/lib/api/schedules';
import { runtime } from '@/lib/runtime';

/** `GET /api/servers/:server/schedules`: what is run at times, how it ended last and what was missed. */
export const GET = route(schedules, ({ params, user }) => runtime().schedules.list(params.server, user));

/** `POST /api/servers/:server/schedules`: previews an action and has it run at times; 201, or 200 with `dryRun`. */
export const POST = route(createSchedule, async ({ params, body, user }) => {
  const created = await runtime().schedules.create(params.server, body, user);
  return reply(created.schedule ? 201 : 200, created);
});
export const { PUT, PATCH, DELETE, OPTIONS } = othersThan('GET', 'POST');
