import { othersThan, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';

/** `GET /api/runs`: the runs since pgdeck started, newest first. */
export const GET = route({ role: 'viewer' }, ({ user }) => ({ runs: runtime().runner.runs(user) }));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
