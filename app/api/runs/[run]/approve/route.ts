import { othersThan, route } from '@/lib/access/route';
import { approveRun } from '@/lib/api/actions';
import { runtime } from '@/lib/runtime';

/** `POST /api/runs/:run/approve`: the second person's yes; answers with the run. */
export const POST = route(approveRun, ({ params, user }) => runtime().runner.approve(params.run, user));
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
