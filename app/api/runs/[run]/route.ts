import { othersThan, route } from '@/lib/access/route';
import { oneRun } from '@/lib/api/actions';
import { noRun } from '@/lib/runner/permits';
import { shownTo } from '@/lib/runner/shown-to';
import { visibleRuns } from '@/lib/runner/visible-runs';
import { runtime } from '@/lib/runtime';

/** `GET /api/runs/:run`: one run with its progress. */
export const GET = route(oneRun, async ({ params, user }) => {
  const { run: id } = params;
  const [run] = await shownTo(user, visibleRuns(user, [await runtime().runner.find(id)]));
  if (!run) throw noRun(id);
  return run;
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
