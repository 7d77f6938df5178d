import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEntry } from '@/lib/actions/protocol';
import { Audit } from '@/lib/audit/audit';
import type { AccessRule } from '@/lib/config';
import type { UserEntry } from '@/lib/config-people';
import { shared } from '@/lib/runtime';
import { accessOf } from '../test-access';

/** The password of every user of the stage, and as it is stored (of the least cost that is taken). */
export const password = 'correct horse battery staple';
const stored = 'scrypt$16384$8$1$c3RhZ2Utc2FsdC1zdGFnZQ$fzxBq5_jEeU_rgFTGcqroYH7fnIIEBM4t73YcgK9FNM';

/** The origin of the stage's own pages. */
export const origin = 'http://127.0.0.1:8432';

/** A folder to stand in for the state folder. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'pgdeck-session-'));
}

/** Starts what sessions need of pgdeck, in a folder that may have been another one's before: a restart. */
export function startDeck(
  folder: string,
  env: Record<string, string> = {},
  servers: { id: string; access?: AccessRule[] }[] = [{ id: 'main' }],
): { audited(): Promise<AuditEntry[]> } {
  const access = accessOf({ PGDECK_AUTH: 'password', ...env });
  void shared().audit?.close();
  const audit = new Audit(folder);
  Object.assign(shared(), {
    audit,
    servers: new Map(servers.map((config) => [config.id, { config }])),
    config: {
      stateDir: folder,
      access,
      servers,
      allowedHosts: ['127.0.0.1:8432'],
      history: { kind: 'off' },
    },
  });
  return {
    async audited() {
      await audit.close();
      const lines = join(folder, 'audit');
      return readdirSync(lines)
        .sort()
        .flatMap((name) => readFileSync(join(lines, name), 'utf8').trim().split('\n'))
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    },
  };
}

/** Ends what was started in a folder, and deletes it. */
export async function stopDeck(folder: string): Promise<void> {
  await shared().audit?.close();
  rmSync(folder, { recursive: true });
}

/** Writes the users of a folder; each has the password of the stage where no other is given. */
export function writeUsers(folder: string, users: (Omit<UserEntry, 'password'> & { password?: string })[]): void {
  const text = JSON.stringify({ users: users.map((user) => ({ password: stored, ...user })) });
  writeFileSync(join(folder, 'users.json'), text, { mode: 0o600 });
}

/** What a browser sends after it was given these cookies. */
export function sending(...cookies: string[]): Headers {
  return new Headers({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') });
}
