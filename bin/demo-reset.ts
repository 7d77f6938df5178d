import { existsSync, rmSync } from 'node:fs';
import { stateFolder } from '@/lib/config';
import { makeStateFolder, serverFolder } from './state-folder';
import { lockStateFolder } from './state-lock';

/** Deletes the demo's folder, data and passwords; refused while a pgdeck runs on the state folder. */
export async function run(): Promise<number> {
  const stateDir = stateFolder(process.env);
  makeStateFolder(stateDir);
  const release = lockStateFolder(stateDir, 'demo-reset');
  try {
    const folder = serverFolder(stateDir, 'demo');
    const had = existsSync(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    console.log(
      had ? `The demo's data in ${folder} is deleted; the next start makes it anew.` : 'There is no data of the demo.',
    );
    return 0;
  } finally {
    release();
  }
}
