import { chmodSync } from 'node:fs';
import fc from 'fast-check';
import { EncryptJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../errors';
import { fingerprintOf } from '../password/users';
import { seal } from '../sealed';
import { endSession, endsOf, extendSession, sessionOf, startSession, userOfSession } from './session';
import { newFolder, sending, startDeck, stopDeck, writeUsers } from './test-session';

const minute = 60_000;
const hour = 60 * minute;
let folder: string;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-21T08:00:00Z') });
  folder = newFolder();
  startDeck(folder);
  writeUsers(folder, [{ name: 'ann', role: 'admin' }]);
});
afterEach(() => {
  vi.useRealTimers();
  return stopDeck(folder);
});

const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
const fingerprint = () => {
  const password = 'scrypt$16384$8$1$c3RhZ2Utc2FsdC1zdGFnZQ$fzxBq5_jEeU_rgFTGcqroYH7fnIIEBM4t73YcgK9FNM';
  return fingerprintOf({ password });
};
const begin = () => startSession({ mode: 'password', sub: 'ann', name: 'ann', fingerprint: fingerprint() });
const codeOf = (headers: Headers) =>
  userOfSession(headers).then(
    ({ name, role }) => `${name} ${role}`,
    (error: ApiError) => `${error.status} ${error.code}`,
  );

describe('a session', () => {
  it('is whoever signed in, and nobody without its cookie', async () => {
    const cookie = await begin();
    expect(await codeOf(sending(cookie))).toBe('ann admin');
    expect(await codeOf(sending('other=1', cookie))).toBe('ann admin');
    expect(await codeOf(new Headers())).toBe('401 unauthenticated');
    expect(await codeOf(sending('other=1'))).toBe('401 unauthenticated');
    // Somebody else may have put the second one there.
    expect(await codeOf(sending(cookie, cookie))).toBe('401 unauthenticated');
  });

  it('has a cookie that no script reads and no other site sends, and with TLS no other host sets', async () => {
    expect((await begin()).replace(/=[^;]+/, '=…')).toBe('pgdeck_s=…; Path=/; HttpOnly; SameSite=Strict');
    startDeck(folder, { PGDECK_PUBLIC_URL: 'https://pgdeck.example.net' });
    expect((await begin()).replace(/=[^;]+/, '=…')).toBe(
      '__Host-pgdeck_s=…; Path=/; HttpOnly; Secure; SameSite=Strict',
    );
    // A cookie of plain HTTP is not taken where TLS is.
    expect(await codeOf(sending((await begin()).replace('__Host-', '')))).toBe('401 unauthenticated');
  });

  it('ends after an hour in which nobody did anything; reading is nothing', async () => {
    const cookie = await begin();
    for (let at = 0; at < 59; at += 5) {
      expect(await codeOf(sending(cookie))).toBe('ann admin');
      later(5 * minute);
    }
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
  });

  it('goes on when somebody does something, but never above eight hours', async () => {
    let cookie = await begin();
    for (let at = 0; at < 9; at++) {
      later(50 * minute);
      cookie = await extendSession(await sessionOf(sending(cookie)));
    }
    expect(await codeOf(sending(cookie))).toBe('ann admin');
    const { expiresAt, idleExpiresAt } = endsOf(await sessionOf(sending(cookie)));
    expect([expiresAt, idleExpiresAt].map((ms) => new Date(ms).toISOString())).toEqual([
      '2026-11-21T16:00:00.000Z',
      '2026-11-21T16:00:00.000Z',
    ]);
    later(8 * hour - 9 * 50 * minute - 1000);
    expect(await codeOf(sending(cookie))).toBe('ann admin');
    later(1000);
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
  });

  it('ends with sign-out for good, also when its cookie is sent again after a restart', async () => {
    const cookie = await begin();
    const other = await begin();
    const extended = await extendSession(await sessionOf(sending(cookie)));
    expect((await endSession(sending(cookie))).cookie).toMatch(/^pgdeck_s=; Path=\/; Max-Age=0; /);
    for (const sent of [cookie, extended]) expect(await codeOf(sending(sent))).toBe('401 session_expired');
    expect(await codeOf(sending(other))).toBe('ann admin');
    startDeck(folder);
    for (const sent of [cookie, extended]) expect(await codeOf(sending(sent))).toBe('401 session_expired');
    expect(await codeOf(sending(other))).toBe('ann admin');
    expect((await endSession(sending(cookie))).session).toBeUndefined();
  });

  it('ends for all with another PGDECK_SESSION_EPOCH, another secret or another way to sign in', async () => {
    const cookie = await begin();
    startDeck(folder, { PGDECK_SESSION_EPOCH: '1' });
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
    startDeck(folder, { PGDECK_SECRET: 'kZk0d2WQpYw4uJmR8sVbT6nXcLhGfEaZ1oIu' });
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
    startDeck(folder, { ...oidc, PGDECK_ADMIN_GROUPS: '*' });
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
    startDeck(folder);
    expect(await codeOf(sending(cookie))).toBe('ann admin');
  });

  it('has the role that its user has now, and ends when they are gone or have another password', async () => {
    const cookie = await begin();
    writeUsers(folder, [{ name: 'ann', role: 'viewer' }]);
    expect(await codeOf(sending(cookie))).toBe('ann viewer');
    const password = `scrypt$16384$8$1$${'A'.repeat(22)}$${'B'.repeat(43)}`;
    writeUsers(folder, [{ name: 'ann', role: 'viewer', password }]);
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
    writeUsers(folder, []);
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
  });
});

const oidc = {
  PGDECK_AUTH: 'oidc',
  PGDECK_PUBLIC_URL: 'http://127.0.0.1:8432',
  PGDECK_OIDC_ISSUER: 'https://id.example.net',
  PGDECK_OIDC_CLIENT_ID: 'pgdeck',
  PGDECK_OIDC_CLIENT_SECRET: 'a-secret-of-the-provider-0123456789',
};

describe('a session of a provider', () => {
  const person = { mode: 'oidc' as const, sub: '4711', name: 'ann@example.net' };

  it('keeps the groups that the settings ask for, and is sent when the provider leads back', async () => {
    startDeck(folder, { ...oidc, PGDECK_VIEWER_GROUPS: 'readers' }, [
      { id: 'main', access: [{ who: ['billing'], role: 'admin' }] },
    ]);
    const groups = ['readers', 'billing', ...Array.from({ length: 500 }, (_, n) => `group-of-many-people-${n}`)];
    const cookie = await startSession({ ...person, groups });
    expect(cookie).toMatch(/; SameSite=Lax$/);
    expect(await userOfSession(sending(cookie))).toEqual({
      name: 'ann@example.net',
      role: 'viewer',
      mode: 'oidc',
      groups: ['readers', 'billing'],
    });
  });

  it('ends where no list means the person any more', async () => {
    startDeck(folder, { ...oidc, PGDECK_VIEWER_GROUPS: 'readers' });
    const cookie = await startSession({ ...person, groups: ['readers'] });
    startDeck(folder, { ...oidc, PGDECK_VIEWER_GROUPS: 'writers' });
    expect(await codeOf(sending(cookie))).toBe('401 session_expired');
  });

  it('gives back at its end what the provider wants to see, and never in the cookie', async () => {
    startDeck(folder, { ...oidc, PGDECK_VIEWER_GROUPS: '*' });
    const cookie = await startSession({ ...person, groups: [], idToken: 'the-id-token' });
    expect(JSON.stringify(await sessionOf(sending(cookie)))).not.toContain('the-id-token');
    expect((await endSession(sending(cookie))).idToken).toBe('the-id-token');
    expect((await endSession(sending(cookie))).idToken).toBeUndefined();
  });
});

describe('T20: a cookie is data that only pgdeck can write', () => {
  const session = () => {
    const now = Math.floor(Date.now() / 1000);
    return {
      v: 1,
      sid: 'made-up',
      sub: 'ann',
      name: 'ann',
      mode: 'password',
      fingerprint: fingerprint(),
      epoch: 0,
      start: now,
      seen: now,
    };
  };
  const sealedAs = async (value: Record<string, unknown>) => sending(`pgdeck_s=${await seal('session', value, 3600)}`);

  // Fails when `shape.safeParse` is left out of read() in session.ts.
  it('of exactly its shape', async () => {
    expect(await codeOf(await sealedAs(session()))).toBe('ann admin');
    for (const wrong of [
      { v: 2 },
      { role: 'admin' },
      { __proto__x: 1 },
      { mode: 'local' },
      { start: '0' },
      { seen: null },
      { sub: '' },
      { groups: 'dba' },
    ])
      expect(await codeOf(await sealedAs({ ...session(), ...wrong })), JSON.stringify(wrong)).toBe(
        '401 session_expired',
      );
  });

  // Fails when `audience` and `typ` are left out of unseal(), and keyOf() gives every purpose the same key.
  it('sealed for sessions, with the key of sessions', async () => {
    const foreign = await seal('sign-in', session(), 3600);
    expect(await codeOf(sending(`pgdeck_s=${foreign}`))).toBe('401 session_expired');
    const forged = await new EncryptJWT(session())
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'pgdeck-session' })
      .setIssuer('pgdeck')
      .setAudience('session')
      .setIssuedAt()
      .setExpirationTime('1h')
      .encrypt(new Uint8Array(32));
    expect(await codeOf(sending(`pgdeck_s=${forged}`))).toBe('401 session_expired');
  });

  it('whatever is sent instead, it is 401', async () => {
    const cookie = (await begin()).split(';')[0] ?? '';
    const from = 'pgdeck_s='.length;
    // The last letter of a part has bits that say nothing.
    const places = [...cookie.slice(0, -1)].flatMap((_, at) => (at >= from && cookie[at + 1] !== '.' ? [at] : []));
    const header = fc.oneof(
      fc.string({
        unit: fc.nat(0x10ff - 0x20).map((code) => String.fromCharCode((code % 0xdf) + 0x20)),
        maxLength: 300,
      }),
      fc.base64String().map((text) => `pgdeck_s=${text}`),
      fc.array(fc.base64String({ maxLength: 20 }), { maxLength: 6 }).map((parts) => `pgdeck_s=${parts.join('.')}`),
      // The real one with one character changed, cut off, or with something behind it.
      fc
        .tuple(fc.constantFrom(...places), fc.constantFrom('A', 'z', '.', '_', '"', '%'))
        .filter(([at, letter]) => cookie[at] !== letter)
        .map(([at, letter]) => cookie.slice(0, at) + letter + cookie.slice(at + 1)),
      fc.nat(cookie.length - 1).map((length) => cookie.slice(0, length)),
      fc.base64String({ minLength: 4 }).map((text) => `${cookie}${text}`),
    );
    await fc.assert(
      fc.asyncProperty(header, async (text) => {
        expect(await codeOf(new Headers({ cookie: text }))).toMatch(/^401 (unauthenticated|session_expired)$/);
      }),
      { numRuns: 500 },
    );
    expect(await codeOf(new Headers({ cookie }))).toBe('ann admin');
  });
});

it('a list of users that others may read lets nobody in, and the log says why', async () => {
  const cookie = await begin();
  chmodSync(`${folder}/users.json`, 0o640);
  await expect(userOfSession(sending(cookie))).rejects.toThrow(ApiError);
  expect(await codeOf(sending(cookie))).toBe('503 users_unusable');
  chmodSync(`${folder}/users.json`, 0o600);
  expect(await codeOf(sending(cookie))).toBe('ann admin');
});
