import { othersThan, route } from '@/lib/access/route';
import { catalogue } from '@/lib/actions/catalogue';

/** `GET /api/actions`: what pgdeck can do, with locks, rights and confirmation before a server raises it. */
export const GET = route({ role: 'viewer' }, () => ({ actions: catalogue() }));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
