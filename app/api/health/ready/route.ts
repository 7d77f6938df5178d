import { othersThan, route } from '@/lib/access/route';
import { seesDatabase, serversFor } from '@/lib/access/server-access';
import { isAdminOfAll } from '@/lib/access/user';
import { ready } from '@/lib/api/health';
import { whyDegraded } from '@/lib/metrics/why-degraded';
import { runtime } from '@/lib/runtime';

/** `GET /api/health/ready`: 200 while pgdeck serves; the state of each server that one may see, and why where it is not reached or answers in part. */
export const GET = route(ready, async ({ user }) => {
  const { audit, fileServers } = runtime();
  const { writable, problem } = await audit.state();
  return {
    status: 'ok' as const,
    servers: serversFor(user).map(({ server: { config, connections, sampler }, access }) => {
      const state = sampler.state();
      const away = connections.problem;
      const seen = () =>
        sampler.failing().filter(({ database }) => database === null || seesDatabase(access, database));
      return {
        id: config.id,
        state,
        reachable: away === undefined && connections.capabilities !== undefined,
        ...(away ? { reason: away.sentence, hint: away.hint } : state === 'degraded' && whyDegraded(seen())),
      };
    }),
    audit: { writable, ...(problem !== undefined && { problem }) },
    ...(fileServers && isAdminOfAll(user) && { configuration: { refused: fileServers.refused ?? null } }),
  };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
