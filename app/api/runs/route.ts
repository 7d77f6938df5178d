import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';

const query = z.object({ server: z.string().max(100).optional() });

/** `GET /api/runs[?server=]`: what runs, waits and ran, newest first. */
export const GET = route({ role: 'viewer', query }, ({ query: { server } }) => ({
  runs: runtime().runner.runs(server),
}));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
