import type { z } from 'zod';
import type { ServerAccess } from '@/lib/access/server-access';
import type { settingShape } from '@/lib/api/objects';
import type { Server } from '@/lib/runtime';
import { withoutSecrets } from '@/lib/topics/secrets';
import { type Kept, keptAnswer } from './kept';

/** A setting as the server keeps it; passwords, keys and tokens are struck out. */
export type Setting = z.infer<typeof settingShape>;

/** The value that RESET would bring: pgdeck's sessions have values of their own for some, which then hide the server's. */
const settingsSql = `select /* pgdeck:settings */ s.name, s.reset_val as setting, s.unit, s.category, s.short_desc, s.vartype, s.context,
  nullif(s.source, 'session') as source, s.boot_val, s.min_val, s.max_val, s.enumvals, s.pending_restart
from pg_catalog.pg_settings as s
where s.source not in ('client', 'database', 'user', 'database user', 'interactive')
order by s.name`;

/** The settings of a server, kept under `{server}::settings`. */
export function serverSettings(server: Server, access: ServerAccess, fresh: boolean): Promise<Kept<Setting[]>> {
  const ask = async () => {
    const rows = await server.connections.ask<Setting>('walking', undefined, settingsSql, [], { rarely: true });
    const struck = (row: Setting, value: string | null) => withoutSecrets(row.name, value);
    return rows.map((row) => ({ ...row, setting: struck(row, row.setting), boot_val: struck(row, row.boot_val) }));
  };
  return keptAnswer(server, access, { kind: 'settings', database: null, name: 'settings' }, ask, fresh);
}
