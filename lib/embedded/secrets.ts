import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** A new password of 192 random bits, of letters, digits, - and _. */
export const newSecret = () => randomBytes(24).toString('base64url');

/** Reads secrets from a file that only its owner can read; makes them (`fresh`) where there is none that is `whole`. */
export function readSecretsFile<Secrets>(
  file: string,
  whole: (secrets: Secrets) => boolean,
  make: () => Secrets,
): { secrets: Secrets; fresh: boolean } {
  try {
    const secrets = JSON.parse(readFileSync(file, 'utf8')) as Secrets;
    if (secrets && whole(secrets)) return { secrets, fresh: false };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && !(error instanceof SyntaxError)) throw error;
  }
  const secrets = make();
  writeFileSync(`${file}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return { secrets, fresh: true };
}
