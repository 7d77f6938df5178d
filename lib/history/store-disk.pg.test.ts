import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { StoreOff } from './store';
import { startStore, until } from './test-stage';

/** Takes all the room that is left. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w');
  try {
    for (const bytes of [1024 * 1024, 4096]) {
      const block = Buffer.alloc(bytes);
      for (;;) if (writeSync(descriptor, block) < bytes) break;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}

describe('a store whose disk is full', () => {
  const small = process.getuid?.() === 0 && process.platform === 'linux';

  test.skipIf(!small)(
    'says so until there is room, and then goes on by itself (needs root on Linux for a small disk)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'pgdeck-disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=755', 'tmpfs', folder]);
      try {
        const stage = await startStore({ folder, settings: { min_wal_size: '32MB', max_wal_size: '64MB' } });
        const { store } = stage;
        try {
          // All that follows finds room in the log: what is short of it is the data.
          await store.query('select pg_switch_wal()');
          await store.query('checkpoint');
          const write = (event: string) =>
            store.query(
              "insert into pgdeck.event values (1, now(), $1, 'deploy', 'x', jsonb_build_object('text', (select string_agg(md5(i::text), '') from generate_series(1, 4000) as i)), null)",
              [event],
            );
          await write('before');
          fill(join(folder, 'filler'));
          let writes = 0;
          await until(async () => {
            await write(`event ${++writes}`).catch(() => {});
            return store.state.status === 'failing';
          });
          expect(store.state.reason).toMatch(/^The disk of the history store is full.* Make room/);
          await expect(write('off')).rejects.toBeInstanceOf(StoreOff);
          // Still so after the next attempt: that it can be reached is not enough.
          await sleep(2500);
          expect(store.state.reason).toMatch(/full/);
          rmSync(join(folder, 'filler'));
          await until(() => store.on);
          await write('after');
          const rows = await store.query<{ event_id: string }>(
            "select event_id from pgdeck.event where event_id in ('before', 'off', 'after') order by 1",
          );
          expect(rows.map((row) => row.event_id)).toEqual(['after', 'before']);
        } finally {
          await stage.stop().catch((error) => {
            // The folder itself is the mount.
            if (error.code !== 'EBUSY') throw error;
          });
        }
      } finally {
        execFileSync('umount', ['-l', folder]);
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
