import { type Role, roles } from '@/lib/config-access';
import { ApiError } from './errors';

export type { Role };

/** How somebody was recognised. `schedule`: a person who is away, in whose name pgdeck acts at a time. */
export type UserMode = 'local' | 'anonymous' | 'password' | 'oidc' | 'proxy' | 'token' | 'embed' | 'schedule';

/** Who asks. */
export type User = {
  /** Unique together with the mode: what the audit calls them. */
  name: string;
  /** The most that they may do anywhere; `accessTo()` says what they may do on a server. */
  role: Role;
  mode: UserMode;
  groups?: readonly string[];
  /** What a token was made for; missing: all that the role may see. */
  only?: { servers?: readonly string[] | undefined; pages?: readonly string[] | undefined };
  /** True: they are not there, and pgdeck acts in their name at a time. */
  away?: true;
};

/** Who did something, as the audit keeps it. */
export function personOf({ name, role, mode, away }: User): { name: string; role: Role; mode: UserMode } {
  return { name, role, mode: away ? 'schedule' : mode };
}

/** Whether two are the same person: a name alone is not, for two ways of sign-in can know the same one. */
export function isSame(a: Pick<User, 'name' | 'mode'>, b: Pick<User, 'name' | 'mode'>): boolean {
  return a.name === b.name && a.mode === b.mode;
}

/** Whether a role covers another one. */
export function covers(has: Role, needed: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed);
}

/** The lesser of two roles. */
export function lesser(a: Role, b: Role): Role {
  return covers(a, b) ? b : a;
}

/** Whether a list of groups, `user:NAME` and `*` means somebody; a group that is called like these is only a group. */
export function isMeant({ name, groups }: Pick<User, 'name' | 'groups'>, who: readonly string[]): boolean {
  return who.some((each) =>
    each === '*' || each.startsWith('user:') ? each === '*' || each === `user:${name}` : groups?.includes(each),
  );
}

/** The highest role whose list means somebody; undefined: they have none, and no entry. */
export function roleFor(
  roleOf: Readonly<Record<Role, readonly string[]>>,
  name: string,
  groups: readonly string[],
): Role | undefined {
  return roles.findLast((role) => isMeant({ name, groups }, roleOf[role]));
}

/** Whether somebody is admin of this pgdeck, and not of some servers or pages only. */
export function isAdminOfAll({ role, only }: Pick<User, 'role' | 'only'>): boolean {
  return role === 'admin' && !only?.servers && !only?.pages;
}

/** Throws 403 unless the user's role covers the one that is needed. */
export function requireRole(user: Pick<User, 'name' | 'role'>, needed: Role): void {
  if (!covers(user.role, needed))
    throw new ApiError(403, 'forbidden', `This needs the role ${needed}; ${user.name} is ${user.role}.`);
}

/** 401: nobody is recognised; `code` tells a browser whether there was a session that ended. */
export function notSignedIn(
  message: string,
  code: 'unauthenticated' | 'session_expired' = 'unauthenticated',
): ApiError {
  return new ApiError(401, code, message);
}
