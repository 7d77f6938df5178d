import { othersThan, route } from '@/lib/access/route';
import { poolHealth } from '@/lib/metrics/pool-health';
import { runtime } from '@/lib/runtime';

/** `GET /api/health/db`: the figures of pgdeck's own pools, with warnings and recommendations; nothing is asked. */
export const GET = route({ role: 'viewer' }, () => {
  const servers = [...runtime().servers.values()].map(({ config, connections, sampler }) => ({
    server: config.id,
    state: sampler.state(),
    ...poolHealth(connections.pools(), connections.problem),
  }));
  const worst = (['critical', 'warning'] as const).find((status) => servers.some((server) => server.status === status));
  return { status: worst ?? 'ok', servers };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
