import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { base64url, CompactSign, UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EmbedSession } from '@/lib/client/embed-shapes';
import { runtime, shared } from '@/lib/runtime';
import { ApiError } from '../errors';
import { seal } from '../sealed';
import { userOfEmbed } from './bearer';
import { exchange } from './exchange';
import { audited, claimsOf, deck, portal, secret, startDeck, tokenOf } from './test-embed';

beforeEach(() => startDeck());

const refusalOf = (token: string) =>
  exchange(token).then(
    () => ({ status: 200, code: 'taken', message: '' }),
    (error: ApiError) => ({ status: error.status, code: error.code, message: error.message }),
  );
const codeOf = async (token: string) => {
  const { status, code } = await refusalOf(token);
  return `${status} ${code}`;
};
const userBehind = async (token: string) => userOfEmbed((await exchange(token)).accessToken);

describe('a portal’s token', () => {
  it('is ten minutes of what it allows', async () => {
    const session: EmbedSession = await exchange(await tokenOf({ name: 'Ada', role: 'admin', pages: ['locks'] }));
    expect(session).toMatchObject({
      user: { id: 'embed:portal:4711', name: 'Ada', role: 'viewer' },
      pages: ['locks'],
      origin: portal,
      deck: true,
      actions: false,
    });
    const seconds = (Date.parse(session.expiresAt) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(590);
    expect(seconds).toBeLessThanOrEqual(600);
    expect(await userOfEmbed(session.accessToken)).toEqual({
      name: 'embed:portal:4711',
      role: 'viewer',
      mode: 'embed',
      only: { servers: undefined, pages: ['locks'] },
    });
  });

  it('gives the lesser of its role and PGDECK_EMBED_MAX_ROLE, and viewer where it names none', async () => {
    startDeck({ PGDECK_EMBED_MAX_ROLE: 'operator' });
    expect((await userBehind(await tokenOf({ role: 'admin' }))).role).toBe('operator');
    expect((await userBehind(await tokenOf({ role: 'viewer' }))).role).toBe('viewer');
    expect((await userBehind(await tokenOf())).role).toBe('viewer');
    expect(await codeOf(await tokenOf({ role: 'root' }))).toBe('401 token_claims');
  });

  it('names servers and pages that are there; another name is a mistake of the portal', async () => {
    expect((await userBehind(await tokenOf({ targets: ['main'] }))).only?.servers).toEqual(['main']);
    expect(await codeOf(await tokenOf({ targets: ['main', 'gone'] }))).toBe('403 unknown_target');
    expect(await codeOf(await tokenOf({ pages: ['locks', 'constructor'] }))).toBe('403 unknown_page');
    expect(await codeOf(await tokenOf({ targets: [], pages: [] }))).toBe('200 taken');
    // A server whose rules do not mean the person is not there for them.
    Object.assign(runtime().servers.get('billing')?.config ?? {}, { access: [{ who: ['dba'], role: 'admin' }] });
    expect(await codeOf(await tokenOf({ targets: ['billing'] }))).toBe('403 unknown_target');
  });

  it('is written down where somebody comes who was not there, not each time that a frame goes on', async () => {
    for (const sub of ['4711', '4711', '4712', '4711']) await exchange(await tokenOf({ sub }));
    expect(audited).toMatchObject(
      ['embed:portal:4711', 'embed:portal:4712'].map((name) => ({
        event: 'login_ok',
        user: { name, role: 'viewer', mode: 'embed' },
      })),
    );
  });

  it('is not asked for where embedding is not set up', async () => {
    const token = await tokenOf();
    startDeck({ PGDECK_EMBED_ORIGINS: '' });
    expect(await codeOf(token)).toBe('404 not_found');
  });

  it('says which claim is wrong, but only of a token that the portal signed', async () => {
    expect((await refusalOf(await tokenOf({ jti: undefined }))).message).toContain('jti');
    const forged = await refusalOf(await tokenOf({ jti: undefined }, {}, Buffer.from(`${secret}x`)));
    expect(forged).toMatchObject({ status: 401, code: 'token_invalid' });
    expect(forged.message).not.toContain('jti');
  });
});

describe('T18: a token is not taken', () => {
  const wrong: [string, () => Promise<string>, string][] = [
    // Fails without `algorithms` in readEmbedToken().
    ['with no signature', async () => new UnsecuredJWT(claimsOf()).encode(), '401 token_invalid'],
    ['with another algorithm of the same secret', () => tokenOf({}, { alg: 'HS512' }), '401 token_invalid'],
    ['of another key', () => tokenOf({}, {}, Buffer.from('Q'.repeat(8).concat(secret.slice(8)))), '401 token_invalid'],
    [
      'that brings its own key',
      () => tokenOf({}, { jwk: { kty: 'oct', x: base64url.encode('x'.repeat(32)) } }, Buffer.from('x'.repeat(32))),
      '401 token_invalid',
    ],
    [
      'that names where its key is',
      () => tokenOf({}, { jku: 'https://evil.example/keys', kid: '../../etc/passwd' }, Buffer.from('x'.repeat(32))),
      '401 token_invalid',
    ],
    ['that must be understood in a way we do not', async () => signed({ crit: ['x'], x: 1 }), '401 token_invalid'],
    // Fail without `typ`, `issuer`, `audience` in readEmbedToken().
    ['of another kind', () => tokenOf({}, { typ: 'JWT' }), '401 token_claims'],
    ['of no kind', () => tokenOf({}, { typ: undefined as unknown as string }), '401 token_claims'],
    ['of another sender', () => tokenOf({ iss: 'portal2' }), '401 token_claims'],
    ['for another pgdeck', () => tokenOf({ aud: 'https://pgdeck.example.com' }), '401 token_claims'],
    ['for several', () => tokenOf({ aud: [deck, 'https://evil.example'] }), '401 token_claims'],
    // Fail without `maxTokenAge`, the comparison of exp and iat, `clockTolerance`.
    ['that lives too long', (at = seconds(0)) => tokenOf({ iat: at, exp: at + 121 }), '401 token_claims'],
    ['that has ended', () => tokenOf({ iat: seconds(-100), exp: seconds(-31) }), '401 token_expired'],
    ['that is too old for its age', () => tokenOf({ iat: seconds(-151), exp: seconds(60) }), '401 token_expired'],
    ['of the future', () => tokenOf({ iat: seconds(40), exp: seconds(90) }), '401 token_claims'],
    ['that is not valid yet', () => tokenOf({ nbf: seconds(40) }), '401 token_claims'],
    ['that ends before it begins', () => tokenOf({ iat: seconds(10), exp: seconds(5) }), '401 token_claims'],
    ...['iss', 'aud', 'sub', 'origin', 'iat', 'exp', 'jti'].map((claim): [string, () => Promise<string>, string] => [
      `without ${claim}`,
      () => tokenOf({ [claim]: undefined }),
      '401 token_claims',
    ]),
    ['of nobody', () => tokenOf({ sub: '' }), '401 token_claims'],
    ['of a long name', () => tokenOf({ sub: 'x'.repeat(129) }), '401 token_claims'],
    ['of a name over two lines', () => tokenOf({ sub: 'a\nb' }), '401 token_claims'],
    ['that is larger than any', () => tokenOf({ name: 'x'.repeat(9000) }), '401 token_invalid'],
    ['of something else', async () => 'pgd_0123456789', '401 token_invalid'],
  ];
  it.each(wrong)('%s', async (_, make, expected) => expect(await codeOf(await make())).toBe(expected));

  it('with a time beside the tolerance of 30 s, and is within it', async () => {
    expect(await codeOf(signed({}))).toBe('200 taken');
    expect(await codeOf(await tokenOf({ iat: seconds(20), exp: seconds(80) }))).toBe('200 taken');
    expect(await codeOf(await tokenOf({ iat: seconds(-100), exp: seconds(-20) }))).toBe('200 taken');
  });

  it('of HS256 made with the public key of EdDSA as its secret', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    startDeck({ PGDECK_EMBED_SECRET: '', PGDECK_EMBED_PUBLIC_KEY: pem });
    expect(await codeOf(await tokenOf({}, {}, Buffer.from(pem)))).toBe('401 token_invalid');
    expect(await codeOf(await tokenOf({}, { alg: 'EdDSA' }, privateKey))).toBe('200 taken');
  });

  it('of EdDSA where ES256 is configured', async () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = String(ec.publicKey.export({ type: 'spki', format: 'pem' })).replaceAll('\n', '\\n');
    startDeck({ PGDECK_EMBED_SECRET: '', PGDECK_EMBED_PUBLIC_KEY: pem, PGDECK_EMBED_ALGORITHM: 'ES256' });
    const ed = generateKeyPairSync('ed25519');
    expect(await codeOf(await tokenOf({}, { alg: 'EdDSA' }, ed.privateKey))).toBe('401 token_invalid');
    expect(await codeOf(await tokenOf({}, { alg: 'ES256' }, ec.privateKey))).toBe('200 taken');
  });

  it('a second time: not even where two come at once', async () => {
    const token = await tokenOf();
    // Fails without takeOnce() in exchange().
    const codes = await Promise.all([codeOf(token), codeOf(token)]);
    expect(codes.sort()).toEqual(['200 taken', '401 token_used']);
    expect(await codeOf(token)).toBe('401 token_used');
  });

  it('from before this pgdeck began, where nothing is left that knew it', async () => {
    // Fails without the question to remembersEarlier() in takeOnce().
    const { launcher } = runtime();
    launcher.startedAt = Date.now() + 60_000;
    expect(await codeOf(await tokenOf())).toBe('401 token_used');
    launcher.startedAt = Date.now() - 600_000;
    expect(await codeOf(await tokenOf())).toBe('200 taken');
  });

  it('but not one of the second in which it began: a token tells whole seconds', async () => {
    // Fails where the start is compared to the millisecond in takeOnce().
    const second = Math.floor(Date.now() / 1000);
    runtime().launcher.startedAt = second * 1000 + 999;
    expect(await codeOf(await tokenOf({ iat: second, exp: second + 60 }))).toBe('200 taken');
  });
});

describe('T6: who talks to a frame', () => {
  it('is a portal of PGDECK_EMBED_ORIGINS, with its port; a host beside it is none', async () => {
    // Fails without the comparison of origins in requireKnown().
    for (const origin of [
      'https://evil.portal.example.net',
      'https://other.example.net',
      `${portal}:444`,
      portal.replace('https', 'http'),
      `${portal}/`,
      'null',
      '*',
    ])
      expect(await codeOf(await tokenOf({ origin })), origin).toBe('403 origin_not_allowed');
    expect(await codeOf(await tokenOf({ origin: 'https://other.example.net:8443' }))).toBe('200 taken');
  });
});

describe('a bearer', () => {
  const sealed = (changed: Record<string, unknown> = {}) => ({
    v: 1,
    portal: 'portal',
    sub: '4711',
    role: 'viewer',
    origin: portal,
    epoch: 0,
    ...changed,
  });
  const codeOfBearer = (bearer: string) =>
    userOfEmbed(bearer).then(
      () => 'taken',
      (error: ApiError) => `${error.status} ${error.code}`,
    );

  it('is what we sealed for frames, and nothing else that we sealed', async () => {
    expect(await codeOfBearer(await seal('embed', sealed(), 60))).toBe('taken');
    expect(await codeOfBearer(await seal('session', sealed(), 60))).toBe('401 session_expired');
    expect(await codeOfBearer(await seal('embed', sealed({ more: 1 }), 60))).toBe('401 session_expired');
    expect(await codeOfBearer(await seal('embed', sealed(), -1))).toBe('401 session_expired');
    expect(await codeOfBearer(await tokenOf())).toBe('401 session_expired');
    const jws = await new CompactSign(Buffer.from(JSON.stringify(sealed())))
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(secret));
    expect(await codeOfBearer(jws)).toBe('401 session_expired');
  });

  it('ends at once with what the settings take back: the portal, its name, the epoch; a role is lowered', async () => {
    startDeck({ PGDECK_SECRET: 'kT4vB7nM1qWz8sXcR5dFgY2hJ6uLpO9iKeAa3ZbQ', PGDECK_EMBED_MAX_ROLE: 'admin' });
    const bearer = await seal('embed', sealed({ role: 'admin' }), 60);
    expect((await userOfEmbed(bearer)).role).toBe('admin');
    const again = (env: Record<string, string>) =>
      startDeck({ PGDECK_SECRET: 'kT4vB7nM1qWz8sXcR5dFgY2hJ6uLpO9iKeAa3ZbQ', ...env });
    again({});
    expect((await userOfEmbed(bearer)).role).toBe('viewer');
    for (const env of [
      { PGDECK_EMBED_ORIGINS: 'https://other.example.net:8443' },
      { PGDECK_EMBED_ISSUER: 'another' },
      { PGDECK_SESSION_EPOCH: '1' },
      { PGDECK_EMBED_ORIGINS: '' },
    ] as Record<string, string>[]) {
      again(env);
      expect(await codeOfBearer(bearer), JSON.stringify(env)).toBe('401 session_expired');
    }
  });
});

describe('whatever a portal signs', () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.array(fc.string()),
    fc.dictionary(fc.string(), fc.string()),
  );
  const names = ['sub', 'name', 'role', 'targets', 'pages', 'origin', 'iat', 'exp', 'nbf', 'jti', 'aud', 'iss'];
  const looks = ['theme', 'accent', 'density', 'locale', 'tz', 'hide'];

  it('is taken for what it is or refused in words, and never more than viewer of what is there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names, ...looks, '__proto__', 'constructor'), value),
        async (changed) => {
          const session = await exchange(await tokenOf(changed)).catch((error: unknown) => error);
          if (session instanceof ApiError) {
            expect([401, 403]).toContain(session.status);
            return;
          }
          const user = await userOfEmbed((session as EmbedSession).accessToken);
          expect(user).toMatchObject({ role: 'viewer', mode: 'embed' });
          expect(user.only?.servers ?? []).toEqual(
            (user.only?.servers ?? []).filter((id) => shared().servers?.has(id)),
          );
        },
      ),
      { numRuns: 120 },
    );
  });

  it('and text that nobody signed, never opens anything', async () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each).toString('latin1'));
    const parts = fc
      .array(fc.uint8Array({ maxLength: 30 }), { maxLength: 5 })
      .map((each) => each.map((part) => Buffer.from(part).toString('base64url')).join('.'));
    const statusOf = (asked: Promise<unknown>) =>
      asked.then(
        () => 200,
        (error: unknown) => (error as ApiError).status,
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, parts), async (text) => {
        return (await statusOf(exchange(text))) === 401 && (await statusOf(userOfEmbed(text))) === 401;
      }),
      { numRuns: 200 },
    );
  });
});

/** A token with a header that libraries do not make. */
function signed(header: Record<string, unknown>): string {
  const text = [{ alg: 'HS256', typ: 'pgdeck-embed+jwt', ...header }, claimsOf()]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

function seconds(from: number): number {
  return Math.floor(Date.now() / 1000) + from;
}
