import { othersThan, route } from '@/lib/access/route';
import { runtime } from '@/lib/runtime';

/** `GET /api/health/ready`: 200 while pgdeck serves; each watched server's state, and why where it is not reached. */
export const GET = route({ role: 'viewer' }, async () => {
  const { servers, audit } = runtime();
  const { writable, problem } = await audit.state();
  return {
    status: 'ok',
    servers: [...servers.values()].map(({ config, connections, sampler }) => ({
      id: config.id,
      state: sampler.state(),
      reachable: connections.problem === undefined && connections.capabilities !== undefined,
      ...(connections.problem && { reason: connections.problem.sentence, hint: connections.problem.hint }),
    })),
    audit: { writable, ...(problem !== undefined && { problem }) },
  };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
