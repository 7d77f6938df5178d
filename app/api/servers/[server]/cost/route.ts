import { badInput } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { cost } from '@/lib/api/history';
import { readCost } from '@/lib/read-cost';

/** `GET /api/servers/:server/cost?from=&to=`: what pgdeck itself cost a server; missing ends are the last hour. */
export const GET = route(cost, ({ params, query: range, access }) => {
  const to = range.to ?? Math.floor(Date.now() / 1000);
  const from = range.from ?? to - 3600;
  if (from >= to) throw badInput('from: must be before to', 'from');
  return readCost(access, params.server, { from, to });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
