import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@/lib/config-early.mjs';
import { runtime } from '@/lib/runtime';

/** What a key is for: none opens what another one sealed. */
export type Purpose = 'session' | 'sign-in' | 'browser' | 'embed';

const made = new Map<string, Uint8Array>();

/** The 32-byte key of a purpose, derived from PGDECK_SECRET or the secret that the state folder keeps. */
export function keyOf(purpose: Purpose): Uint8Array {
  const { access, stateDir } = runtime().config;
  const secret = access.secret ?? keptSecret(stateDir);
  const id = `${purpose}\0${secret}`;
  let key = made.get(id);
  if (!key) {
    key = new Uint8Array(hkdfSync('sha256', secret, 'pgdeck', purpose, 32));
    made.set(id, key);
  }
  return key;
}

/** The secret of a state folder (`secret`, mode 0600), made at the first time; throws `ConfigError` where it cannot be kept. */
export function keptSecret(stateDir: string): string {
  const file = join(stateDir, 'secret');
  try {
    return readSecretFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(file, error);
  }
  try {
    mkdirSync(stateDir, { recursive: true });
    const draft = `${file}.${randomBytes(6).toString('hex')}`;
    writeFileSync(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    try {
      linkSync(draft, file);
    } catch (error) {
      // Another process was first: its secret counts.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
    return readSecretFile(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

function readSecretFile(file: string): string {
  if ((statSync(file).mode & 0o077) !== 0) throw new Error('other users may read it: chmod 600');
  const secret = readFileSync(file, 'utf8').trim();
  if (Buffer.byteLength(secret) < 32) throw new Error('it is shorter than 32 bytes');
  return secret;
}

function unusable(file: string, error: unknown): ConfigError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new ConfigError(
    `The secret of sessions, ${file}, cannot be used (${code ?? message}). Set PGDECK_SECRET instead.`,
  );
}
