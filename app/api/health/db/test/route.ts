import { ApiError } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { requireDatabase, serverFor, serversFor } from '@/lib/access/server-access';
import { healthDbTest } from '@/lib/api/health-db';
import { roundTrip } from '@/lib/metrics/round-trip';
import { describeError } from '@/lib/postgres/errors';

/** `GET /api/health/db/test[?server=]`: one real round trip through the pool; 503 with each reason where one does not come back. */
export const GET = route(healthDbTest, async ({ query: { server: id }, user }) => {
  const asked = id === undefined ? serversFor(user) : [serverFor(user, id)];
  // The pool is about the whole of a server.
  if (id !== undefined) for (const { access } of asked) requireDatabase(access, id, null);
  const tested = asked.filter(({ access }) => access.databases === undefined).map(({ server }) => server);
  const tried = await Promise.allSettled(tested.map(({ connections }) => roundTrip(connections)));
  const servers = tried.flatMap((trip, index) =>
    trip.status === 'fulfilled' ? [{ server: tested[index]?.config.id ?? '', ...trip.value }] : [],
  );
  const failed = tried.flatMap((trip, index) =>
    trip.status === 'rejected' ? [{ name: tested[index]?.config.name, ...describeError(trip.reason) }] : [],
  );
  if (failed[0]) {
    const told = failed.map(({ name, sentence, hint }) => `Server ${name}: ${sentence} ${hint}`);
    if (tried.length > 1) told.push(`${servers.length} of ${tried.length} servers answered.`);
    throw new ApiError(503, failed[0].reason, told.join(' '));
  }
  return { status: 'ok' as const, servers };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
