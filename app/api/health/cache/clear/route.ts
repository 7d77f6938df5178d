import { othersThan, route } from '@/lib/access/route';
import { clearCache as contract } from '@/lib/api/cache';
import { clearCaches } from '@/lib/read-cache';

/** `POST /api/health/cache/clear`: forgets what is kept, and has snapshots asked anew when they are read next. */
export const POST = route(contract, async ({ body, user }) => ({
  cleared: await clearCaches(user, body.prefix ?? ''),
}));
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
