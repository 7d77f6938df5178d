import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { networkInterfaces } from 'node:os';
import { hashPassword } from '@/lib/access/password/hash';
import { type Stack, startStack } from './fixtures/stack';
import { test as base, expect } from './fixtures/test';

const host = 'pgdeck.example.net';
const origin = `https://${host}`;
const password = 'a walk along the canal';
/** What is in every answer that tells something of the watched server. */
const data = /customers|orders|pgdeck_read|pgdeck_action|max_connections|autovacuum/;

type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

const test = base.extend<object, { shared: Stack }>({
  shared: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern
    async ({}, use) => {
      const stack = await startStack({
        env: {
          PGDECK_HOST: '0.0.0.0',
          PGDECK_AUTH: 'password',
          PGDECK_USERS: `ann:admin:${await hashPassword(password)}`,
          PGDECK_PUBLIC_URL: origin,
        },
      });
      await use(stack);
      await stack.stop();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
});

test.describe.configure({ timeout: 120_000 });

/** A request as a reverse proxy hands it on, or as somebody who reached the port would send it. */
function send(
  { url }: Stack,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
    to,
  }: { method?: string; headers?: Record<string, string>; body?: string; to?: string } = {},
): Promise<Answer> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = ask({ host: to ?? '127.0.0.1', port, path, method, headers: { host, ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const signIn = (stack: Stack, headers: Record<string, string> = {}) =>
  send(stack, '/api/session', {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ name: 'ann', password }),
  });

async function cookieOf(stack: Stack): Promise<string> {
  const { headers, status, text } = await signIn(stack);
  expect(status, text).toBe(200);
  return headers['set-cookie']?.map((cookie) => cookie.split(';')[0]).join('; ') ?? '';
}

// Fails when pages or routes leave the question who asks to proxy.ts.
test('T1: no header and no spelling of an address gets data without a session', async ({ shared }) => {
  const tricks: Record<string, string>[] = [
    {},
    { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
    { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' },
    {
      'x-middleware-next': '1',
      'x-middleware-override-headers': 'x-pgdeck-user',
      'x-middleware-rewrite': '/default/sessions',
    },
    { 'x-nextjs-data': '1', 'x-matched-path': '/default/sessions', 'x-invoke-path': '/default/sessions' },
    { rsc: '1' },
    { rsc: '1', 'next-router-prefetch': '1', 'next-router-segment-prefetch': '/_tree' },
    { rsc: '1', 'next-router-segment-prefetch': '/default/sessions/__PAGE__' },
    { 'x-forwarded-user': 'ann', 'x-pgdeck-proxy-secret': 'x', 'x-forwarded-host': host },
    { authorization: 'Bearer pgd_x' },
    { cookie: '__Host-pgdeck_s=x; pgdeck_s=x' },
  ];
  const paths = [
    ...[
      '/default/sessions',
      '/default/tables',
      '/default/sessions.rsc',
      '/default/sessions.segments/_tree.segment.rsc',
    ],
    ...[
      '/default/sessions?_rsc=1',
      '/default/sessions/',
      '//default//sessions',
      '/default//sessions',
      '/./default/sessions',
    ],
    ...[
      '/%64efault/sessions',
      '/default%2fsessions',
      '/default/sessions%00',
      '/DEFAULT/sessions',
      '/_next/../default/sessions',
    ],
    ...['/_next/data/x/default/sessions.json', '/en/default/sessions', '/default\\sessions', '/default;/sessions'],
    ...[
      '/api/servers',
      '/api//servers',
      '/api/servers/',
      '//api/servers',
      '/api/servers/default/tables',
      '/api/servers/default/tables/',
    ],
    ...[
      '/api/servers/default//tables',
      '/api/servers/default%2Ftables',
      '/api/%73ervers',
      '/API/servers',
      '/api/servers/default/tables.rsc',
    ],
    ...[
      '/api/servers;/default/tables',
      '/api/audit',
      '/api/runs',
      '/api/health/db',
      '/api/health/db/test',
      '/api/health/ready?x=',
    ],
  ];
  for (const path of paths)
    for (const headers of tricks) {
      const { status, text, headers: got } = await send(shared, path, { headers });
      const where = `${path} ${JSON.stringify(headers)}: ${status} ${text.slice(0, 300)}`;
      expect(status, where).toBeLessThan(500);
      expect(text, where).not.toMatch(data);
      expect(got.location ?? '', where).not.toContain('evil');
      if (path.startsWith('/api/servers') && status === 200) throw new Error(where);
    }
  // The same addresses have data with a session: the words that were looked for are the right ones.
  const cookie = await cookieOf(shared);
  for (const path of ['/api/servers/default/tables', '/default/tables'])
    await expect.poll(async () => (await send(shared, path, { headers: { cookie } })).text, path).toMatch(data);
});

test('T4: where a page leads to comes from the settings, whatever a client says about hosts', async ({ shared }) => {
  const evil = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '1',
    forwarded: 'host=evil.example',
  };
  for (const path of ['/', '/default/sessions', '/default/sessions/', '/api/servers/', '/signin']) {
    const { status, headers, text } = await send(shared, path, { headers: evil });
    expect([200, 307, 308, 401], path).toContain(status);
    expect(`${headers.location} ${text}`, path).not.toContain('evil.example');
  }
  for (const to of ['http://169.254.169.254/', 'http://127.0.0.1:1/', '//evil.example/x']) {
    const { status, text } = await send(shared, to, { headers: { upgrade: 'x' } });
    expect([400, 404, 308], `${to} ${text}`).toContain(status);
  }
});

// Fails without `refuseCrossSite` in route.ts.
test('T5: what changes something comes from the public address, with the session or to begin one', async ({
  shared,
}) => {
  const cookie = await cookieOf(shared);
  const status = async (headers: Record<string, string>) =>
    (
      await send(shared, '/api/servers/default/actions/preview', {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json', ...headers },
        body: '{}',
      })
    ).status;
  expect(await status({ origin })).toBe(400); // let in: nothing is asked for
  const { port } = new URL(shared.url);
  for (const other of [
    'https://evil.example',
    `http://${host}`,
    `http://127.0.0.1:${port}`,
    'https://evil.example.net',
    'null',
  ])
    expect(await status({ origin: other }), other).toBe(403);
  for (const site of ['cross-site', 'same-site', 'none'])
    expect(await status({ origin, 'sec-fetch-site': site }), site).toBe(403);
  expect(await status({})).toBe(403);
  expect((await signIn(shared, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await signIn(shared, { 'content-type': 'text/plain' })).status).toBe(415);
});

test('T6: pages of other sites and of siblings read nothing, links from there are followed', async ({ shared }) => {
  const cookie = await cookieOf(shared);
  const read = async (site: string, mode: string) =>
    (await send(shared, '/api/servers', { headers: { cookie, 'sec-fetch-site': site, 'sec-fetch-mode': mode } }))
      .status;
  expect([await read('cross-site', 'no-cors'), await read('same-site', 'cors')]).toEqual([403, 403]);
  expect([await read('same-origin', 'cors'), await read('cross-site', 'navigate')]).toEqual([200, 200]);
});

// Fails without the comparison with `allowedHosts` in guard.ts.
test('T7: every address of the machine is listened on, and the public name is answered, with this machine’s', async ({
  shared,
}) => {
  const { port } = new URL(shared.url);
  for (const name of [host, host.toUpperCase(), `localhost:${port}`, `127.0.0.1:${port}`])
    expect((await send(shared, '/api/health', { headers: { host: name } })).status, name).toBe(200);
  for (const name of [
    `0.0.0.0:${port}`,
    `${host}:${port}`,
    `evil.${host}`,
    'evil.example',
    '127.0.0.1',
    '169.254.169.254',
  ])
    expect((await send(shared, '/api/health', { headers: { host: name } })).status, name).toBe(421);
  const own = Object.values(networkInterfaces())
    .flat()
    .find((each) => each && !each.internal && each.family === 'IPv4')?.address;
  if (!own) return; // a machine without a network
  expect((await send(shared, '/api/servers', { to: own })).status).toBe(401);
  expect((await send(shared, '/api/servers', { to: own, headers: { host: `${own}:${port}` } })).status).toBe(421);
});

test('every answer has its headers: pages, the API, files, refusals', async ({ shared }) => {
  const cookie = await cookieOf(shared);
  const page = await send(shared, '/default/sessions', { headers: { cookie } });
  const file = /\/_next\/static\/[^"]+\.js/.exec(page.text)?.[0] ?? '';
  expect(file).not.toBe('');
  const all: Record<string, string | RegExp> = {
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), clipboard-read=()',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
  const paths = [
    '/',
    '/signin',
    '/default/sessions',
    '/nothing/here',
    '/api/servers',
    '/api/nothing',
    '/icon.svg',
    file,
  ];
  for (const path of [...paths, '/_next/image', '/_next/static/nothing.js', '/%zz'])
    for (const session of [{}, { cookie }] as Record<string, string>[]) {
      const { headers, status } = await send(shared, path, { headers: session });
      expect(headers, `${path} ${status}`).toMatchObject(all);
      expect(headers['content-security-policy'], path).toMatch(/^default-src 'none';/);
      expect(headers['content-security-policy'], path).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers['x-powered-by'], path).toBeUndefined();
      if (path.startsWith('/api'))
        expect(headers, path).toMatchObject({
          'cache-control': 'no-store',
          vary: expect.stringMatching(/Cookie, Authorization/),
        });
    }
  const { headers } = await send(shared, '/embed.js');
  expect(headers).toMatchObject({ ...all, 'cross-origin-resource-policy': 'cross-origin' });
});

test('behind a reverse proxy it works as without, and the terminal says how people come in', async ({ shared }) => {
  const forwarded = {
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': host,
    via: '1.1 nginx',
  };
  const cookie = await cookieOf(shared);
  expect((await send(shared, '/api/servers', { headers: { ...forwarded, cookie } })).status).toBe(200);
  const zipped = await send(shared, '/api/servers/default/tables', {
    headers: { ...forwarded, cookie, 'accept-encoding': 'gzip' },
  });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(cookie).toContain('__Host-pgdeck_s=');
  await expect.poll(shared.output).toContain(`is running: ${origin}\n`);
  await expect.poll(shared.output).toContain('Sign-in: with a password (PGDECK_AUTH=password)');
  await expect.poll(shared.output).toContain('Actions: none (PGDECK_ACTIONS)');
});
