import { othersThan, route } from '@/lib/access/route';
import { definition as contract } from '@/lib/api/objects';
import { definitionOf } from '@/lib/objects/definition';
import { named } from '@/lib/objects/kept';
import { findServer } from '@/lib/read';

/** `GET /api/servers/:server/definition?database=&kind=&oid=`: an object as PostgreSQL writes it. */
export const GET = route(contract, async ({ params, query: { fresh, ...asked }, access }) => {
  const answer = await definitionOf(findServer(params.server), access, { ...asked, fresh: fresh === '1' });
  return { server: params.server, database: answer.database, ...named('definition', answer) };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
