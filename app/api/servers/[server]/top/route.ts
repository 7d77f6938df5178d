import { badInput } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { top } from '@/lib/api/history';
import { readTopOf } from '@/lib/read-history';

/** `GET /api/servers/:server/top?by=&from=&to=&filter=`: what caused load; missing ends are the last hour. */
export const GET = route(top, ({ params, query: { from, to, by, filter }, access }) => {
  const end = to ?? Math.floor(Date.now() / 1000);
  const range = { from: from ?? end - 3600, to: end };
  if (range.from >= range.to) throw badInput('from: must be before to', 'from');
  return readTopOf(access, params.server, by, range, filter);
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
