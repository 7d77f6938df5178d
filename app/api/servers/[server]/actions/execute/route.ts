import { othersThan, reply, route } from '@/lib/access/route';
import { executeAction } from '@/lib/api/actions';
import { runtime } from '@/lib/runtime';

/** `POST …/actions/execute`: runs a preview; 200 when it ended within 3.5 s, else 202 and a run to look at. */
export const POST = route(executeAction, async ({ params, body, user }) => {
  const { run, ended } = await runtime().runner.execute(params.server, body, user);
  return reply(ended ? 200 : 202, run);
});
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
