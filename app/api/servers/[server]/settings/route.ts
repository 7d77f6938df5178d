import { othersThan, route } from '@/lib/access/route';
import { settings as contract } from '@/lib/api/objects';
import { named } from '@/lib/objects/kept';
import { serverSettings } from '@/lib/objects/settings';
import { findServer } from '@/lib/read';

/** `GET /api/servers/:server/settings`: the settings of a server, without secrets. */
export const GET = route(contract, async ({ params, query, access }) => ({
  server: params.server,
  ...named('settings', await serverSettings(findServer(params.server), access, query.fresh === '1')),
}));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
