import { othersThan, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';

/** `GET /api/runs/:run`: one run with its progress. */
export const GET = route({ role: 'viewer' }, ({ params }) => runtime().runner.find(params.run ?? ''));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
