import { spawnSync } from 'node:child_process';

/** The user that PostgreSQL's processes run as; undefined: the user of this process. */
export type Account = { uid: number; gid: number } | undefined;

/** PostgreSQL refuses to run as root, so root's servers run as the user nobody (65534), which initdb can look up. */
export function serverAccount(): Account {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined;
}

/** True when the account can enter this folder: a folder above it may be closed to others. */
export function canEnter(folder: string, account: Account): boolean {
  const probe = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/', stdio: 'ignore' });
  return probe.status === 0;
}

/** True when the file runs as the account and answers with this version. */
export function canRun(file: string, account: Account, version: string): boolean {
  const probe = spawnSync(file, ['--version'], { ...account, cwd: '/', encoding: 'utf8', timeout: 20_000 });
  return probe.status === 0 && probe.stdout.includes(` ${version}`);
}
