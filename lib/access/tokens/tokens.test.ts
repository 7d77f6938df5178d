import { createHash } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GET } from '@/app/api/session/route';
import type { SessionAnswer } from '@/lib/client/shapes';
import type { TokenEntry } from '@/lib/config-people';
import { identify } from '../identify';
import { newFolder, startDeck, stopDeck } from '../session/test-session';
import { makeToken } from './tokens';

const { token, sha256 } = makeToken();
let folder: string;
beforeEach(() => {
  folder = newFolder();
  startDeck(folder, {}, [{ id: 'main' }, { id: 'billing' }]);
  write({ name: 'prometheus', role: 'viewer', sha256 });
});
afterEach(() => {
  vi.useRealTimers();
  return stopDeck(folder);
});

function write(...tokens: TokenEntry[]): void {
  const createdAt = '2026-11-21T08:00:00.000Z';
  const text = JSON.stringify({ tokens: tokens.map((entry) => ({ ...entry, createdAt })) });
  writeFileSync(`${folder}/tokens.json`, text, { mode: 0o600 });
}
const sent = (text: string) => new Headers({ authorization: text });
const codeOf = (headers: Headers) =>
  identify(headers).then(
    ({ name, role }) => `${name} ${role}`,
    ({ status, code }) => `${status} ${code}`,
  );

describe('a token for scripts', () => {
  it('is 32 random bytes, of which only the hash is kept', () => {
    expect(token).toMatch(/^pgd_[\w-]{43}$/);
    expect(sha256).toBe(createHash('sha256').update(token).digest('hex'));
    expect(makeToken().token).not.toBe(token);
  });

  it('is whoever it was made for, in every mode, until it is revoked', async () => {
    for (const mode of ['password', 'none']) {
      startDeck(folder, { PGDECK_AUTH: mode });
      expect(await codeOf(sent(`Bearer ${token}`))).toBe('token:prometheus viewer');
      expect(await codeOf(sent(`bearer ${token}`))).toBe('token:prometheus viewer');
    }
    write({ name: 'prometheus', role: 'operator', sha256 });
    expect(await codeOf(sent(`Bearer ${token}`))).toBe('token:prometheus operator');
    write();
    expect(await codeOf(sent(`Bearer ${token}`))).toBe('401 unauthenticated');
  });

  it('is for its servers only, whoever else may see the others', async () => {
    write({ name: 'ci', role: 'admin', sha256, servers: ['billing', 'gone'] });
    const request = new Request('http://127.0.0.1:8432/api/session', { headers: sent(`Bearer ${token}`) });
    const answer = (await (await GET(request, { params: Promise.resolve({}) })).json()) as SessionAnswer;
    expect(Object.keys(answer.servers)).toEqual(['billing']);
  });

  it('ends on its day', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-12-01T23:59:59Z') });
    write({ name: 'ci', role: 'admin', sha256, expiresAt: '2026-12-01T23:59:59.999Z' });
    expect(await codeOf(sent(`Bearer ${token}`))).toBe('token:ci admin');
    vi.setSystemTime(Date.parse('2026-12-02T00:00:00Z'));
    expect(await codeOf(sent(`Bearer ${token}`))).toBe('401 unauthenticated');
  });

  it('can come from PGDECK_TOKENS', async () => {
    startDeck(folder, { PGDECK_TOKENS: `env:operator:${sha256}:main+billing:2099-01-01` });
    expect(await codeOf(sent(`Bearer ${token}`))).toBe('token:env operator');
  });

  it('is taken from the header only: in an address it is refused, also beside one that is right', async () => {
    for (const query of [`token=${token}`, `access_token=${token}`, 'Token=x', `anything=${token}`]) {
      const request = new Request(`http://127.0.0.1:8432/api/session?${query}`, { headers: sent(`Bearer ${token}`) });
      const response = await GET(request, { params: Promise.resolve({}) });
      expect(response.status).toBe(400);
      expect(await response.text()).not.toContain(token);
    }
  });

  it('that is not taken is never replaced by what would be taken without it', async () => {
    startDeck(folder, { PGDECK_AUTH: 'none' });
    expect(await codeOf(new Headers())).toBe('local admin');
    for (const text of ['Bearer pgd_unknown', 'Bearer', 'Bearer a b', `Bearer ${token}, Bearer ${token}`, 'bearer\tx'])
      expect(await codeOf(sent(text)), text).toBe('401 unauthenticated');
  });

  it('is not taken from a list that others may read', async () => {
    chmodSync(`${folder}/tokens.json`, 0o604);
    expect(await codeOf(sent(`Bearer ${token}`))).toBe('503 tokens_unusable');
  });

  it('whatever is sent instead, it is 401', async () => {
    const text = fc.oneof(
      fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)) }),
      fc.base64String().map((text) => `pgd_${text}`),
      fc.base64String({ minLength: 40, maxLength: 46 }).map((text) => `pgd_${text.replace(/[+/=]/g, '-')}`),
      fc.nat(token.length - 1).map((length) => token.slice(0, length)),
      fc.tuple(fc.nat({ max: token.length - 1 }), fc.constantFrom('A', 'z', '0')).map(([at, letter]) => {
        return token[at] === letter ? 'pgd_' : token.slice(0, at) + letter + token.slice(at + 1);
      }),
      fc.constantFrom(sha256, `pgd_${sha256}`, `${token}=`, `${token}\u00a0x`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (text) => {
        expect(await codeOf(sent(`Bearer ${text}`))).toMatch(/^401 /);
      }),
      { numRuns: 500 },
    );
  });
});
