import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { nameProblem, readStoredPassword, roles, type UserEntry } from '@/lib/config-people';
import { runtime } from '@/lib/runtime';
import { KeptFile } from '../kept-file';
import { once } from '../once';
import type { User } from '../user';

const shape = z.strictObject({
  users: z.array(
    z.strictObject({
      name: z.string().refine((name) => nameProblem(name) === undefined),
      role: z.enum(roles),
      password: z.string().refine((text) => readStoredPassword(text) !== undefined),
    }),
  ),
});

/** The users of a state folder, `users.json`. */
export function usersFile(stateDir: string): KeptFile<UserEntry[]> {
  return new KeptFile(join(stateDir, 'users.json'), (text) => shape.parse(JSON.parse(text)).users, []);
}

/** A user as the file and PGDECK_USERS have them now; in both, what the environment says counts. */
export async function findUser(name: string): Promise<UserEntry | undefined> {
  const { config } = runtime();
  const file = once('users', () => usersFile(config.stateDir));
  const kept = await file.readNow('users_unusable', 'The list of users cannot be used; the log of pgdeck says why.');
  return [...config.access.users, ...kept].find((each) => each.name === name);
}

/** What a session of somebody hangs on: their password. */
export function fingerprintOf({ password }: Pick<UserEntry, 'password'>): string {
  return createHash('sha256').update(`session\0${password}`).digest('base64url').slice(0, 22);
}

/** Who a session is of, with the role that they have now; undefined where they are gone or have another password. */
export async function userOfPassword(name: string, fingerprint: string | undefined): Promise<User | undefined> {
  const entry = await findUser(name);
  if (!entry || fingerprintOf(entry) !== fingerprint) return undefined;
  return { name, role: entry.role, mode: 'password' };
}
