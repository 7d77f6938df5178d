import { othersThan, route } from '@/lib/access/route';
import { serversFor } from '@/lib/access/server-access';
import { history as contract } from '@/lib/api/history';
import { runtime } from '@/lib/runtime';

/** `GET /api/history`: how the store of the history is, for the servers that one may see; nothing is asked. */
export const GET = route(contract, ({ user }) => {
  const { history, servers } = runtime();
  const { leases, notices, ...status } = history.status();
  const seen = new Set(serversFor(user).map(({ server }) => server.config.id));
  return {
    ...status,
    // They can name any server.
    notices: seen.size === servers.size ? notices : [],
    leases: leases.filter(({ server }) => seen.has(server)),
  };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
