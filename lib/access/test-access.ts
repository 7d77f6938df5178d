import { type AccessConfig, readAccess } from '@/lib/config-access';
import type { ServerAccess } from './server-access';

/** Who may, as the settings say it for a pgdeck on a loopback address. */
export function accessOf(env: Record<string, string> = {}): AccessConfig {
  return readAccess(env, '127.0.0.1');
}

/** Somebody who may do and see everything on a server. */
export const everything: ServerAccess = {
  user: { name: 'local', role: 'admin', mode: 'local' },
  role: 'admin',
  databases: undefined,
  queryText: 'plain',
  actions: 'all',
  roleOn: () => 'admin',
};
