import { othersThan, route } from '@/lib/access/route';
import { shownTo } from '@/lib/runner/shown-to';
import { runtime } from '@/lib/runtime';

/** `GET /api/runs/:run`: one run with its progress. */
export const GET = route({ role: 'viewer' }, async ({ params, user }) => {
  const [run] = await shownTo(user, [await runtime().runner.find(params.run ?? '')]);
  return run;
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
