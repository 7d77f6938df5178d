import { othersThan, route } from '@/lib/access/route';
import { previewBody } from '@/lib/actions/protocol';
import { runtime } from '@/lib/runtime';

/** `POST …/actions/preview`: what an action would do; nothing is executed. */
export const POST = route(
  { role: 'operator', heavy: true, databases: 'filtered', body: previewBody },
  ({ params, body, user }) => runtime().runner.preview(params.server ?? '', body, user),
);
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
