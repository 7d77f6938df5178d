import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { serverAccount } from './account';
import { findBinaries } from './binaries';
import { runProgram } from './data-folder';
import { EmbeddedError } from './errors';

/** Which stopped server gets a new password for its superuser. */
export type NewPassword = { major: number; dataDir: string; root: string; superuser: string; password: string };

/**
 * Gives a superuser whose password is lost another one, in PostgreSQL's single-user mode: the server must not run, and
 * nobody can connect meanwhile. `password` holds no quotes and no line ends.
 */
export async function setPassword({ major, dataDir, root, superuser, password }: NewPassword): Promise<void> {
  const account = serverAccount();
  const { postgres } = findBinaries(major, resolve(root), account);
  const folder = realpathSync(dataDir);
  const said = await runProgram(
    postgres,
    ['--single', '-D', folder, '-c', 'log_min_error_statement=panic', 'postgres'],
    account,
    folder,
    `alter role "${superuser}" password '${password}'\n`,
  );
  const problem = /(?:ERROR|FATAL|PANIC): .*/.exec(said)?.[0];
  if (problem) throw new EmbeddedError(`The password of ${superuser} in ${folder} could not be set. ${problem}`);
}
