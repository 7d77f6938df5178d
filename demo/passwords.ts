import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loginRoles, type Passwords } from './roles';

/** The demo's passwords, the superuser's among them. */
export type Secrets = { superuser: string; logins: Passwords };

const secret = () => randomBytes(24).toString('base64url');

/** Reads the passwords from the demo's folder; makes them (`fresh`) where there are none that can be used. */
export function readSecrets(folder: string): { secrets: Secrets; fresh: boolean } {
  const file = join(folder, 'passwords.json');
  try {
    const secrets = JSON.parse(readFileSync(file, 'utf8')) as Secrets;
    if (secrets.superuser && loginRoles.every((role) => secrets.logins[role])) return { secrets, fresh: false };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
  }
  const logins = Object.fromEntries(loginRoles.map((role) => [role, secret()])) as Passwords;
  const secrets = { superuser: secret(), logins };
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return { secrets, fresh: true };
}
