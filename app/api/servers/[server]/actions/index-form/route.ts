import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { findServer } from '@/lib/read';
import { indexForm } from '@/lib/runner/index-form';

const query = z.object({
  database: z
    .string('must be the name of a database')
    .min(1, 'must be the name of a database')
    .max(256, 'is longer than a name can be'),
  oid: z
    .string('must be the OID of a table')
    .regex(/^[1-9]\d{0,9}$/, 'must be the OID of a table')
    .transform(Number)
    .refine((oid) => oid <= 4_294_967_295, 'must be the OID of a table'),
});

/** `GET /api/servers/:server/actions/index-form?database=&oid=`: what an index of a table can be made of. */
export const GET = route({ role: 'operator', heavy: true, query }, ({ params, query }) =>
  indexForm(findServer(params.server ?? ''), query),
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
