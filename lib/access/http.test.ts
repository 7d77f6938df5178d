import { request as ask, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { acceptHeader, encodedHeader } from './encoding';
import type { GuardOptions } from './guard';
import { guardedServer } from './http';
import { accessOf } from './test-access';

let port: number;
let seen: IncomingMessage | undefined;
const allowedHosts: string[] = [];
const options: GuardOptions = { allowedHosts, access: accessOf() };
const server = guardedServer(options, (request, response) => {
  seen = request;
  response.setHeader('referrer-policy', 'no-referrer');
  if (request.url === '/api/compressed') response.setHeader(encodedHeader, 'br');
  response.end('through');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  allowedHosts.push(`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`);
});
afterEach(() => {
  options.access = accessOf();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

type Answer = { status: number; headers: IncomingMessage['headers']; text: string };

function get(
  path: string,
  headers: Record<string, string | string[]> = {},
  method = 'GET',
  body?: string,
): Promise<Answer> {
  seen = undefined;
  return new Promise((resolve, reject) => {
    const request = ask(
      { host: '127.0.0.1', port, path, method, headers: { host: `localhost:${port}`, ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
  });
}

test('an ordinary request goes through, with the peer named by us and headers that nobody set', async () => {
  const { status, text, headers } = await get('/anything?x=1');
  expect([status, text]).toEqual([200, 'through']);
  expect(seen?.headers['x-forwarded-for']).toBe('127.0.0.1');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['cross-origin-opener-policy']).toBe('same-origin');
  expect(headers['referrer-policy']).toBe('no-referrer');
});

test('answers of the API are not compressed, pages may be', async () => {
  await raw(
    `GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: gzip\r\nX-Pgdeck-Accept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  );
  expect(seen?.url).toBe('/api/health');
  expect(seen?.headers['accept-encoding']).toBeUndefined();
  expect(seen?.headers[acceptHeader]).toBeUndefined();
  await raw(
    `GET /demo/overview HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  );
  expect(seen?.headers['accept-encoding']).toBe('gzip');
});

async function refused(answer: Promise<Answer>, status: number, code: string): Promise<void> {
  const { status: got, headers, text } = await answer;
  expect([got, headers['content-type']]).toEqual([status, 'application/json']);
  const { error } = JSON.parse(text);
  expect(error).toEqual({ code, message: expect.any(String), requestId: headers['x-request-id'] });
  expect(headers['cache-control']).toBe('no-store');
  expect(seen).toBeUndefined();
}

test('how an answer is compressed is told under the name that browsers know', async () => {
  const { headers } = await get('/api/compressed');
  expect(headers['content-encoding']).toBe('br');
  expect(headers[encodedHeader]).toBeUndefined();
  expect((await get('/api/plain')).headers['content-encoding']).toBeUndefined();
});

describe('refused before Next, as JSON with a request id', () => {
  // Fails without `allowedHosts.includes` in guard.ts.
  test.each(['evil.example', 'localhost', 'localhost:1', '127.0.0.1.evil.example', 'evil@localhost'])(
    'T7: Host %s',
    (host) => refused(get('/', { host }), 421, 'misdirected'),
  );
  test('a Host in capitals is the same host', async () =>
    expect((await get('/', { host: `LOCALHOST:${port}` })).status).toBe(200));

  test('another machine is not sent to an address of its own', async () => {
    const message = async () => JSON.parse((await get('/', { host: 'pgdeck.example.net' })).text).error.message;
    expect(await message()).toContain(`Open http://127.0.0.1:${port} instead`);
    options.access = accessOf({ PGDECK_ALLOW_UNAUTHENTICATED: 'read-only' });
    expect(await message()).toMatch(/PGDECK_PUBLIC_URL\.$/);
    expect(await message()).not.toContain('127.0.0.1');
    options.access = accessOf({
      PGDECK_ALLOW_UNAUTHENTICATED: 'read-only',
      PGDECK_PUBLIC_URL: 'https://deck.example.net',
    });
    expect(await message()).toContain('Open https://deck.example.net instead');
  });

  test.each(['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via'])(
    '%s',
    (name) => refused(get('/', { [name]: '10.0.0.1' }), 403, 'proxy_refused'),
  );

  // Fails without the line of `_next/image` in guard.ts.
  test.each(['/_next/image', '/_next/image?url=%2Fx', '//_next//image', '/%5Fnext/im%61ge?x', '/_next/image/'])(
    'T3: %s',
    (path) => refused(get(path), 404, 'not_found'),
  );
  // Fails without the line of `_global-error` in guard.ts: Next answers 500 there, as if something had fallen.
  test.each(['/_global-error', '/%5Fglobal-error/?x', '/_error', '/_not-found'])('%s', (path) =>
    refused(get(path), 404, 'not_found'),
  );
  test('other parts of Next are served', async () => expect((await get('/_next/static/x.js')).status).toBe(200));

  test('T4: TRACE', () => refused(get('/', {}, 'TRACE'), 405, 'method_not_allowed'));
  // Fails without the comparison with `bodyLimit` in guard.ts.
  test('T21: a body over 256 KB by its length', () =>
    refused(get('/api/x', { 'content-length': String(256 * 1024 + 1) }, 'POST'), 413, 'too_large'));
  test('a body of 256 KB goes through', async () =>
    expect((await get('/api/x', {}, 'POST', 'x'.repeat(256 * 1024))).status).toBe(200));
  test.each(['/%zz', '/x/../_next/image', '/x/%2e%2e/_next/image', '/./x'])(
    'an address that cannot be read: %s',
    (path) => refused(get(path), 400, 'bad_input'),
  );

  test('refused API requests carry the timing headers too', async () => {
    const { headers } = await get('/api/servers', { via: 'x' });
    expect(headers).toMatchObject({ 'x-query-count': '0', 'x-process-time': '0', 'x-query-time': '0' });
    expect(headers['server-timing']).toBeDefined();
  });

  test.each([
    ['no Host at all', 'GET / HTTP/1.1\r\n\r\n', 421],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost:PORT\r\nHost: localhost:PORT\r\n\r\n', 400],
    [
      'T4: an absolute address',
      'GET http://evil.example/ HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['something that is not HTTP', 'hello\r\n\r\n', 400],
    ['20 KB of headers', `GET / HTTP/1.1\r\nHost: localhost:PORT\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a WebSocket', 'GET / HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 403],
  ])('%s', async (_, text, status) => {
    seen = undefined;
    expect(await raw(text.replaceAll('PORT', String(port)))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).toBeUndefined();
  });

  test('a body that waits for permission is refused without asking for it', async () => {
    const answer = await raw(
      `POST /api/x HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });
});

describe('T3: pages take reads only, so that what a framework does with bodies sent to pages never begins', () => {
  // Fails without the line that looks for GET and HEAD in guard.ts.
  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s', async (method) => {
    const headers = { 'next-action': 'x', 'content-type': 'multipart/form-data; boundary=x' };
    await refused(get('/demo/overview', headers, method), 405, 'method_not_allowed');
    await refused(get('/', headers, method), 405, 'method_not_allowed');
    expect((await get('/api/servers', {}, method)).status).toBe(200);
  });
});

/** The headers that reach Next. */
async function through(headers: Record<string, string | string[]>, path = '/x'): Promise<IncomingMessage['headers']> {
  expect((await get(path, headers)).status).toBe(200);
  return (seen as unknown as IncomingMessage).headers;
}

// Fails when `internal` in guard.ts lacks them.
test.each([
  ...['x-middleware-subrequest', 'x-middleware-rewrite', 'x-middleware-next', 'x-middleware-override-headers'],
  ...[
    'x-nextjs-data',
    'x-nextjs-rewritten-path',
    'x-invoke-path',
    'x-invoke-status',
    'x-matched-path',
    'x-now-route-matches',
  ],
  ...['next-action', 'next-resume', 'x-next-resume-state-length', 'x-prerender-revalidate', 'x-nonce', 'x-pgdeck-path'],
  ...['X_Pgdeck_Path', 'x-pgdeck-proxy-secret'],
])('T1: %s from a client does not reach Next', async (name) => {
  for (const mode of ['local', 'password', 'embed'] as const) {
    options.access = { ...accessOf(), mode };
    expect(Object.keys(await through({ [name]: 'proxy:proxy:proxy', rsc: '1' }))).not.toContain(name.toLowerCase());
    expect(seen?.headers.rsc).toBe('1');
  }
});

describe('behind a reverse proxy', () => {
  const password = { ...accessOf(), mode: 'password' as const };
  const roles = { PGDECK_AUTH: 'proxy', PGDECK_VIEWER_GROUPS: '*', PGDECK_PROXY_GROUPS_HEADER: 'X-Forwarded-Groups' };
  const bySecret = () => accessOf({ ...roles, PGDECK_PROXY_SECRET: 'vJ2nQ8sKx0pLw7Zt4RbY6cMdFh1eGuAi' });
  const byJwt = () =>
    accessOf({
      ...roles,
      PGDECK_PROXY_JWT_HEADER: 'Cf-Access-Jwt-Assertion',
      PGDECK_PROXY_JWKS_URL: 'https://keys.example.net/certs',
      PGDECK_PROXY_JWT_ISSUER: 'https://keys.example.net',
      PGDECK_PROXY_JWT_AUDIENCE: 'pgdeck',
    });
  const said = {
    'X-Forwarded-User': 'ann',
    'X-Forwarded-Groups': 'dba',
    'X-Pgdeck-Proxy-Secret': 'secret',
    'Cf-Access-Jwt-Assertion': 'jwt',
  };

  // Fails without the call of `clean()` in http.ts.
  test('T4: with sign-in the headers of proxies are taken off, and the peer is named by us', async () => {
    options.access = password;
    const forwarded = {
      Forwarded: 'for=1',
      'X-Forwarded-For': '1',
      'X-Forwarded-Host': 'evil.example',
      'X-Real-IP': '1',
    };
    const headers = await through({ ...forwarded, ...said, x_forwarded_host: 'evil.example', Via: '1.1 nginx' });
    expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', via: '1.1 nginx' });
    expect(Object.keys(headers).filter((name) => /forwarded|real|secret/.test(name))).toEqual(['x-forwarded-for']);
  });

  // Fails when `identityHeaders()` in guard.ts gives them in every mode, or does not look at the way of the proof.
  test('T8: who somebody is reaches Next in proxy mode only, and only in the way that is set up', async () => {
    const names = Object.keys(said).map((name) => name.toLowerCase());
    const passed = async (access: GuardOptions['access']) => {
      options.access = access;
      const headers = await through(said);
      return names.filter((name) => headers[name] !== undefined && name !== 'cf-access-jwt-assertion');
    };
    expect(await passed(bySecret())).toEqual(['x-forwarded-user', 'x-forwarded-groups', 'x-pgdeck-proxy-secret']);
    expect(await passed(byJwt())).toEqual([]);
    expect(seen?.headers['cf-access-jwt-assertion']).toBe('jwt');
    expect(await passed(password)).toEqual([]);
  });

  // Fails without the call of `ambiguous()` in guard.ts.
  test.each([
    ['X-Forwarded-User', bySecret],
    ['X-Forwarded-Groups', bySecret],
    ['X-Pgdeck-Proxy-Secret', bySecret],
    ['Cf-Access-Jwt-Assertion', byJwt],
    ['Authorization', () => password],
  ])('T8: %s twice, or spelled with _, is refused', async (name, access) => {
    options.access = access();
    await refused(get('/x', { [name]: ['ann', 'bob'] }), 400, 'bad_input');
    if (name.includes('-')) {
      await refused(get('/x', { [name.replaceAll('-', '_')]: 'ann', [name]: 'ann' }), 400, 'bad_input');
      await refused(get('/x', { [name.replace('-', '_')]: 'ann' }), 400, 'bad_input');
    }
    await through({ [name]: 'ann' });
  });

  test('answers of the API and metrics are compressed by their routes, and not by Next', async () => {
    options.access = password;
    for (const path of ['/api/servers', '/metrics']) {
      const headers = await through({ 'accept-encoding': 'gzip', [acceptHeader]: 'br' }, path);
      expect([headers['accept-encoding'], headers[acceptHeader]], path).toEqual([undefined, 'gzip']);
    }
    expect((await through({ 'accept-encoding': 'gzip' }, '/one/overview'))['accept-encoding']).toBe('gzip');
  });

  test('the Host rule names the address to open', async () => {
    options.access = { ...password, publicOrigin: 'https://pgdeck.example.net', basePath: '/db' };
    const { text } = await get('/', { host: 'other' });
    expect(text).toContain('Open https://pgdeck.example.net/db instead');
  });

  test('https is kept to where browsers come by https', async () => {
    const hsts = async () => {
      const paths = [get('/'), get('/_next/image')];
      return (await Promise.all(paths)).map(({ headers }) => headers['strict-transport-security']);
    };
    expect(await hsts()).toEqual([undefined, undefined]);
    options.access = { ...password, publicOrigin: 'https://pgdeck.example.net' };
    expect(await hsts()).toEqual(['max-age=31536000', 'max-age=31536000']);
  });
});

describe('below a base path', () => {
  const below = () => {
    options.access = { ...accessOf(), basePath: '/tools/pgdeck' };
  };

  test('what is not below it is not there', async () => {
    for (const path of [
      '/',
      '/api/servers',
      '/tools',
      '/tools/pgdecks',
      '/tools/pgdeck2/x',
      '//tools/pgdeck',
      '/Tools/pgdeck',
    ]) {
      below();
      await refused(get(path), 404, 'not_found');
    }
    expect((await get('/')).text).toContain('pgdeck is served below /tools/pgdeck here');
    for (const path of ['/tools/pgdeck', '/tools/pgdeck/', '/tools/pgdeck/api/servers', '/tools/pgdeck?x=1'])
      expect((await get(path)).status, path).toBe(200);
  });

  test('every rule holds there too', async () => {
    below();
    await refused(get('/tools/pgdeck/_next/image?url=x'), 404, 'not_found');
    await refused(get('/tools/pgdeck//_next/image'), 404, 'not_found');
    await refused(get('/tools/pgdeck/x', {}, 'POST'), 405, 'method_not_allowed');
    await refused(get('/tools/pgdeck/../api/servers'), 400, 'bad_input');
    await refused(get('/tools/pgdeck/x', { via: '1' }), 403, 'proxy_refused');
    expect((await get('/tools/pgdeck/api/x', {}, 'POST')).status).toBe(200);
    expect((await get('/tools/pgdeck/api/x', { via: '1' })).headers).toMatchObject({ 'x-query-count': '0' });
    expect((await through({ 'accept-encoding': 'gzip' }, '/tools/pgdeck/api/x'))['accept-encoding']).toBeUndefined();
  });
});

test('what sets no policy of its own may do nothing and be framed nowhere; only embed.js may be loaded by others', async () => {
  const { headers } = await get('/_next/static/x.js');
  expect(headers).toMatchObject({
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(headers['access-control-allow-origin']).toBeUndefined();
  expect((await get('/embed.js')).headers).toMatchObject({
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
  });
  for (const path of ['/api/embed.js', '/embed.js/x', '/embed.jsx', '/EMBED.JS'])
    expect((await get(path)).headers['cross-origin-resource-policy'], path).toBe('same-origin');
});
