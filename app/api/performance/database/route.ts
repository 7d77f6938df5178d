import { othersThan, route } from '@/lib/access/route';
import { databasePerformance } from '@/lib/api/performance';
import { readPerformance } from '@/lib/performance/read-performance';

/** `GET /api/performance/database?server=&database=`: how one database does, from snapshots. */
export const GET = route(databasePerformance, ({ query, user }) => readPerformance(user, query));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
