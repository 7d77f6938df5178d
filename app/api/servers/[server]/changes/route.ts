import { z } from 'zod';
import { ApiError } from '@/lib/access/errors';
import { exactMoment } from '@/lib/access/moment';
import { othersThan, route } from '@/lib/access/route';
import { eventKinds } from '@/lib/history/answers';
import { findServer } from '@/lib/read';

const query = z.object({
  from: exactMoment.optional(),
  to: exactMoment.optional(),
  kind: z.enum(eventKinds, `must be one of ${eventKinds.join(', ')}`).optional(),
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(500, 'must be at most 500')
    .default(100),
});

/** `GET /api/servers/:server/changes?from=&to=&kind=&limit=`: what changed, newest first; missing ends are the last day. */
export const GET = route({ role: 'viewer', query }, async ({ params, query: { kind, limit, ...range } }) => {
  const to = range.to ?? Date.now() / 1000;
  const from = range.from ?? to - 86_400;
  if (from >= to) throw new ApiError(400, 'bad_input', 'from: must be before to', 'from');
  return findServer(params.server ?? '').sampler.history.changes.read({ from, to, kind, limit });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
