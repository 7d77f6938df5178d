import { UnusableFile } from '@/lib/access/kept-file';
import { usersFile } from '@/lib/access/password/users';
import type { Config } from '@/lib/config';

/** Why nobody can sign in with a password yet, and what to do; undefined: somebody can, or nobody has to. */
export async function nobodyCanSignIn({ access, stateDir }: Config): Promise<string | undefined> {
  if (access.mode !== 'password') return undefined;
  try {
    const users = [...access.users, ...(await usersFile(stateDir).read())];
    return users.length > 0 ? undefined : 'Nobody can sign in yet. Make a user: npx pgdeck user add NAME --role admin';
  } catch (error) {
    if (error instanceof UnusableFile) return `Nobody of the list of users can sign in: ${error.message}`;
    throw error;
  }
}
