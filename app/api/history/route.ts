import { othersThan, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';

/** `GET /api/history`: how the store of the history is; nothing is asked. */
export const GET = route({ role: 'viewer' }, () => runtime().history.status());
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
