import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GET as callback } from '@/app/api/oidc/callback/route';
import { GET as start } from '@/app/api/oidc/start/route';
import { shared } from '@/lib/runtime';
import { accessOf } from '../test-access';

// A provider that may say anything: what a good one never does (oidc.test.ts has a real one).

const address = 'http://127.0.0.1:8432';
const clientSecret = 'F3x9Qm7Lw2Vb8Tz5Kc1Nj6Rp4Hd0Ys-_';
const none = { params: Promise.resolve({}) };
let folder: string;
let server: Server;
let issuer: string;
let key: CryptoKey;
let metadata: Record<string, unknown>;
let answering: 'all' | 'error' | 'nothing';
let asked: string[];
/** What the provider's token endpoint gives for the nonce of a sign-in. */
let idToken: (nonce: string) => Promise<string>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-oidc-'));
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  key = privateKey;
  const jwk = { ...(await exportJWK(publicKey)), kid: 'first', alg: 'ES256', use: 'sig' };
  answering = 'all';
  asked = [];
  server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    asked.push(path);
    if (answering === 'nothing') return;
    response.setHeader('content-type', 'application/json');
    if (answering === 'error') response.statusCode = 500;
    const body =
      path === '/token'
        ? { access_token: 'a', token_type: 'bearer', id_token: await idToken(nonce) }
        : path === '/keys'
          ? { keys: [jwk] }
          : metadata;
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  metadata = {
    issuer,
    authorization_endpoint: `${issuer}auth`,
    token_endpoint: `${issuer}token`,
    jwks_uri: `${issuer}keys`,
    id_token_signing_alg_values_supported: ['ES256', 'HS256', 'none'],
  };
  idToken = (given) => sign(ann(given));
  configure();
});

afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function configure(env: Record<string, string> = {}): void {
  const access = accessOf({
    PGDECK_AUTH: 'oidc',
    PGDECK_PUBLIC_URL: address,
    PGDECK_OIDC_ISSUER: issuer,
    PGDECK_OIDC_CLIENT_ID: 'pgdeck',
    PGDECK_OIDC_CLIENT_SECRET: clientSecret,
    PGDECK_ADMIN_GROUPS: 'dba',
    ...env,
  });
  const config = { stateDir: folder, access, servers: [], allowedHosts: ['127.0.0.1:8432'], history: { kind: 'off' } };
  Object.assign(shared(), { servers: new Map(), config, audit: { write: async () => {} } });
}

const seconds = () => Math.floor(Date.now() / 1000);
const ann = (given: string): JWTPayload => ({
  iss: issuer,
  aud: 'pgdeck',
  sub: 'a1',
  email: 'ann@example.net',
  groups: ['dba'],
  nonce: given,
  iat: seconds(),
  exp: seconds() + 300,
});
const sign = (claims: JWTPayload, header: Record<string, unknown> = {}, by: CryptoKey | Uint8Array = key) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'first', ...header }).sign(by);

let nonce = '';

/** Where a sign-in ends that the provider answers with its `idToken`. */
async function signIn(): Promise<string> {
  const left = await start(new Request(`${address}/api/oidc/start?next=/a`), none);
  const location = new URL(left.headers.get('location') ?? '');
  if (location.pathname !== '/auth') return location.href;
  nonce = location.searchParams.get('nonce') ?? '';
  const url = `${address}/api/oidc/callback?code=c&state=${location.searchParams.get('state')}`;
  const cookie = left.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const back = await callback(new Request(url, { headers: { cookie } }), none);
  return back.headers.get('location') ?? '';
}

const inside = `${address}/a`;
const outside = (problem: string) => `${address}/signin?error=${problem}&next=%2Fa`;

describe('an ID token', () => {
  it('that is right lets in', async () => {
    expect(await signIn()).toBe(inside);
  });

  // Take out `enableNonRepudiationChecks` in provider.ts: those with a wrong signature let in.
  it.each<[string, (given: string) => Promise<string>]>([
    ['unsigned', async (given) => new UnsecuredJWT(ann(given)).encode()],
    [
      'signed with the client’s own secret',
      (given) => sign(ann(given), { alg: 'HS256' }, new TextEncoder().encode(clientSecret)),
    ],
    ['signed by a key that is not the provider’s', async (given) => sign(ann(given), {}, (await strange()).privateKey)],
    [
      'that brings its own key',
      async (given) => {
        const { publicKey, privateKey } = await strange();
        return sign(ann(given), { jwk: await exportJWK(publicKey), jku: 'http://127.0.0.1:9/' }, privateKey);
      },
    ],
    ['that was changed', async (given) => changed(await sign(ann(given)))],
    // `expectedNonce` in finishSignIn().
    ['of another sign-in', () => sign(ann('n'.repeat(43)))],
    ['without a nonce', (given) => sign({ ...ann(given), nonce: undefined })],
    // What the library always asks for.
    ['of another issuer', (given) => sign({ ...ann(given), iss: 'https://other.example.net' })],
    ['for another client', (given) => sign({ ...ann(given), aud: 'other' })],
    ['for two clients', (given) => sign({ ...ann(given), aud: ['pgdeck', 'other'] })],
    ['that has ended', (given) => sign({ ...ann(given), iat: seconds() - 600, exp: seconds() - 60 })],
    ['without an end', (given) => sign({ ...ann(given), exp: undefined })],
    ['without a subject', (given) => sign({ ...ann(given), sub: undefined })],
  ])('T18: %s lets nobody in', async (_, make) => {
    idToken = make;
    expect(await signIn()).toBe(outside('failed'));
  });
});

const strange = () => generateKeyPair('ES256', { extractable: true });

function changed(token: string): string {
  const [head, claims = '', signature] = token.split('.');
  const value = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), groups: ['dba', 'more'] };
  return `${head}.${Buffer.from(JSON.stringify(value)).toString('base64url')}.${signature}`;
}

describe('the provider', () => {
  it('describes itself once, and again after an hour', async () => {
    for (let i = 0; i < 3; i++) expect(await signIn()).toBe(inside);
    const described = () => asked.filter((path) => path.startsWith('/.well-known/')).length;
    expect(described()).toBe(1);
    vi.setSystemTime(Date.now() + 3601_000);
    answering = 'error';
    expect(await signIn()).toBe(outside('provider'));
    expect(described()).toBe(2);
    answering = 'all';
    expect(await signIn()).toBe(inside);
    expect(described()).toBe(2);
  });

  it('that does not answer is told on the sign-in page, and asked again only after a while', async () => {
    answering = 'nothing';
    const told = outside('provider');
    expect(await Promise.all([signIn(), signIn()])).toEqual([told, told]);
    expect(await signIn()).toBe(told);
    expect(asked).toHaveLength(1);
    answering = 'all';
    vi.setSystemTime(Date.now() + 6_000);
    expect(await signIn()).toBe(inside);
  });

  it.each(['http://127.0.0.1:1/', 'https://login.example.net/{tenantid}/v2.0'])(
    'has to be exactly the one of the settings, not %s',
    async (named) => {
      metadata.issuer = named;
      expect(await signIn()).toBe(outside('provider'));
    },
  );

  it('may not be named by the address of its description, which would not be compared', async () => {
    configure({ PGDECK_OIDC_ISSUER: `${issuer}.well-known/openid-configuration` });
    expect(await signIn()).toBe(outside('provider'));
  });

  it('is told the client’s secret as it asks for it', async () => {
    const sent: (string | undefined)[] = [];
    server.prependListener('request', (request) => {
      if (request.url === '/token') sent.push(request.headers.authorization);
    });
    expect(await signIn()).toBe(inside);
    metadata.token_endpoint_auth_methods_supported = ['client_secret_post'];
    configure();
    expect(await signIn()).toBe(inside);
    expect(sent).toEqual([expect.stringMatching(/^Basic /), undefined]);
  });
});
