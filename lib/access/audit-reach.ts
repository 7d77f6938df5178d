import type { Reach } from '@/lib/audit/query';
import { coversAll, type ServerAccess, serversFor } from './server-access';
import type { User } from './user';

/**
 * Which lines of the audit somebody may read: of servers that they may know of their own ones and, as an admin there, those
 * of everybody; of no server only admins. Undefined: all, also of servers that are watched no more – for who sits at the
 * machine, whose files these are.
 */
export function reachOf(user: User): Reach | undefined {
  if (user.mode === 'local' && user.role === 'admin') return undefined;
  const seen = new Map(serversFor(user).map(({ server, access }) => [server.config.id, access]));
  const adminOf = (access: ServerAccess | undefined, databases: readonly string[] | null) =>
    access !== undefined && coversAll(access, 'admin', databases);
  return {
    name: user.name,
    mode: user.mode,
    servers: [...seen.keys()],
    adminOn: [...seen].filter(([, { role }]) => role === 'admin').map(([id]) => id),
    isAdmin: (server, databases) => adminOf(seen.get(server), databases),
    nowhere: user.role === 'admin' && !user.only?.servers,
  };
}
