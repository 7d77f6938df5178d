import { othersThan, route } from '@/lib/access/route';
import { servers } from '@/lib/api/servers';
import { listServers } from '@/lib/read';

/** `GET /api/servers`: the watched servers; host, database and role (never the password) for admins only. */
export const GET = route(servers, ({ user }) => listServers(user));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
