import type { AccessConfig } from '@/lib/config-access';
import { findUser } from './password/users';
import { findToken } from './tokens/tokens';
import { lesser, roleFor, type User } from './user';

/**
 * Somebody who asked for something before, with the role that they have now; undefined where they are gone, or where people
 * come in another way by now. Groups are those that they had then.
 */
export async function userNow(before: User, access: AccessConfig): Promise<User | undefined> {
  const { name, mode, groups = [] } = before;
  if (mode === 'token') {
    const token = await findToken(name.replace(/^token:/, ''));
    return token && { ...before, role: token.role, only: { servers: token.servers } };
  }
  if (mode === 'embed') return access.embed && { ...before, role: lesser(before.role, access.embed.maxRole) };
  if (mode !== access.mode) return undefined;
  const role =
    mode === 'local'
      ? access.localRole
      : mode === 'anonymous'
        ? before.role
        : mode === 'password'
          ? (await findUser(name))?.role
          : mode === 'oidc' || mode === 'proxy'
            ? roleFor(access.roleOf, name, groups)
            : undefined;
  return role && { ...before, role };
}
