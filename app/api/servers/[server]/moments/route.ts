import { badInput } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { moments } from '@/lib/api/history';
import { readMoments } from '@/lib/read';

/** `GET /api/servers/:server/moments`: the moments that were kept next to `at`, or those of a range. */
export const GET = route(moments, ({ params, query: { at, from, to, topic, database }, access }) => {
  const of = { server: params.server, topic, database };
  if (at !== undefined) {
    if (from !== undefined || to !== undefined) throw badInput('at: goes without from and to', 'at');
    return readMoments(access, of, { at });
  }
  const end = to ?? Date.now() / 1000;
  const range = { from: from ?? end - 3600, to: end };
  if (range.from >= range.to) throw badInput('from: must be before to', 'from');
  return readMoments(access, of, range);
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
