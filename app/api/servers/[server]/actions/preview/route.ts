import { othersThan, route } from '@/lib/access/route';
import { previewAction } from '@/lib/api/actions';
import { runtime } from '@/lib/runtime';

/** `POST …/actions/preview`: what an action would do; nothing is executed. */
export const POST = route(previewAction, ({ params, body, user }) =>
  runtime().runner.preview(params.server, body, user),
);
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
