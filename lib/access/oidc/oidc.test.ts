import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GET as callback } from '@/app/api/oidc/callback/route';
import { GET as start } from '@/app/api/oidc/start/route';
import { Audit } from '@/lib/audit/audit';
import { shared } from '@/lib/runtime';
import { userOfSession } from '../session/session';
import { accessOf } from '../test-access';
import { logOutAddress } from './log-out';
import { signInProblem } from './problems';
import { accounts, Browser, oidcEnv, startProvider, type TestProvider } from './test-provider';

const address = 'http://127.0.0.1:8432';
const none = { params: Promise.resolve({}) };
let folder: string;
let provider: TestProvider;
let audit: Audit;

beforeAll(async () => {
  provider = await startProvider(address);
});
afterAll(() => provider.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-oidc-'));
  configure();
});
afterEach(async () => {
  await audit.close();
  rmSync(folder, { recursive: true, force: true });
});

function configure(env: Record<string, string> = {}): void {
  const access = accessOf({ ...oidcEnv(provider, address), ...env });
  audit?.close();
  audit = new Audit(folder);
  const config = { stateDir: folder, access, servers: [], allowedHosts: ['127.0.0.1:8432'], history: { kind: 'off' } };
  Object.assign(shared(), { servers: new Map(), config, audit });
}

/** Leaves for the provider. */
async function leave(query = ''): Promise<{ location: string; cookie: string }> {
  const response = await start(new Request(`${address}/api/oidc/start${query}`), none);
  expect(response.status).toBe(302);
  const [cookie = ''] = response.headers.getSetCookie();
  return { location: response.headers.get('location') ?? '', cookie };
}

/** Comes back from it. */
async function comeBack(url: URL, cookie: string): Promise<{ location: string; session: string | undefined }> {
  const request = new Request(url, { headers: { cookie: cookie.split(';')[0] ?? '' } });
  const response = await callback(request, none);
  expect(response.status).toBe(302);
  const session = response.headers.getSetCookie().find((text) => text.startsWith('pgdeck_s='));
  expect(response.headers.getSetCookie()).toContain('pgdeck_o=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax');
  return { location: response.headers.get('location') ?? '', session };
}

async function signIn(login: string, query = '') {
  const { location, cookie } = await leave(query);
  return comeBack(await new Browser().signIn(location, login), cookie);
}

const userOf = (session = '') => userOfSession(new Headers({ cookie: session.split(';')[0] ?? '' }));
const refusedAs = (problem: string) => ({ location: `${address}/signin?error=${problem}`, session: undefined });
const lines = async () => (await audit.read({ limit: 10 })).entries;

describe('a sign-in', () => {
  it('goes by code, PKCE, state and nonce, and knows the browser again by a sealed cookie', async () => {
    const { location, cookie } = await leave('?next=/default/locks');
    const asked = new URL(location).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      response_type: 'code',
      client_id: 'pgdeck',
      code_challenge_method: 'S256',
      redirect_uri: `${address}/api/oidc/callback`,
      scope: 'openid email groups',
    });
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked.get(name)).toMatch(/^[\w-]{43}$/);
    expect(cookie).toMatch(/^pgdeck_o=[\w.-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toContain(asked.get('state'));
  });

  it('leads to the page that was asked for, with the role of the groups, and is written down', async () => {
    const { location, session } = await signIn('ann', '?next=%2Fdefault%2Flocks%3Fdatabase%3Dshop');
    expect(location).toBe(`${address}/default/locks?database=shop`);
    expect(session).toMatch(/; SameSite=Lax$/);
    expect(await userOf(session)).toEqual({ name: 'ann@example.net', role: 'admin', mode: 'oidc', groups: ['dba'] });
    expect(await userOf((await signIn('vic')).session)).toMatchObject({ name: 'vic@example.net', role: 'viewer' });
    expect(await lines()).toMatchObject([
      { event: 'login_ok', user: { name: 'vic@example.net', role: 'viewer', mode: 'oidc' } },
      { event: 'login_ok', user: { name: 'ann@example.net', role: 'admin', mode: 'oidc' } },
    ]);
  });

  it('asks the provider’s userinfo for what the ID token does not tell', async () => {
    const other = await startProvider(address, { inIdToken: false });
    try {
      configure({ PGDECK_OIDC_ISSUER: other.issuer });
      const { session } = await signIn('ann');
      expect(await userOf(session)).toMatchObject({ name: 'ann@example.net', role: 'admin' });
      expect(await signIn('mallory')).toEqual(refusedAs('no_name'));
    } finally {
      await other.stop();
    }
  });

  it('without a role is refused, and written down with the name', async () => {
    expect(await signIn('nora')).toEqual(refusedAs('no_role'));
    expect(await lines()).toMatchObject([
      { event: 'login_fail', user: { name: 'nora@example.net', role: 'none' }, message: signInProblem('no_role') },
    ]);
  });

  it('takes no e-mail address that the provider says is not proved', async () => {
    expect(await signIn('mallory')).toEqual(refusedAs('no_name'));
  });

  it.each([
    ['a list with something else', [{ id: 'dba' }], 'groups'],
    ['a group that is named like a person of the settings', ['user:ann@example.net'], 'no_role'],
    ['a group with a hidden character', ['dba', 'rea\u202eders'], 'groups'],
  ])('does not believe %s', async (_, groups, problem) => {
    configure({ PGDECK_ADMIN_GROUPS: 'user:ann@example.net,dba' });
    accounts.eve = { email: 'eve@example.net', groups };
    expect(await signIn('eve')).toEqual(refusedAs(problem));
  });

  it('that was broken off at the provider says so', async () => {
    const { location, cookie } = await leave();
    const url = await new Browser().signIn(location, 'ann', { cancel: true });
    expect(url.searchParams.get('error')).toBe('access_denied');
    expect(await comeBack(url, cookie)).toEqual(refusedAs('refused'));
  });

  it('can be asked for as somebody else than who is signed in at the provider', async () => {
    const { location } = await leave('?again=1');
    expect(new URL(location).searchParams.get('prompt')).toBe('login');
  });
});

describe('what comes back is refused', () => {
  const came = async () => {
    const { location, cookie } = await leave();
    return { url: await new Browser().signIn(location, 'ann'), cookie };
  };

  it('without the cookie of the browser that left, or with one that was changed', async () => {
    const { url, cookie } = await came();
    expect(await comeBack(url, '')).toEqual(refusedAs('expired'));
    expect(
      await comeBack(
        url,
        cookie.replace(/.(?=; Path)/, (last) => (last === 'A' ? 'Q' : 'A')),
      ),
    ).toEqual(refusedAs('expired'));
    expect(await lines()).toEqual([]);
  });

  // Without `expectedState` in finishSignIn() these lead in, or fail for another reason.
  it('with another state, without one, and with that of another sign-in', async () => {
    const { url, cookie } = await came();
    const other = await leave();
    url.searchParams.set('state', 'x'.repeat(43));
    expect(await comeBack(url, cookie)).toEqual(refusedAs('failed'));
    url.searchParams.set('state', new URL(other.location).searchParams.get('state') ?? '');
    expect(await comeBack(url, cookie)).toEqual(refusedAs('failed'));
    url.searchParams.delete('state');
    expect(await comeBack(url, cookie)).toEqual(refusedAs('failed'));
    expect((await lines())[0]).toMatchObject({
      event: 'login_fail',
      user: { name: 'unknown' },
      message: signInProblem('failed'),
    });
  });

  // Without `expectedNonce` or `pkceCodeVerifier` in finishSignIn(): an attacker's code in the victim's browser.
  it('with the code of another sign-in', async () => {
    const { url } = await came();
    const victim = await leave();
    url.searchParams.set('state', new URL(victim.location).searchParams.get('state') ?? '');
    expect(await comeBack(url, victim.cookie)).toEqual(refusedAs('failed'));
  });

  it('with a code that was used', async () => {
    const { url, cookie } = await came();
    expect((await comeBack(url, cookie)).session).toBeDefined();
    expect(await comeBack(url, cookie)).toEqual(refusedAs('failed'));
  });

  it('from another issuer', async () => {
    const { url, cookie } = await came();
    url.searchParams.set('iss', 'https://other.example.net');
    expect(await comeBack(url, cookie)).toEqual(refusedAs('failed'));
  });

  it('a fake code, and is written down not more than 30 times a minute', async () => {
    for (let i = 0; i < 35; i++) {
      const { location, cookie } = await leave();
      const state = new URL(location).searchParams.get('state');
      const url = new URL(`${address}/api/oidc/callback?code=fake&state=${state}&iss=${provider.issuer}`);
      expect(await comeBack(url, cookie)).toEqual(refusedAs('failed'));
    }
    const { entries } = await audit.read({ limit: 100 });
    expect(entries.length).toBeGreaterThanOrEqual(30); // more where a new minute began
    expect(entries.length).toBeLessThan(35);
  });
});

// Take out `safeNext` in beginSignIn() and finishSignIn(): these lead to the other site.
it.each(['https://evil.example', '//evil.example', '/\\evil.example', '/..//evil.example'])(
  'T14: a sign-in never leads to another site: %s',
  async (next) => {
    const { location } = await signIn('ann', `?next=${encodeURIComponent(next)}`);
    expect(location).toBe(`${address}/`);
  },
);

describe('the log-out', () => {
  it('leads to the provider with the ID token, and back to the sign-in page', async () => {
    const address = new URL((await logOutAddress('an.id.token')) ?? '');
    expect(address.href).toContain(`${provider.issuer}/session/end`);
    expect(Object.fromEntries(address.searchParams)).toEqual({
      client_id: 'pgdeck',
      id_token_hint: 'an.id.token',
      post_logout_redirect_uri: 'http://127.0.0.1:8432/signin',
    });
    expect(new URL((await logOutAddress(undefined)) ?? '').searchParams.has('id_token_hint')).toBe(false);
  });

  it('stays here where the provider has none, or is away', async () => {
    const other = await startProvider(address, {
      configuration: { features: { rpInitiatedLogout: { enabled: false } } },
    });
    configure({ PGDECK_OIDC_ISSUER: other.issuer });
    expect(await logOutAddress('an.id.token')).toBeNull();
    await other.stop();
    configure({ PGDECK_OIDC_ISSUER: other.issuer });
    expect(await logOutAddress('an.id.token')).toBeNull();
  });
});

it('other ways of sign-in do not know these routes', async () => {
  Object.assign(shared().config ?? {}, { access: accessOf() });
  expect((await start(new Request(`${address}/api/oidc/start`), none)).status).toBe(404);
  expect((await callback(new Request(`${address}/api/oidc/callback?code=a`), none)).status).toBe(404);
});
