import { ApiError } from './errors';

/** What somebody may do; each role may also do what the ones before it may. */
export type Role = 'viewer' | 'operator' | 'admin';

/** Who asks. */
export type User = { name: string; role: Role };

const order: Role[] = ['viewer', 'operator', 'admin'];

/** Whether a role covers another one. */
export function covers(has: Role, needed: Role): boolean {
  return order.indexOf(has) >= order.indexOf(needed);
}

/** Throws 403 unless the user's role covers the one that is needed. */
export function requireRole(user: User, needed: Role): void {
  if (!covers(user.role, needed))
    throw new ApiError(403, 'forbidden', `This needs the role ${needed}; ${user.name} is ${user.role}.`);
}

/** The user of a request or page: in local mode (loopback only, no sign-in) always `local`, an admin. */
export function currentUser(): User {
  return { name: 'local', role: 'admin' };
}
