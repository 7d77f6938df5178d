import { othersThan, route } from '@/lib/access/route';
import { indexForm as contract } from '@/lib/api/actions';
import { findServer } from '@/lib/read';
import { indexForm } from '@/lib/runner/index-form';

/** `GET /api/servers/:server/actions/index-form?database=&oid=`: what an index of a table can be made of. */
export const GET = route(contract, ({ params, query }) => indexForm(findServer(params.server), query));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
