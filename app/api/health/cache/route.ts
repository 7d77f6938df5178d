import { othersThan, route } from '@/lib/access/route';
import { cacheHealth } from '@/lib/api/cache';
import { readCacheHealth } from '@/lib/read-cache';

/** `GET /api/health/cache[?prefix=]`: what is in memory of the servers, how often it was there, and how old it is. */
export const GET = route(cacheHealth, ({ query, user }) => readCacheHealth(user, query.prefix ?? ''));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
