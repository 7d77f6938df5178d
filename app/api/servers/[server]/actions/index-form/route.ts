import { othersThan, route } from '@/lib/access/route';
import { indexForm as contract } from '@/lib/api/actions';
import { keepLists } from '@/lib/objects/kept';
import { findServer } from '@/lib/read';
import { indexForm } from '@/lib/runner/index-form';

/** `GET /api/servers/:server/actions/index-form?database=&oid=`: what an index of a table can be made of. */
export const GET = route(contract, ({ params, query }) => {
  const server = findServer(params.server);
  return indexForm(server, query, keepLists(server));
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
