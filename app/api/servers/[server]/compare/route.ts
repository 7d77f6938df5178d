import { othersThan, route } from '@/lib/access/route';
import { compare } from '@/lib/api/history';
import { readCompareOf } from '@/lib/read-history';

/** `GET /api/servers/:server/compare?topic=&a=from,to&b=from,to`: two windows side by side. */
export const GET = route(compare, ({ params, query: { topic, a, b }, access }) =>
  readCompareOf(access, params.server, topic, a, b),
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
