import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';

/** `POST /api/runs/:run/approve`: the second person's yes; answers with the run. */
export const POST = route({ role: 'admin', body: z.strictObject({}).optional() }, ({ params, user }) =>
  runtime().runner.approve(params.run ?? '', user),
);
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
