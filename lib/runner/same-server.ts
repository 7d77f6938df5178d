import { ApiError } from '@/lib/access/errors';
import type { ServerConnections } from '@/lib/postgres/server-connections';

/**
 * Refuses where actions would go to another server than questions. `epoch` is what the connection that acts was told (see
 * `Actor`); one address for both is one server.
 */
export async function requireSameServer(epoch: string, connections: ServerConnections): Promise<void> {
  const { read, action } = connections.config;
  if (read.host === action.host && read.port === action.port) return;
  const [acts] = epoch.split(':');
  if (connections.capabilities?.postmasterStart === acts) return;
  // It may have been restarted since it was looked at.
  const { postmasterStart } = await connections.probe();
  if (postmasterStart === acts) return;
  throw new ApiError(
    422,
    'other_server',
    'Actions would go to another server than the one that is shown. Name the same server in actionUrl (PGDECK_ACTION_URL) as in url. Nothing was done.',
  );
}
