import { z } from 'zod';
import { ApiError } from '@/lib/access/errors';
import { exactMoment } from '@/lib/access/moment';
import { othersThan, route } from '@/lib/access/route';
import { seesDatabase } from '@/lib/access/server-access';
import { eventKinds } from '@/lib/history/answers';
import { findServer } from '@/lib/read';

const mostEvents = 500;

const query = z.object({
  from: exactMoment.optional(),
  to: exactMoment.optional(),
  kind: z.enum(eventKinds, `must be one of ${eventKinds.join(', ')}`).optional(),
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(mostEvents, `must be at most ${mostEvents}`)
    .default(100),
});

/** `GET /api/servers/:server/changes?from=&to=&kind=&limit=`: what changed, newest first; missing ends are the last day. */
export const GET = route(
  { role: 'viewer', databases: 'filtered', query },
  async ({ params, query: { kind, limit, ...range }, access }) => {
    const to = range.to ?? Date.now() / 1000;
    const from = range.from ?? to - 86_400;
    if (from >= to) throw new ApiError(400, 'bad_input', 'from: must be before to', 'from');
    const { changes } = findServer(params.server ?? '').sampler.history;
    if (access.databases === undefined) return changes.read({ from, to, kind, limit });
    // What was changed in none of them is about the server as a whole, or about other ones.
    const { events, next } = await changes.read({ from, to, kind, limit: mostEvents });
    const seen = events.filter(({ detail }) => seesDatabase(access, namedIn(detail)));
    const last = seen.length > limit ? seen[limit - 1]?.at : undefined;
    return last === undefined ? { events: seen, next } : { events: seen.filter(({ at }) => at >= last), next: last };
  },
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');

function namedIn({ database }: Record<string, unknown>): string | null {
  return typeof database === 'string' ? database : null;
}
