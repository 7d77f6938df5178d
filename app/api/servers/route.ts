import { othersThan, route } from '@/lib/access/route';
import { covers } from '@/lib/access/user';
import { runtime } from '@/lib/runtime';

/** `GET /api/servers`: the watched servers; host, database and role (never the password) for admins only. */
export const GET = route({ role: 'viewer' }, ({ user }) => ({
  servers: [...runtime().servers.values()].map(({ config, connections, sampler }) => {
    const { capabilities } = connections;
    return {
      id: config.id,
      name: config.name,
      state: sampler.state(),
      demo: config.demo,
      versionNum: capabilities?.versionNum ?? null,
      inRecovery: capabilities?.inRecovery ?? null,
      databases: capabilities?.databases ?? [],
      tags: config.tags,
      environment: config.environment ?? null,
      ...(covers(user.role, 'admin') && {
        host: config.read.host,
        port: config.read.port,
        database: config.read.database,
        role: config.read.user,
        actionRole: config.action.user,
      }),
    };
  }),
}));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
