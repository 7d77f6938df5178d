import type { ServerConfig } from '@/lib/config';
import type { AccessConfig, ActionsAllowed } from '@/lib/config-access';
import { runtime, type Server } from '@/lib/runtime';
import { ApiError, notFound } from './errors';
import { covers, isMeant, lesser, type Role, type User } from './user';

/**
 * What somebody sees of the texts of statements: as they are; masked, with single ones to reveal (and written down);
 * masked; nothing at all.
 */
export type QueryText = 'plain' | 'reveal' | 'masked' | 'hidden';

/** What somebody may see and do on one server. */
export type ServerAccess = {
  user: User;
  /** The most that they may do on a part of it. */
  role: Role;
  /** The databases that they may see; undefined: all. */
  databases: ReadonlySet<string> | undefined;
  queryText: QueryText;
  actions: ActionsAllowed;
  /** What they may do in a database, or (null) to the server as a whole; undefined: nothing. */
  roleOn(database: string | null): Role | undefined;
};

/** What a user may see and do on a server; undefined: nothing, not even that it is there. */
export function accessTo(user: User, server: ServerConfig, access: AccessConfig): ServerAccess | undefined {
  if (user.only?.servers && !user.only.servers.includes(server.id)) return undefined;
  const everywhere = [{ who: ['*'], role: user.role, databases: undefined }];
  // A token was made by an admin for these servers: no group stands behind it.
  const rules = (user.mode === 'token' ? everywhere : (server.access ?? everywhere)).filter(({ who }) =>
    isMeant(user, who),
  );
  if (rules.length === 0) return undefined;
  const roleOn = (database: string | null) =>
    rules
      .filter(({ databases }) => !databases || (database !== null && databases.includes(database)))
      .map(({ role }) => lesser(role, user.role))
      .reduce<Role | undefined>((most, role) => (most && covers(most, role) ? most : role), undefined);
  const limited = rules.every(({ databases }) => databases !== undefined);
  const role = rules.map((rule) => lesser(rule.role, user.role)).reduce((a, b) => (covers(a, b) ? a : b));
  return {
    user,
    role,
    databases: limited ? new Set(rules.flatMap(({ databases = [] }) => databases)) : undefined,
    queryText: queryTextOf(user, role, access),
    actions: user.mode === 'embed' && !access.embed?.actions ? 'off' : access.actions,
    roleOn,
  };
}

function queryTextOf(user: User, role: Role, access: AccessConfig): QueryText {
  if (user.mode === 'anonymous') return 'hidden';
  if (user.mode === 'embed') return 'masked';
  if (role === 'admin') return user.mode === 'local' ? 'plain' : 'reveal';
  return role === 'operator' && access.operatorQueryText ? 'reveal' : 'masked';
}

/** What somebody sees of the texts of statements in one database (null: in none). */
export function queryTextOn({ user, roleOn }: ServerAccess, database: string | null): QueryText {
  return queryTextOf(user, roleOn(database) ?? 'viewer', runtime().config.access);
}

/** A watched server and what the user may do there; 404 where there is none, or none that the user may know of. */
export function serverFor(user: User, id: string): { server: Server; access: ServerAccess } {
  const { servers, config } = runtime();
  const server = servers.get(id);
  const access = server && accessTo(user, server.config, config.access);
  if (!server || !access) throw notFound(`There is no server "${id}". GET /api/servers lists them.`);
  return { server, access };
}

/** The watched servers that a user may know of, each with what they may do there. */
export function serversFor(user: User): { server: Server; access: ServerAccess }[] {
  const { servers, config } = runtime();
  return [...servers.values()].flatMap((server) => {
    const access = accessTo(user, server.config, config.access);
    return access ? [{ server, access }] : [];
  });
}

/** Whether somebody may see what belongs to a database; `null` belongs to none, such as a background process. */
export function seesDatabase({ databases }: ServerAccess, database: string | null | undefined): boolean {
  return databases === undefined || (typeof database === 'string' && databases.has(database));
}

/** Throws unless somebody may see a database (404, as for one that is not there) or, where none is named, the whole server (403). */
export function requireDatabase(access: ServerAccess, server: string, database: string | null | undefined): void {
  if (access.databases === undefined) return;
  if (!database)
    throw new ApiError(
      403,
      'forbidden',
      `This is about all databases of the server; ${access.user.name} may see ${[...access.databases].join(', ')}.`,
    );
  if (!access.databases.has(database)) throw noDatabase(server, database);
}

/** 404: a server has no such database, or none that somebody may know of. */
export function noDatabase(server: string, database: string): ApiError {
  return new ApiError(404, 'not_found', `Server "${server}" has no database "${database}".`, 'database');
}

/** The database that is meant where none is named: pgdeck's own, or the first that somebody may see, of those that are `known`. */
export function homeOf(
  { databases }: ServerAccess,
  { read }: Pick<ServerConfig, 'read'>,
  known: readonly string[] = [],
): string {
  if (databases === undefined || databases.has(read.database)) return read.database;
  const named = [...databases].sort();
  return named.find((name) => known.includes(name)) ?? named[0] ?? read.database;
}

/** Whether somebody has at least a role on everything that something is about: databases, or (null) the server as a whole. */
export function coversAll(access: ServerAccess, role: Role, databases: readonly string[] | null): boolean {
  return partsOf(databases).every((database) => {
    const has = access.roleOn(database);
    return has !== undefined && covers(has, role);
  });
}

/** What is about no database that is known is about the server as a whole. */
function partsOf(databases: readonly string[] | null): readonly (string | null)[] {
  return databases?.length ? databases : [null];
}

/** The first reason of `whyNot()` for something that is about databases, or (null) the server as a whole. */
export function whyNotAll(access: ServerAccess, role: Role, databases: readonly string[] | null): string | undefined {
  for (const database of partsOf(databases)) {
    const why = whyNot(access, role, database);
    if (why !== undefined) return why;
  }
  return undefined;
}

/** Why somebody cannot do an action that asks for `role` to any part of a server; undefined: they can to some. */
export function whyNowhere(access: ServerAccess, role: Role): string | undefined {
  return whyNot({ ...access, roleOn: () => access.role }, role, null);
}

/** Throws 403 in a frame where actions are off: what a portal lays over its buttons has people click them. */
export function requireFullWindow({ user, actions }: ServerAccess): void {
  if (user.mode === 'embed' && actions === 'off') throw new ApiError(403, 'forbidden', offInFrame);
}

const offInFrame =
  'Actions inside a frame are off. A full window has them, where pgdeck can be opened in one and allows actions.';

/** Why somebody cannot do an action that asks for `role`, on a database or (null) on the server; undefined: they can. */
export function whyNot(access: ServerAccess, role: Role, database: string | null): string | undefined {
  if (access.user.mode === 'anonymous')
    return 'Without sign-in there are no actions here (PGDECK_ALLOW_UNAUTHENTICATED).';
  const has = access.roleOn(database);
  if (!has || !covers(has, role)) {
    // Nobody in a frame knows the long name that the audit has for them.
    const who = access.user.mode === 'embed' ? 'you are' : `${access.user.name} is`;
    return `This needs the role ${role}; ${who} ${has ?? 'not allowed there'}.`;
  }
  if (access.actions === 'all' || (access.actions === 'safe' && role === 'operator')) return undefined;
  if (access.user.mode === 'embed') return offInFrame;
  return access.actions === 'off'
    ? 'Actions are off on this pgdeck. PGDECK_ACTIONS=safe or all switches them on.'
    : 'Only cancelling and ANALYZE are switched on here. PGDECK_ACTIONS=all switches all actions on.';
}
