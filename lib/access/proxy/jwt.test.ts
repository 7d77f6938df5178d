import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shared } from '@/lib/runtime';
import { ApiError } from '../errors';
import { accessOf } from '../test-access';
import { userOfProxy } from './proxy';

const issuer = 'https://team.access.example.net';
const audience = 'pgdeck-audience';
let server: Server;
let keys: JWK[];
let answering: 'keys' | 'error' | 'nothing';
let asked: number;
let key: CryptoKey;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  asked = 0;
  answering = 'keys';
  server = createServer((_, response) => {
    asked++;
    if (answering === 'nothing') return;
    response.statusCode = answering === 'keys' ? 200 : 500;
    response.end(JSON.stringify({ keys }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  keys = [];
  key = await newKey('first');
  configure();
});

afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

function configure(env: Record<string, string> = {}): void {
  const access = accessOf({
    PGDECK_AUTH: 'proxy',
    PGDECK_PROXY_JWT_HEADER: 'Cf-Access-Jwt-Assertion',
    PGDECK_PROXY_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`,
    PGDECK_PROXY_JWT_ISSUER: issuer,
    PGDECK_PROXY_JWT_AUDIENCE: audience,
    PGDECK_ADMIN_GROUPS: 'dba',
    PGDECK_VIEWER_GROUPS: 'user:vic@example.net',
    ...env,
  });
  Object.assign(shared(), { servers: new Map(), config: { access } });
}

/** A key pair whose public half the server tells. */
async function newKey(kid: string, alg = 'ES256'): Promise<CryptoKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  keys.push({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
  return privateKey;
}

const seconds = () => Math.floor(Date.now() / 1000);
const ann = () => ({
  iss: issuer,
  aud: [audience],
  sub: 'a1',
  email: 'ann@example.net',
  groups: ['dba'],
  iat: seconds(),
  exp: seconds() + 300,
});

function sign(claims: JWTPayload, header: Record<string, unknown> = {}, by: CryptoKey | Uint8Array = key) {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'first', ...header }).sign(by);
}

async function userOf(token: string, more: Record<string, string> = {}) {
  try {
    return await userOfProxy(new Headers({ 'cf-access-jwt-assertion': token, ...more }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, code: error.code, said: error.message };
  }
}

describe('a signed header', () => {
  it.each(['RS256', 'ES256', 'EdDSA'])('by a key of the proxy names somebody: %s', async (alg) => {
    const by = await newKey('second', alg);
    expect(await userOf(await sign(ann(), { alg, kid: 'second' }, by))).toEqual({
      name: 'ann@example.net',
      role: 'admin',
      mode: 'proxy',
      groups: ['dba'],
    });
    expect(await userOf(await sign({ ...ann(), email: 'vic@example.net', groups: undefined }))).toMatchObject({
      role: 'viewer',
    });
  });

  it('gives no role to somebody of no group, and names nobody without the claim', async () => {
    expect(await userOf(await sign({ ...ann(), groups: ['sales'] }))).toMatchObject({ status: 403, code: 'no_role' });
    expect(await userOf(await sign({ ...ann(), email: undefined }))).toMatchObject({ status: 401 });
    expect(await userOf(await sign({ ...ann(), email_verified: false }))).toMatchObject({ status: 401 });
    expect(await userOf(await sign({ ...ann(), groups: { dba: true } }))).toMatchObject({ status: 401 });
    expect(await userOf('')).toMatchObject({ status: 401 });
  });

  it('T8: is what counts, not the headers beside it', async () => {
    expect(await userOf('', { 'x-forwarded-user': 'ann@example.net', 'x-forwarded-groups': 'dba' })).toMatchObject({
      status: 401,
    });
    const more = { 'x-forwarded-user': 'admin', 'x-forwarded-groups': 'dba' };
    expect(await userOf(await sign({ ...ann(), groups: ['sales'] }), more)).toMatchObject({ status: 403 });
    expect(await userOf(await sign(ann()), { cf_access_jwt_assertion: 'x' })).toMatchObject({ status: 401 });
    expect(await userOf(`${await sign(ann())}, ${await sign(ann())}`)).toMatchObject({ status: 401 });
  });
});

describe('T18: a token is not taken', () => {
  // Take out the option of jwtVerify() that each names.
  it.each<[string, (claims: JWTPayload) => JWTPayload]>([
    ['of another issuer (issuer)', (claims) => ({ ...claims, iss: 'https://other.example.net' })],
    ['without an issuer (issuer)', (claims) => ({ ...claims, iss: undefined })],
    ['for another audience (audience)', (claims) => ({ ...claims, aud: 'other' })],
    ['without an audience (audience)', (claims) => ({ ...claims, aud: undefined })],
    ['without an end (requiredClaims)', (claims) => ({ ...claims, exp: undefined })],
    ['without a beginning (requiredClaims)', (claims) => ({ ...claims, iat: undefined })],
    ['that has ended', (claims) => ({ ...claims, iat: seconds() - 600, exp: seconds() - 31 })],
    ['that is not valid yet', (claims) => ({ ...claims, nbf: seconds() + 60 })],
    ['made more than a day ago (maxTokenAge)', (claims) => ({ ...claims, iat: seconds() - 25 * 3600 })],
  ])('%s', async (_, change) => {
    expect(await userOf(await sign(change(ann())))).toMatchObject({ status: 401, code: 'unauthenticated' });
  });

  it('but within 30 seconds of another clock it is', async () => {
    expect(await userOf(await sign({ ...ann(), exp: seconds() - 20 }))).toMatchObject({ role: 'admin' });
  });

  // Take out `algorithms`: a key of this kind would be taken.
  it('signed in another way than the three', async () => {
    const by = await newKey('other', 'PS256');
    expect(await userOf(await sign(ann(), { alg: 'PS256', kid: 'other' }, by))).toMatchObject({ status: 401 });
  });

  it('unsigned, or signed with a public key as if it were a secret', async () => {
    expect(await userOf(new UnsecuredJWT(ann()).encode())).toMatchObject({ status: 401 });
    const shown = new TextEncoder().encode(JSON.stringify(keys[0]));
    expect(await userOf(await sign(ann(), { alg: 'HS256' }, shown))).toMatchObject({ status: 401 });
  });

  // `keysAt` is the only place that keys come from; a resolver that reads the token's header would take these.
  it('with keys that it names or brings itself', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid: 'first' };
    let fetched = 0;
    const evil = createServer((_, response) => {
      fetched++;
      response.end(JSON.stringify({ keys: [jwk] }));
    }).listen(0, '127.0.0.1');
    await once(evil, 'listening');
    const url = `http://127.0.0.1:${(evil.address() as AddressInfo).port}/`;
    for (const header of [{ jku: url }, { x5u: url }, { jwk }, { kid: url }, { kid: '../../dev/null' }])
      expect(await userOf(await sign(ann(), header, privateKey))).toMatchObject({ status: 401 });
    expect(fetched).toBe(0);
    evil.close();
  });

  it('that was changed, is cut off or is none', async () => {
    const token = await sign(ann());
    const [head, , signature] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ ...ann(), groups: ['dba'], email: 'eve@example.net' })).toString(
      'base64url',
    );
    for (const text of [`${head}.${claims}.${signature}`, token.slice(0, -4), `${head}.${claims}.`, 'a.b.c', 'x'])
      expect(await userOf(text)).toMatchObject({ status: 401 });
  });
});

describe('the keys', () => {
  it('are asked for once, and again for one that is not known, but not for each', async () => {
    for (let i = 0; i < 5; i++) await userOf(await sign(ann()));
    expect(asked).toBe(1);
    const second = await newKey('second');
    const token = await sign(ann(), { kid: 'second' }, second);
    expect(await userOf(token)).toMatchObject({ status: 401 });
    expect(asked).toBe(1);
    vi.setSystemTime(Date.now() + 31_000);
    expect(await userOf(token)).toMatchObject({ role: 'admin' });
    for (let i = 0; i < 5; i++) expect(await userOf(await sign(ann(), { kid: `${i}` }))).toMatchObject({ status: 401 });
    expect(asked).toBe(2);
  });

  it('go on counting for a day while they cannot be had, without asking at each request', async () => {
    expect(await userOf(await sign(ann()))).toMatchObject({ role: 'admin' });
    answering = 'error';
    vi.setSystemTime(Date.now() + 11 * 60_000);
    for (let i = 0; i < 5; i++) expect(await userOf(await sign(ann()))).toMatchObject({ role: 'admin' });
    expect(asked).toBe(2);
    vi.setSystemTime(Date.now() + 24 * 3600_000);
    expect(await userOf(await sign(ann()))).toMatchObject({ status: 503 });
    answering = 'keys';
    vi.setSystemTime(Date.now() + 11_000);
    expect(await userOf(await sign(ann()))).toMatchObject({ role: 'admin' });
  });

  it('that a proxy took back are not taken any more', async () => {
    const token = await sign(ann());
    expect(await userOf(token)).toMatchObject({ role: 'admin' });
    keys = [];
    await newKey('second');
    vi.setSystemTime(Date.now() + 10 * 60_000);
    expect(await userOf(await sign(ann()))).toMatchObject({ status: 401 });
  });

  it('that cannot be had are told with 503 after three seconds, and then at once', async () => {
    answering = 'nothing';
    const answer = { status: 503, code: 'keys_unavailable' };
    expect(await Promise.all([userOf(await sign(ann())), userOf(await sign(ann()))])).toMatchObject([answer, answer]);
    expect(await userOf(await sign(ann()))).toMatchObject(answer);
    expect(asked).toBe(1);
  });
});
