import { z } from 'zod';
import { accessTo, coversAll, whyNotAll } from '@/lib/access/server-access';
import type { User } from '@/lib/access/user';
import { userNow } from '@/lib/access/user-now';
import { findAction } from '@/lib/actions/index';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { AccessConfig } from '@/lib/config';
import type { Server } from '@/lib/runtime';
import type { Row } from './table';

const shape = z.object({
  name: z.string(),
  mode: z.enum(['local', 'password', 'oidc', 'proxy', 'token']),
  role: z.enum(['viewer', 'operator', 'admin']),
  groups: z.array(z.string()).optional(),
  only: z.object({ servers: z.array(z.string()).optional() }).optional(),
});

/** Whoever a schedule is run in the name of now; or why it is not run, in words. */
export type Maker = { user: User; why?: undefined } | { user: User; why: string };

/** What of somebody is kept with a schedule that they make: enough to look up again what they may do. */
export function keptOf({ name, mode, role, groups, only }: User): string {
  return JSON.stringify({ name, mode, role, groups, only });
}

/** Whether people of this kind can be looked up again when they are away; who comes through a portal cannot. */
export function canBeAway({ mode }: User): boolean {
  return shape.shape.mode.safeParse(mode).success;
}

/** The databases that a schedule is about; null: the server as a whole. */
export function databasesOf({ target }: Pick<PreviewBody, 'target'>): string[] | null {
  return 'database' in target ? [target.database] : null;
}

/** Who made a schedule, by what they may do now: who is gone, or is no admin there any more, has nothing run. */
export async function makerNow(
  row: Pick<Row, 'created_by' | 'maker'>,
  body: Pick<PreviewBody, 'action' | 'target'>,
  server: Server,
  access: AccessConfig,
): Promise<Maker> {
  const kept = keptMaker(row);
  const gone: User = { name: row.created_by, role: 'viewer', mode: kept?.mode ?? 'local', away: true };
  if (!kept)
    return {
      user: gone,
      why: `It was made by ${row.created_by} when nobody signed in here, so that nobody stands behind it now. Make it again.`,
    };
  const now = await userNow(kept, access);
  const may = now && accessTo(now, server.config, access);
  if (!now || !may)
    return { user: gone, why: `${kept.name}, who made this, may not use this server any more. Make it again.` };
  const user: User = { ...now, away: true };
  const databases = databasesOf(body);
  if (!coversAll(may, 'admin', databases))
    return { user, why: `${kept.name}, who made this, is no admin there any more. An admin can make it again.` };
  const action = findAction(body.action);
  const why = action && whyNotAll(may, action.role, databases);
  return why === undefined ? { user } : { user, why };
}

/** A schedule of before was made by whoever sat at the machine; that only means somebody where this is still so. */
function keptMaker({ created_by, maker }: Pick<Row, 'created_by' | 'maker'>): User | undefined {
  if (maker === null) return created_by === 'local' ? { name: 'local', role: 'admin', mode: 'local' } : undefined;
  try {
    return shape.parse(JSON.parse(maker)) as User;
  } catch {
    return undefined;
  }
}
