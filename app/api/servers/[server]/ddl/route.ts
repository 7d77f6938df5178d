import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { checkDdl } from '@/lib/ddl/check';
import { findServer } from '@/lib/read';

const mostCharacters = 100 * 1024;

const body = z.strictObject({
  database: z.string('must be the name of a database').min(1, 'must not be empty').max(256),
  sql: z.string('must be a text').min(1, 'must not be empty').max(mostCharacters, 'must be at most 100 KB'),
});

/** `POST …/ddl`: what the statements of a text would lock and block; nothing of it is run. */
export const POST = route({ role: 'operator', heavy: true, body }, ({ params, body: { database, sql } }) =>
  checkDdl(findServer(params.server ?? ''), database, sql),
);
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
