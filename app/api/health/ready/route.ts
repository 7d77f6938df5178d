import { othersThan, route } from '@/lib/access/route';
import { serversFor } from '@/lib/access/server-access';
import { isAdminOfAll } from '@/lib/access/user';
import { ready } from '@/lib/api/health';
import { runtime } from '@/lib/runtime';

/** `GET /api/health/ready`: 200 while pgdeck serves; the state of each server that one may see, and why where it is not reached. */
export const GET = route(ready, async ({ user }) => {
  const { audit, fileServers } = runtime();
  const { writable, problem } = await audit.state();
  return {
    status: 'ok' as const,
    servers: serversFor(user).map(({ server: { config, connections, sampler } }) => ({
      id: config.id,
      state: sampler.state(),
      reachable: connections.problem === undefined && connections.capabilities !== undefined,
      ...(connections.problem && { reason: connections.problem.sentence, hint: connections.problem.hint }),
    })),
    audit: { writable, ...(problem !== undefined && { problem }) },
    ...(fileServers && isAdminOfAll(user) && { configuration: { refused: fileServers.refused ?? null } }),
  };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
