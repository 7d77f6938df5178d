import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { shared } from '@/lib/runtime';
import { keptSecret, keyOf, type Purpose } from './keys';
import { accessOf } from './test-access';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-keys-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

// Fails without the comparisons in `readSecretFile`, or with another mode in `writeFileSync`.
describe('T19: the secret that pgdeck makes itself', () => {
  test('is kept once, long, and read by nobody else', () => {
    const secret = keptSecret(folder);
    expect(Buffer.from(secret, 'base64url').length).toBe(48);
    expect(keptSecret(folder)).toBe(secret);
    expect(statSync(join(folder, 'secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'secret'), 'utf8').trim()).toBe(secret);
  });

  test('is refused where others may read it, or where it was cut', () => {
    const secret = keptSecret(folder);
    chmodSync(join(folder, 'secret'), 0o640);
    expect(() => keptSecret(folder)).toThrow(/other users may read it: chmod 600.*Set PGDECK_SECRET/);
    chmodSync(join(folder, 'secret'), 0o600);
    writeFileSync(join(folder, 'secret'), 'short');
    expect(() => keptSecret(folder)).toThrow(/shorter than 32 bytes/);
    expect(() => keptSecret(folder)).not.toThrow(secret);
  });
});

// Fails when `keyOf` leaves the purpose out of the derivation.
test('T18: each purpose has a key of its own, and another secret gives others', () => {
  const purposes: Purpose[] = ['session', 'sign-in', 'embed'];
  const keys = (PGDECK_SECRET: string) => {
    Object.assign(shared(), { servers: new Map(), config: { stateDir: folder, access: accessOf({ PGDECK_SECRET }) } });
    return purposes.map((purpose) => Buffer.from(keyOf(purpose)).toString('hex'));
  };
  const all = [...keys('vJ2nQ8sKx0pLw7Zt4RbY6cMdFh1eGuAi'), ...keys('uJ2nQ8sKx0pLw7Zt4RbY6cMdFh1eGuAi')];
  expect(new Set(all).size).toBe(6);
  expect(all.every((key) => key.length === 64)).toBe(true);
});
