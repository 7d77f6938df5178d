import { othersThan, route } from '@/lib/access/route';
import { runs } from '@/lib/api/actions';
import { shownTo } from '@/lib/runner/shown-to';
import { visibleRuns } from '@/lib/runner/visible-runs';
import { runtime } from '@/lib/runtime';

/** `GET /api/runs[?server=]`: what runs, waits and ran, newest first; also what other instances run now. */
export const GET = route(runs, async ({ query: { server }, user }) => ({
  runs: await shownTo(user, visibleRuns(user, await runtime().runner.everyRun(server))),
}));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
