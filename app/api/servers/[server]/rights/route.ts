import { othersThan, route } from '@/lib/access/route';
import { rights } from '@/lib/api/access';
import { findServer } from '@/lib/read';
import { readRights } from '@/lib/rights/read-rights';

/** `GET /api/servers/:server/rights`: what the database roles that pgdeck was given may do, and the grant of what they lack. */
export const GET = route(rights, ({ params }) => readRights(findServer(params.server)));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
