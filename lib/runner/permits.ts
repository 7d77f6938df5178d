import { ApiError, notFound } from '@/lib/access/errors';
import {
  accessTo,
  coversAll,
  requireDatabase,
  requireFullWindow,
  type ServerAccess,
  whyNot,
  whyNotAll,
  whyNowhere,
} from '@/lib/access/server-access';
import { isSame, type Role, type User } from '@/lib/access/user';
import { userNow } from '@/lib/access/user-now';
import type { Action } from '@/lib/actions/action';
import type { Run } from '@/lib/actions/protocol';
import type { Target } from '@/lib/actions/target';
import type { Audit } from '@/lib/audit/audit';
import type { AccessConfig, ServerConfig } from '@/lib/config';
import { isSamePlace } from '@/lib/postgres/target';
import type { Server } from '@/lib/runtime';
import { type Asked, noteAsked } from './asked';
import type { Job } from './job';
import { seesRun } from './visible-runs';

/** What it takes to say who may act where. */
export type Guarded = { servers: ReadonlyMap<string, Server>; audit: Audit; config: { access: AccessConfig } };

/** Who asks, on which server. */
export type Acting = { server: Server; user: User; access: ServerAccess };

/** A server and what somebody may do there; 404 where there is none, or none that they may know of. */
export function actingOn({ servers, config }: Guarded, serverId: string, user: User): Acting {
  const server = servers.get(serverId);
  const access = server && accessTo(user, server.config, config.access);
  if (!server || !access) throw notFound(`There is no server "${serverId}". GET /api/servers lists them.`);
  refuseLeaving(server);
  return { server, user, access };
}

/** Throws 409 where a server is watched only until what runs on it has ended. */
function refuseLeaving({ leaving }: Server): void {
  if (leaving !== undefined) throw new ApiError(409, 'server_leaving', `${leaving} Nothing was done.`);
}

/** The access of somebody to a run; 404 where there is none, or none that they may know of. */
export function actingOnRun({ servers, config }: Guarded, run: Run | undefined, runId: string, user: User): Acting {
  const server = run && servers.get(run.server);
  const access = server && accessTo(user, server.config, config.access);
  if (!run || !server || !access || !seesRun(access, run)) throw noRun(runId);
  return { server, user, access };
}

/** 404: there is no such run. */
export function noRun(runId: string): ApiError {
  return notFound(`There is no run "${runId}".`);
}

/** What can be refused before the server is asked: the role on what the target names, or anywhere where it names nothing. */
export function permitTarget(
  guarded: Guarded,
  acting: Acting,
  { role }: Action,
  asked: Asked & { target: Target },
): void {
  const { access, server } = acting;
  const { target } = asked;
  if ('database' in target) {
    requireDatabase(access, server.config.id, target.database);
    refuse(guarded, acting, whyNot(access, role, target.database), asked);
    return;
  }
  // Which database these are in is only known when they have been looked at.
  const later = target.kind === 'backend' || target.kind === 'backends' || target.kind === 'run';
  refuse(guarded, acting, later ? whyNowhere(access, role) : whyNot(access, role, null), asked);
}

/** Refuses, and writes down, where the role does not reach everything that is to be done. */
export function permit(
  guarded: Guarded,
  acting: Acting,
  { role }: Action,
  databases: readonly string[] | null,
  asked: Asked,
): void {
  refuse(guarded, acting, whyNotAll(acting.access, role, databases), asked);
}

/** Throws 409 where what was previewed would be done at another address, or as another role, than the preview told. */
export function requireSameAddresses(then: ServerConfig, now: ServerConfig): void {
  const [before, after] = [then.pgbouncer, now.pgbouncer];
  if (isSamePlace(then.action, now.action) && (before && after ? isSamePlace(before, after) : before === after)) return;
  throw new ApiError(
    409,
    'target_changed',
    'The addresses of this server were changed in PGDECK_CONFIG since it was previewed. Nothing was done.',
  );
}

/** The same for what waited, by the role that its person has now, and by how the server is configured. */
export async function permitNow(
  guarded: Guarded,
  { server, config: then }: Pick<Job, 'server' | 'config'>,
  user: User,
  action: Action,
  databases: readonly string[] | null,
  asked: Asked,
): Promise<void> {
  const { access: config } = guarded.config;
  refuseLeaving(server);
  requireSameAddresses(then, server.config);
  const now = await userNow(user, config);
  const access = now && accessTo(now, server.config, config);
  const why = access
    ? whyNotAll(access, action.role, databases)
    : `${user.name}, who asked for this, may not use this server any more.`;
  if (why !== undefined) refuse(guarded, { server, user: now ?? user }, `${why} Nothing was done.`, asked);
}

/** Whether somebody may stop a run: who began it, and admins of all that it is about. Actions that are off stop nobody, but in a frame. */
export function requireCancel({ access, user }: Acting, run: Run, by: Pick<User, 'name' | 'mode'> | undefined): void {
  requireFullWindow(access);
  const own = by ? isSame(by, user) : false;
  if (own || coversAll(access, 'admin', run.databases ?? null)) return;
  throw new ApiError(403, 'forbidden', `Only ${run.user}, who started this, and admins of this server can cancel it.`);
}

/** Whether somebody may be the second person of a run: an admin of all that it is about, and not who began it. */
export function requireApproval({ access, user }: Acting, run: Run): void {
  const why = whyNotAll(access, 'admin', run.databases ?? null);
  if (why !== undefined) throw new ApiError(403, 'forbidden', why);
  // The same name in another way of sign-in can be the same person, and a token is none.
  if (run.user === user.name)
    throw new ApiError(403, 'own_action', 'Nobody approves their own action: ask another admin.');
  if (run.user.startsWith('embed:') !== (user.mode === 'embed'))
    throw new ApiError(
      403,
      'other_way',
      'Who comes through a portal can be the same person as one who signs in here: ask another admin who came in as the first one did.',
    );
  if (user.mode === 'token')
    throw new ApiError(403, 'no_person', 'A token is no second person: an admin has to approve this.');
}

function refuse(
  { audit }: Guarded,
  { server, user }: { server: Server; user: User },
  why: string | undefined,
  asked: Asked,
): void {
  if (why === undefined) return;
  const refusal = new ApiError(403, 'forbidden', why);
  noteAsked(audit, server, user, asked, refusal);
  throw refusal;
}

/** In which databases somebody may do what asks for a role; undefined: in all. */
export function mayIn(access: ServerAccess, role: Role): ((database: string) => boolean) | undefined {
  return coversAll(access, role, null) ? undefined : (database) => coversAll(access, role, [database]);
}
