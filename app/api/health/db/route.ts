import { othersThan, route } from '@/lib/access/route';
import { serversFor } from '@/lib/access/server-access';
import { healthDb } from '@/lib/api/health-db';
import { poolHealth } from '@/lib/metrics/pool-health';

/** `GET /api/health/db`: the figures of pgdeck's own pools, with warnings and recommendations; nothing is asked. */
export const GET = route(healthDb, ({ user }) => {
  // Its connections are about the whole of a server.
  const whole = serversFor(user).filter(({ access }) => access.databases === undefined);
  const servers = whole.map(({ server: { config, connections, sampler } }) => ({
    server: config.id,
    state: sampler.state(),
    ...poolHealth(connections.judgedPools()),
  }));
  const worst = (['critical', 'warning'] as const).find((status) => servers.some((server) => server.status === status));
  return { status: worst ?? ('ok' as const), servers };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
