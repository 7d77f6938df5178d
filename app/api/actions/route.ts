import { othersThan, route } from '@/lib/access/route';
import { catalogue } from '@/lib/actions/catalogue';
import { actions } from '@/lib/api/actions';

/** `GET /api/actions`: what pgdeck can do, with locks, rights and confirmation before a server raises it. */
export const GET = route(actions, () => ({ actions: catalogue() }));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
