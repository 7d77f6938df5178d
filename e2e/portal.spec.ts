import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect, test } from './fixtures/two-sites';

// The example portal by itself: who gets a token from it, and for whom.

test('the portal gives nobody a token who is not signed in, and none to another site', async ({ sites }) => {
  const { portal, portalUrl, passwords } = sites;
  const post = (path: string, { cookie = '', origin = portal, form = {} }) =>
    fetch(portalUrl + path, {
      method: 'POST',
      headers: { cookie, origin },
      body: new URLSearchParams(form),
      redirect: 'manual',
    });
  const ask = (cookie: string, origin?: string) => post('/pgdeck-token', { cookie, origin });
  const signIn = async (name: string, password: string, origin?: string) => {
    const { status, headers } = await post('/sign-in', { form: { name, password }, origin });
    return { status, cookie: headers.get('set-cookie') ?? '' };
  };
  expect((await ask('')).status).toBe(401);
  expect((await ask('portal=guessed')).status).toBe(401);
  for (const [name, password] of [
    ['ada', passwords.vera],
    ['ada', ''],
    ['nobody', passwords.ada],
    ['__proto__', 'x'],
  ] as const)
    expect(await signIn(name, password), name).toEqual({ status: 401, cookie: '' });
  expect(await signIn('ada', passwords.ada, 'https://evil.test')).toEqual({ status: 403, cookie: '' });

  const ada = await signIn('ada', passwords.ada);
  expect(ada).toMatchObject({ status: 303, cookie: expect.stringMatching(/; HttpOnly; SameSite=Lax; .*; Secure$/) });
  const answer = await ask(ada.cookie);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const { token } = await answer.json();
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'pgdeck-embed+jwt' });
  const { iat = 0, exp = 0, ...claims } = decodeJwt(token);
  expect(claims).toMatchObject({ sub: 'ada', role: 'admin', aud: sites.deck, origin: portal });
  expect(exp - iat).toBe(60);
  for (const origin of ['https://evil.test', 'null', sites.deck])
    expect((await ask(ada.cookie, origin)).status).toBe(403);

  const vera = await signIn('vera', passwords.vera);
  expect(decodeJwt((await (await ask(vera.cookie)).json()).token)).toMatchObject({ sub: 'vera', role: 'viewer' });
  await post('/sign-out', { cookie: ada.cookie });
  expect((await ask(ada.cookie)).status).toBe(401);
  expect((await ask(vera.cookie)).status).toBe(200);
});

test('embed.js is served for pages of other sites, and is the only thing that is', async ({ sites }) => {
  const headers = async (path: string) => (await fetch(sites.stack.url + path)).headers;
  const client = await headers('/embed.js');
  expect(client.get('content-type')).toContain('javascript');
  expect(client.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect(client.get('access-control-allow-origin')).toBe('*');
  for (const path of ['/api/health', '/icon.svg', '/api/servers']) {
    expect((await headers(path)).get('cross-origin-resource-policy'), path).toBe('same-origin');
    expect((await headers(path)).get('access-control-allow-origin'), path).toBeNull();
  }
});
