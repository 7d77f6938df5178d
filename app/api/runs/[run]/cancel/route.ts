import { othersThan, route } from '@/lib/access/route';
import { cancelRun } from '@/lib/api/actions';
import { runtime } from '@/lib/runtime';

/** `POST /api/runs/:run/cancel`: stops a run; answers with the run. */
export const POST = route(cancelRun, ({ params, user }) => runtime().runner.cancel(params.run, user));
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
