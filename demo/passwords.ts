import { join } from 'node:path';
import { newSecret, readSecretsFile } from '@/lib/embedded/secrets';
import { loginRoles, type Passwords } from './roles';

/** The demo's passwords, the superuser's among them. */
export type Secrets = { superuser: string; logins: Passwords };

/** Reads the passwords from the demo's folder; makes them (`fresh`) where there are none that can be used. */
export function readSecrets(folder: string): { secrets: Secrets; fresh: boolean } {
  return readSecretsFile<Secrets>(
    join(folder, 'passwords.json'),
    ({ superuser, logins }) => Boolean(superuser) && loginRoles.every((role) => logins?.[role]),
    () => ({
      superuser: newSecret(),
      logins: Object.fromEntries(loginRoles.map((role) => [role, newSecret()])) as Passwords,
    }),
  );
}
