import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError } from '@/lib/embedded/errors';
import { isAlive, isPostgresOf, readPidFile } from '@/lib/embedded/pidfile';

/**
 * Deletes what is in the demo's folder (see `DemoOptions.stateDir`), data and passwords; true when there was something.
 * Throws `EmbeddedError` while its server runs.
 */
export function resetDemo(stateDir: string): boolean {
  if (!existsSync(stateDir)) return false;
  const ours = readdirSync(stateDir).filter((name) =>
    /^\.?pgdata-\d+(\.making)?$|^passwords\.json(\.new)?$/.test(name),
  );
  for (const name of ours) {
    const file = readPidFile(join(stateDir, name));
    if (file && isAlive(file.pid) && isPostgresOf(file.pid, join(stateDir, name))) {
      throw new EmbeddedError('The demo is running. Stop pgdeck (Ctrl-C in its terminal), then run this again.');
    }
  }
  for (const name of ours) rmSync(join(stateDir, name), { recursive: true, force: true });
  return ours.length > 0;
}
