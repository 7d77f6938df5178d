import { othersThan, route } from '@/lib/access/route';
import { changeSchedule, deleteSchedule } from '@/lib/api/schedules';
import { runtime } from '@/lib/runtime';

/** `PATCH /api/servers/:server/schedules/:schedule`: changes its title or times, or switches it on or off. */
export const PATCH = route(changeSchedule, ({ params, body, user }) =>
  runtime().schedules.change(params.server, params.schedule, body, user),
);

/** `DELETE /api/servers/:server/schedules/:schedule`: it is not run any more. */
export const DELETE = route(deleteSchedule, async ({ params, user }) => {
  await runtime().schedules.remove(params.server, params.schedule, user);
  return { deleted: params.schedule };
});
export const { GET, POST, PUT, OPTIONS } = othersThan('PATCH', 'DELETE');
