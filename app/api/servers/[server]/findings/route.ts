import { othersThan, route } from '@/lib/access/route';
import { findServer } from '@/lib/read';

/** `GET /api/servers/:server/findings`: the verdict, what was found and what could not be judged. */
export const GET = route({ role: 'viewer' }, ({ params }) => findServer(params.server ?? '').findings.current());
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
