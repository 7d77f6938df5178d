import { ApiError } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { seesDatabase } from '@/lib/access/server-access';
import { changes as contract } from '@/lib/api/history';
import { findServer } from '@/lib/read';

const mostEvents = 500;

/** `GET /api/servers/:server/changes?from=&to=&kind=&limit=`: what changed, newest first; missing ends are the last day. */
export const GET = route(contract, async ({ params, query: { kind, limit, ...range }, access }) => {
  // To the end of this second: the same for all who ask in it.
  const to = range.to ?? Math.ceil(Date.now() / 1000);
  const from = range.from ?? to - 86_400;
  if (from >= to) throw new ApiError(400, 'bad_input', 'from: must be before to', 'from');
  const { changes } = findServer(params.server).sampler.history;
  if (access.databases === undefined) return changes.read({ from, to, kind, limit });
  // What was changed in none of them is about the server as a whole, or about other ones.
  const { events, next } = await changes.read({ from, to, kind, limit: mostEvents });
  const seen = events.filter(({ detail }) => seesDatabase(access, namedIn(detail)));
  const last = seen.length > limit ? seen[limit - 1]?.at : undefined;
  return last === undefined ? { events: seen, next } : { events: seen.filter(({ at }) => at >= last), next: last };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');

function namedIn({ database }: Record<string, unknown>): string | null {
  return typeof database === 'string' ? database : null;
}
