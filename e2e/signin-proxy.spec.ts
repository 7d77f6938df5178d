import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { Page } from '@playwright/test';
import { freePort } from '@/lib/embedded/ports';
import { anyTable } from './ask-now';
import { Asker } from './fixtures/ask';
import { type Stack, startStack } from './fixtures/stack';
import { test as base, expect } from './fixtures/test';

const secret = 'Vw4mQ8zT2kY6rB1xN9sL3hJ7dF5gC0pA';

/** A reverse proxy that has signed somebody in; the test says whom. */
type Proxy = {
  url: string;
  /** Headers that it adds, as name and value. */
  says: [name: string, value: string][];
  /** A good proxy takes off what a client sent under these names; a careless one hands everything on. */
  careless: boolean;
  stop(): Promise<void>;
};

const ann: Proxy['says'] = [
  ['X-Pgdeck-Proxy-Secret', secret],
  ['X-Forwarded-User', 'ann'],
  ['X-Forwarded-Groups', 'staff,dba'],
];
const vic: Proxy['says'] = [
  ['X-Pgdeck-Proxy-Secret', secret],
  ['X-Forwarded-User', 'vic'],
  ['X-Forwarded-Groups', 'staff,readers'],
];

async function startProxy(port: number, behind: number): Promise<Proxy> {
  const proxy: Proxy = { url: `http://127.0.0.1:${port}`, says: [], careless: false, stop };
  const server = createServer((request, response) => {
    const said = /^x[-_](forwarded|pgdeck)[-_]/i;
    const sent: [string, string][] = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
      if (proxy.careless || !said.test(name)) sent.push([name, value]);
    }
    const headers = [...sent, ['X-Forwarded-For', '203.0.113.7'], ['X-Forwarded-Proto', 'http'], ...proxy.says].flat();
    const onward = ask({ port: behind, method: request.method, path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders as unknown as Record<string, string>);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  async function stop() {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  return proxy;
}

type World = { stack: Stack; proxy: Proxy };

const test = base.extend<object, { world: World }>({
  world: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern
    async ({}, use) => {
      const [port, behind] = [await freePort(), await freePort()];
      const proxy = await startProxy(port, behind);
      const stack = await startStack({
        env: {
          PGDECK_PORT: String(behind),
          PGDECK_AUTH: 'proxy',
          PGDECK_PUBLIC_URL: proxy.url,
          PGDECK_PROXY_SECRET: secret,
          PGDECK_PROXY_GROUPS_HEADER: 'X-Forwarded-Groups',
          PGDECK_ADMIN_GROUPS: 'dba',
          PGDECK_VIEWER_GROUPS: 'readers,user:Jörg Ünal',
          PGDECK_ACTIONS: 'all',
        },
      });
      await use({ stack, proxy });
      await stack.stop();
      await proxy.stop();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
  baseURL: async ({ world }, use) => use(world.proxy.url),
});

test.beforeEach(({ world }) => {
  world.proxy.says = [];
  world.proxy.careless = false;
});

const session = async (page: Page) => (await page.request.get('/api/session')).json();

const preview = async (page: Page) => {
  const oid = await anyTable(page.request);
  // From the page itself, with the headers that a browser sends.
  return page.evaluate(
    async (target) => {
      const response = await fetch('/api/servers/default/actions/preview', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ action: 'analyze', target }),
      });
      return response.status;
    },
    { kind: 'relation', database: 'shop', oid },
  );
};

test('the proxy signs in an admin, who acts', async ({ page, world }) => {
  world.proxy.says = ann;
  await page.goto('/default/sessions');
  await expect(page).toHaveURL(/\/default\/sessions/);
  await expect(page.getByRole('button', { name: 'Signed in as ann, admin' })).toBeVisible();
  expect(await session(page)).toMatchObject({
    user: { name: 'ann', role: 'admin', mode: 'proxy' },
    expiresAt: null,
    servers: { default: { role: 'admin', whyNot: { operator: null, admin: null } } },
  });
  expect(await preview(page)).toBe(200);
});

test('a viewer looks and does not act, from the next request on that the proxy says so', async ({ page, world }) => {
  world.proxy.says = ann;
  await page.goto('/default/sessions');
  await expect(page.getByRole('button', { name: 'Signed in as ann, admin' })).toBeVisible();
  world.proxy.says = vic;
  await page.reload();
  await expect(page.getByRole('button', { name: 'Signed in as vic, viewer' })).toBeVisible();
  expect(await preview(page)).toBe(403);
  world.proxy.says = [];
  expect((await page.request.get('/api/servers')).status()).toBe(401);
});

test('a name may have letters of every script', async ({ page, world }) => {
  const name = Buffer.from('Jörg Ünal', 'utf8').toString('latin1');
  world.proxy.says = [
    ['X-Pgdeck-Proxy-Secret', secret],
    ['X-Forwarded-User', name],
  ];
  await page.goto('/default/sessions');
  await expect(page.getByRole('button', { name: 'Signed in as Jörg Ünal, viewer' })).toBeVisible();
});

test('whom nobody gave a role, or the proxy does not name, is told so', async ({ page, world }) => {
  world.proxy.says = [
    ['X-Pgdeck-Proxy-Secret', secret],
    ['X-Forwarded-User', 'nora'],
  ];
  expect((await page.request.get('/api/servers')).status()).toBe(403);
  await page.goto('/default/sessions');
  await expect(page.getByRole('heading', { name: 'No role for you here' })).toBeVisible();
  await expect(page.getByText('You are signed in as nora, but this pgdeck gives you no role.')).toBeVisible();
  world.proxy.says = [];
  await page.goto('/default/sessions');
  await expect(page.getByRole('heading', { name: 'The proxy did not say who you are' })).toBeVisible();
  await expect(page).toHaveURL(/\/signin\?next=%2Fdefault%2Fsessions$/);
});

test.describe('T8: a name is not believed', () => {
  const name = { 'x-forwarded-user': 'ann', 'x-forwarded-groups': 'dba' };

  // Take out the test of the secret in lib/access/proxy/proxy.ts.
  test('that does not come through the proxy', async ({ world }) => {
    const direct = new Asker(world.stack.url);
    for (const headers of [{}, name, { ...name, 'x-pgdeck-proxy-secret': 'guess' }]) {
      const { status, body } = await direct.get('/api/servers', headers);
      expect(status).toBe(401);
      expect(body.error.code).toBe('unauthenticated');
      const page = await fetch(`${world.stack.url}/default/sessions`, { headers, redirect: 'manual' });
      expect(page.status).toBe(307);
      expect(page.headers.get('location')).toContain('/signin');
    }
    expect((await direct.get('/api/servers', { ...name, 'x-pgdeck-proxy-secret': secret })).status).toBe(200);
  });

  test('that a client sends to a good proxy', async ({ world }) => {
    world.proxy.says = vic;
    const { body } = await new Asker(world.proxy.url).get('/api/session', name);
    expect(body.user).toMatchObject({ name: 'vic', role: 'viewer' });
  });

  // Take out `ambiguous()` in lib/access/guard.ts, and the commas and underscores in lib/access/proxy/proxy.ts.
  test('that a careless proxy hands on beside its own', async ({ world }) => {
    world.proxy.says = vic;
    world.proxy.careless = true;
    const through = new Asker(world.proxy.url);
    expect((await through.get('/api/session')).body.user).toMatchObject({ name: 'vic', role: 'viewer' });
    const added: Record<string, string>[] = [
      { 'x-forwarded-user': 'ann' },
      { 'x-forwarded-groups': 'dba' },
      { 'x-pgdeck-proxy-secret': 'guess' },
      { x_forwarded_user: 'ann' },
      { x_forwarded_groups: 'dba' },
      { 'X-Forwarded_User': 'ann' },
      { x_pgdeck_proxy_secret: 'guess' },
    ];
    for (const headers of added)
      expect([400, 401], JSON.stringify(headers)).toContain((await through.get('/api/session', headers)).status);
  });

  // A client may name headers in `Connection`, and some proxies then drop what they had set themselves.
  test('of whom only a part is said', async ({ world }) => {
    const through = new Asker(world.proxy.url);
    for (const missing of ['X-Forwarded-User', 'X-Pgdeck-Proxy-Secret']) {
      world.proxy.says = vic.filter(([each]) => each !== missing);
      expect((await through.get('/api/session')).status).toBe(401);
    }
    world.proxy.says = vic.filter(([each]) => each !== 'X-Forwarded-Groups');
    expect((await through.get('/api/session')).status).toBe(403);
  });
});
