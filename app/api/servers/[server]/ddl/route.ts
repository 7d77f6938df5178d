import { othersThan, route } from '@/lib/access/route';
import { ddl } from '@/lib/api/actions';
import { checkDdl } from '@/lib/ddl/check';
import { findServer } from '@/lib/read';

/** `POST …/ddl`: what the statements of a text would lock and block; nothing of it is run. */
export const POST = route(ddl, ({ params, body: { database, sql } }) =>
  checkDdl(findServer(params.server), database, sql),
);
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
