import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { roundTrip } from '@/lib/metrics/round-trip';
import { findServer } from '@/lib/read';
import { runtime } from '@/lib/runtime';

const query = z.object({ server: z.string().optional() });

/** `GET /api/health/db/test[?server=]`: one real round trip through the pool; 503 and 504 where it does not come back. */
export const GET = route({ role: 'viewer', query }, async ({ query: { server } }) => {
  const tested = server === undefined ? [...runtime().servers.values()] : [findServer(server)];
  const servers = await Promise.all(
    tested.map(async ({ config, connections }) => ({ server: config.id, ...(await roundTrip(connections)) })),
  );
  return { status: 'ok', servers };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
