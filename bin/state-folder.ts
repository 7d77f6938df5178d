import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { serverAccount } from '@/lib/embedded/account';
import { openFor } from '@/lib/embedded/data-folder';
import { EmbeddedError } from '@/lib/embedded/errors';
import { LaunchError } from './launch-error';

const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EACCES: 'this user may not write there',
  EROFS: 'its file system is read-only',
  EEXIST: 'a file of that name is there',
  ENOTDIR: 'a file stands where a folder above it should be',
};

/** What the system says of a folder that cannot be made or written, in words. */
export function whyNoFolder(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code && reasons[code]) ?? message;
}

/** Makes the state folder; throws `LaunchError` with what to do when it cannot be made. */
export function makeStateFolder(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o711 });
  } catch (error) {
    throw new LaunchError(
      `The state folder ${stateDir} cannot be made: ${whyNoFolder(error)}. Set PGDECK_STATE_DIR to another folder.`,
    );
  }
}

/**
 * Where an embedded server's data and passwords are: `demo` or `history` in the state folder. Root's PostgreSQL runs as
 * nobody, who may be unable to enter that (a folder above it is closed); then a folder of its own below /var/lib/pgdeck.
 */
export function serverFolder(stateDir: string, name: 'demo' | 'history'): string {
  const own = join(stateDir, name);
  const account = serverAccount();
  try {
    openFor(stateDir, account);
    openFor(own, account);
    return own;
  } catch (error) {
    if (!(error instanceof EmbeddedError)) throw error;
  }
  const hash = createHash('sha256').update(stateDir).digest('hex').slice(0, 16);
  const elsewhere = join('/var/lib/pgdeck', 'state-of', name === 'demo' ? hash : `${hash}-${name}`);
  openFor('/var/lib/pgdeck', account);
  openFor(elsewhere, account);
  return elsewhere;
}
