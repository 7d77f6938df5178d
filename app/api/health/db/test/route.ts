import { z } from 'zod';
import { othersThan, route } from '@/lib/access/route';
import { requireDatabase, serverFor, serversFor } from '@/lib/access/server-access';
import { roundTrip } from '@/lib/metrics/round-trip';

const query = z.object({ server: z.string().optional() });

/** `GET /api/health/db/test[?server=]`: one real round trip through the pool; 503 and 504 where it does not come back. */
export const GET = route({ role: 'viewer', heavy: true, query }, async ({ query: { server: id }, user }) => {
  const asked = id === undefined ? serversFor(user) : [serverFor(user, id)];
  // The pool is about the whole of a server.
  if (id !== undefined) for (const { access } of asked) requireDatabase(access, id, null);
  const tested = asked.filter(({ access }) => access.databases === undefined).map(({ server }) => server);
  const servers = await Promise.all(
    tested.map(async ({ config, connections }) => ({ server: config.id, ...(await roundTrip(connections)) })),
  );
  return { status: 'ok', servers };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
