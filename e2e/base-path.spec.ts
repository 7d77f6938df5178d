import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { Page } from '@playwright/test';
import { pages } from '@/components/shell/pages';
import { hashPassword } from '@/lib/access/password/hash';
import { anyTable } from './ask-now';
import { type ReverseProxy, startReverseProxy } from './fixtures/reverse-proxy';
import { type Stack, startStack } from './fixtures/stack';
import { test as base, expect } from './fixtures/test';

// `npm test` builds the pages for this path beforehand; without that build the first start makes it.
const prefix = '/tools/pgdeck';
const password = 'a walk along the canal';

type World = { stack: Stack; proxy: ReverseProxy };

const otherApplication: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<title>Another application</title><h1>Another application</h1>');
};

const test = base.extend<object, { world: World }>({
  world: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern
    async ({}, use) => {
      let port = 0;
      const proxy = await startReverseProxy(prefix, () => port, otherApplication);
      const stack = await startStack({
        env: {
          PGDECK_AUTH: 'password',
          PGDECK_USERS: `ann:admin:${await hashPassword(password)}`,
          PGDECK_PUBLIC_URL: proxy.url,
          PGDECK_BASE_PATH: prefix,
          PGDECK_ACTIONS: 'all',
        },
      });
      port = Number(new URL(stack.url).port);
      await use({ stack, proxy });
      await stack.stop();
      await proxy.stop();
    },
    { scope: 'worker', timeout: 600_000 },
  ],
  baseURL: async ({ world }, use) => use(world.proxy.url),
});

test.describe.configure({ timeout: 240_000 });

/** What a page asks for beside the prefix, what fails, and what its policy refuses. */
function watch(page: Page): { astray: string[]; failed: string[]; refused: string[] } {
  const seen = { astray: [] as string[], failed: [] as string[], refused: [] as string[] };
  page.on('request', (request) => {
    const { pathname, protocol } = new URL(request.url());
    if (/^http/.test(protocol) && pathname !== prefix && !pathname.startsWith(`${prefix}/`))
      seen.astray.push(request.url());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) seen.failed.push(`${response.status()} ${response.url()}`);
  });
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) seen.refused.push(message.text());
  });
  return seen;
}

async function signIn(page: Page, next: string): Promise<void> {
  await page.goto(`${prefix}${next}`);
  await expect(page).toHaveURL(new RegExp(`${prefix}/signin`));
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(new RegExp(`${prefix}${next}`));
}

test('pages, their parts, their data, downloads, an action and the way out stay below the path', async ({ page }) => {
  await signIn(page, '/default/sessions');
  // What compares has nothing to say until the history is on.
  const history = async () => (await (await page.request.get(`${prefix}/api/history`)).json()).state;
  await expect.poll(history, { timeout: 60_000 }).toBe('on');
  const seen = watch(page);
  const cookies = await page.context().cookies();
  expect(cookies.find(({ name }) => name.endsWith('pgdeck_s'))).toMatchObject({ path: '/', httpOnly: true });

  for (const { slug } of pages) {
    await page.getByRole('navigation').locator(`a[href^="${prefix}/default/${slug}"]`).last().click();
    await expect(page).toHaveURL(new RegExp(`${prefix}/default/${slug}`));
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  }
  await page.goto(prefix);
  await expect(page).toHaveURL(new RegExp(`${prefix}/default/overview`));
  await page.goto(`${prefix}/default/tables?sort=name`);
  await expect(page.getByRole('table').first()).toBeVisible();

  await page.goto(`${prefix}/default/audit`);
  await page.getByRole('button', { name: 'Export' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'As CSV' }).click();
  expect(await readFile(await (await downloading).path(), 'utf8')).toMatch(/^time,number,/);

  const table = await anyTable(page.request, prefix);
  const run = await page.evaluate(
    async ({ prefix, oid }) => {
      const post = async (what: string, body: object) => {
        const response = await fetch(`${prefix}/api/servers/default/actions/${what}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return response.json();
      };
      const target = { kind: 'relation', database: 'shop', oid };
      const { previewId, confirmText } = await post('preview', { action: 'analyze', target });
      return post('execute', { previewId, confirmText, idempotencyKey: crypto.randomUUID() });
    },
    { prefix, oid: table },
  );
  expect(run).toMatchObject({ status: 'done' });

  expect(seen).toEqual({ astray: [], failed: [], refused: [] });
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await expect(page).toHaveURL(new RegExp(`${prefix}/signin`));
  expect(seen.astray).toEqual([]);
});

test('the icon, portals’ script and what is not there', async ({ page, world }) => {
  await page.goto(`${prefix}/signin`);
  const icon = await page.locator('link[rel="icon"]').first().getAttribute('href');
  expect(icon).toMatch(new RegExp(`^${prefix}/icon`));
  const asked = async (path: string) => {
    const response = await fetch(world.proxy.url + path, { redirect: 'manual' });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  expect((await asked(icon as string)).headers.get('content-type')).toContain('svg');
  const script = await asked(`${prefix}/embed.js`);
  expect(script.status).toBe(200);
  expect(script.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect((await asked(`${prefix}/_next/image?url=%2Ficon.svg&w=64&q=75`)).status).toBe(404);
  for (const path of [`${prefix}/api/servers`, `${prefix}/api/nothing`, `${prefix}/metrics`])
    expect((await asked(path)).status, path).toBe(401);
  expect((await asked('/default/overview')).text).toContain('Another application');

  const { url } = world.stack;
  for (const path of ['/', '/default/overview', '/api/servers', '/toolspgdeck', '//tools/pgdeck/api/health']) {
    const response = await fetch(url + path);
    expect(response.status, path).toBe(404);
    expect((await response.json()).error.message).toBe(`pgdeck is served below ${prefix} here.`);
  }
});
