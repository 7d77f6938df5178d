import { othersThan, route } from '@/lib/access/route';
import { table as contract } from '@/lib/api/objects';
import { named } from '@/lib/objects/kept';
import { type TableName, tableSchema } from '@/lib/objects/table';
import { findServer } from '@/lib/read';

/** `GET /api/servers/:server/table?database=&schema=&table=` or `&oid=`: what a table is made of. */
export const GET = route(contract, async ({ params, query: { database, schema, table, oid, fresh }, access }) => {
  const of: TableName = oid === undefined ? { schema: schema ?? '', table: table ?? '' } : { oid };
  const answer = await tableSchema(findServer(params.server), access, { database, table: of, fresh: fresh === '1' });
  return { server: params.server, database: answer.database, ...named('table', answer) };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
