import { z } from 'zod';
import { badInput } from '@/lib/access/errors';
import { moment } from '@/lib/access/moment';
import { othersThan, route } from '@/lib/access/route';
import { loadBys } from '@/lib/history/load-filter';
import { readTopOf } from '@/lib/read-history';

const query = z.object({
  from: moment.optional(),
  to: moment.optional(),
  by: z.enum(loadBys, `must be one of ${loadBys.join(', ')}`).default('statement'),
  filter: z.string().max(4000, 'is too long').optional(),
});

/** `GET /api/servers/:server/top?by=&from=&to=&filter=`: what caused load; missing ends are the last hour. */
export const GET = route(
  { role: 'viewer', heavy: true, databases: 'filtered', query },
  ({ params, query: { from, to, by, filter }, access }) => {
    const end = to ?? Math.floor(Date.now() / 1000);
    const range = { from: from ?? end - 3600, to: end };
    if (range.from >= range.to) throw badInput('from: must be before to', 'from');
    return readTopOf(access, params.server ?? '', by, range, filter);
  },
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
