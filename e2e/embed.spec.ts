import type { Page, Response } from '@playwright/test';
import { mountIn } from './fixtures/harness';
import { expect, type Sites, test } from './fixtures/two-sites';

test.describe.configure({ timeout: 300_000 });
test.use({ viewport: { width: 1280, height: 800 } });

const inside = (page: Page) => page.frameLocator('main iframe');
const table = (page: Page, name: string) => inside(page).getByRole('table', { name, exact: true });
/** A page in the navigation; behind its name stand the findings that it answers for. */
const link = (page: Page, name: string) =>
  inside(page)
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: new RegExp(`^${name}( \\d|$)`) });
const blocked = 'chrome-error://chromewebdata/';
const frameUrl = (page: Page) => page.frames()[1]?.url() ?? '';
/** All headers of an answer; none of one that comes while its page is being closed. */
const headersOf = (response: Response): Promise<Record<string, string>> => response.allHeaders().catch(() => ({}));

async function signIn(page: Page, { portal, passwords }: Sites, name: 'ada' | 'vera'): Promise<void> {
  await page.goto(portal);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(passwords[name]);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText(`${name} (`)).toBeVisible();
}

test.describe('the example portal', () => {
  test('signs somebody in to pgdeck with real data, without any cookie, and without a token in an address', async ({
    sites,
    page,
    context,
  }) => {
    const urls: string[] = [];
    const cookies: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    page.on('response', async (response) => {
      if (response.url().startsWith(sites.deck) && (await headersOf(response))['set-cookie'])
        cookies.push(response.url());
    });
    const before = sites.asked.length;
    await signIn(page, sites, 'ada');
    await expect(inside(page).getByRole('heading', { level: 1 })).toBeVisible();
    await link(page, 'Tables').click();
    await expect(table(page, 'Tables')).toContainText('order_items');
    await expect(page).toHaveURL(/[?&]path=%2Fdefault%2Ftables/);
    await expect(page).toHaveTitle(/^Tables.* · Portal$/);

    const readsOf = (asked: Sites['asked']) => asked.filter(({ url }) => /^\/api\/servers/.test(url));
    // Pages ask again and again.
    await expect.poll(() => readsOf(sites.asked.slice(before)).length).toBeGreaterThan(3);
    const asked = sites.asked.slice(before);
    const reads = readsOf(asked);
    expect(reads.filter(({ bearer }) => !bearer)).toEqual([]);
    expect(asked.filter(({ cookie }) => cookie !== undefined)).toEqual([]);
    expect(cookies).toEqual([]);
    expect(await context.cookies(sites.deck)).toEqual([]);
    expect(
      [...urls, ...asked.map(({ url }) => url), ...page.frames().map((frame) => frame.url())].join(' '),
    ).not.toMatch(/eyJ|token=/);
    const kept = await page.frames()[1]?.evaluate(() => {
      try {
        return JSON.stringify({ ...localStorage, ...sessionStorage });
      } catch {
        return ''; // a browser that gives frames of another site no storage at all
      }
    });
    expect(kept).not.toMatch(/eyJ/);
  });

  test('leads to pages and is led: its own address is a link to where somebody is', async ({ sites, page }) => {
    await signIn(page, sites, 'ada');
    await page.getByRole('button', { name: 'Who waits for a lock?' }).click();
    await expect(inside(page).getByRole('heading', { level: 1 })).toHaveText('Locks');
    await expect(page).toHaveURL(/path=%2Fdefault%2Flocks/);
    await link(page, 'Tables').click();
    await table(page, 'Tables').getByRole('columnheader', { name: 'Dead rows' }).getByRole('button').click();
    await expect(page).toHaveURL(/path=%2Fdefault%2Ftables%3Fsort%3Dn_dead_tup\.desc/);
    const here = page.url();
    await page.goBack();
    await expect(inside(page).getByRole('heading', { level: 1 })).toHaveText('Locks');
    await expect(page).toHaveURL(/path=%2Fdefault%2Flocks/);

    await page.goto(here);
    await expect(table(page, 'Tables').getByRole('columnheader', { name: 'Dead rows' })).toHaveAttribute(
      'aria-sort',
      'descending',
    );
    expect(page.url()).toBe(here);
  });

  test('shows one panel in another tab, in the look that is chosen', async ({ sites, page }) => {
    await signIn(page, sites, 'vera');
    await page.getByRole('link', { name: 'Connections' }).click();
    await expect(inside(page).getByRole('heading', { name: 'Connections by state' })).toBeVisible();
    await expect(inside(page).getByRole('heading', { level: 1 })).toHaveCount(0);
    await expect(inside(page).getByRole('table', { name: 'Sessions', exact: true })).toBeHidden();
    const html = inside(page).locator('html');
    const colour = () =>
      inside(page)
        .locator('body')
        .evaluate((body) => getComputedStyle(body).color);
    const seen = new Set<string>();
    for (const theme of ['light', 'dark', 'high-contrast']) {
      await page.getByLabel('Look').selectOption(theme);
      await expect(html).toHaveAttribute('data-theme', theme);
      seen.add(await colour());
    }
    expect(seen.size).toBeGreaterThan(1);
  });
});

// T15: with `frame-ancestors 'none'`, or the portal's origin without its port, the first frame is blocked; without the
// header (proxy.ts) the others are shown.
test('T15: only a portal that is named, with its port, may show it', async ({ sites, page, context }) => {
  await mountIn(page, sites, sites.deck, '/default/tables');
  await expect(table(page, 'Tables')).toContainText('order_items');
  for (const host of ['portal.test', 'evil.test']) {
    const origin = await sites.origin(host); // another port
    const other = await context.newPage();
    const mounted = await mountIn(other, sites, sites.deck, '/default/tables', { origin });
    await expect.poll(() => frameUrl(other), origin).toBe(blocked);
    expect(mounted.calls, origin).toBe(0);
    await other.close();
  }
  const bare = await sites.another({ PGDECK_EMBED_ORIGINS: 'https://portal.test' });
  const other = await context.newPage();
  await mountIn(other, sites, bare.deck, '/default/tables');
  await expect.poll(() => frameUrl(other)).toBe(blocked);
  await bare.stop();
});

// T18: each line is refused by one option of jwtVerify() or one line of exchange() in lib/access/embed.
test('T18: a token that is not right is refused in words, and shows nothing', async ({ sites, page }) => {
  const now = Math.floor(Date.now() / 1000);
  const used = await sites.token();
  const wrong: [string, () => Promise<string>, RegExp][] = [
    ['used before', async () => used, /was used before/],
    ['expired', () => sites.token({ iat: now - 100, exp: now - 60 }), /has expired/],
    ['lives too long', () => sites.token({ exp: now + 3600 }), /at most/],
    ['of another audience', () => sites.token({ aud: 'https://other.test' }), /claim aud/],
    ['of another issuer', () => sites.token({ iss: 'somebody' }), /claim iss/],
    ['alg none', () => sites.token({}, { alg: 'none' }), /cannot be read, or the portal did not sign it/],
    ['another key', () => sites.token({}, { key: 'k'.repeat(48) }), /did not sign it/],
    ['another kind', () => sites.token({}, { typ: 'JWT' }), /claim typ/],
    ['another portal', () => sites.token({ origin: 'https://evil.test' }), /none of PGDECK_EMBED_ORIGINS/],
    ['no token', async () => 'nothing', /cannot be read/],
  ];
  await mountIn(page, sites, sites.deck, '/default/tables', { mint: async () => used });
  await expect(table(page, 'Tables')).toContainText('order_items');
  for (const [what, mint, words] of wrong) {
    const other = await page.context().newPage();
    await mountIn(other, sites, sites.deck, '/default/tables', { mint });
    await expect(inside(other).getByRole('heading', { level: 1 }), what).toHaveText('pgdeck cannot be shown here');
    await expect(inside(other).locator('.embed'), what).toContainText(words);
    await expect(inside(other).getByRole('table')).toHaveCount(0);
    expect(frameUrl(other)).not.toContain('token');
    await other.close();
  }
});

test('a portal that is named cannot use what was made for another one', async ({ sites, page }) => {
  const second = await sites.origin('second.test');
  const both = await sites.another({ PGDECK_EMBED_ORIGINS: `${sites.portal},${second}` });
  const mint = () => sites.token({ aud: both.deck });
  await mountIn(page, sites, both.deck, '/default/tables', { origin: second, mint });
  await expect(inside(page).locator('.embed')).toContainText('This token is made for another portal.');
  const other = await page.context().newPage();
  await mountIn(other, sites, both.deck, '/default/tables', { mint });
  await expect(table(other, 'Tables')).toContainText('order_items');
  await both.stop();
});

// T12: without requirePage() in route() the reads of other pages are answered.
test('T12: role, pages and servers of a token hold, in the frame and for its bearer', async ({ sites, page }) => {
  const mint = () => sites.token({ role: 'viewer', pages: ['tables', 'locks'] });
  await mountIn(page, sites, sites.deck, '/default/tables?nav=1', { mint });
  await expect(table(page, 'Tables')).toContainText('order_items');
  await expect(link(page, 'Locks')).toBeVisible();
  await expect(link(page, 'Sessions')).toHaveCount(0);
  await page.evaluate(() => window.frame.navigate('/default/sessions'));
  await page.evaluate(() => window.frame.navigate('/default/locks'));
  await expect(inside(page).getByRole('heading', { level: 1 })).toHaveText('Locks');

  const json = { 'content-type': 'application/json', origin: sites.deck };
  const exchange = async (claims: object) => {
    const body = JSON.stringify({ token: await sites.token({ ...claims }) });
    const answer = await fetch(`${sites.stack.url}/api/embed/session`, { method: 'POST', headers: json, body });
    return { status: answer.status, ...(await answer.json()) };
  };
  const { accessToken } = await exchange({ role: 'viewer', pages: ['tables'] });
  const ask = async (path: string, body?: object) =>
    (
      await fetch(sites.stack.url + path, {
        headers: { ...json, authorization: `Bearer ${accessToken}` },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      })
    ).status;
  expect(await ask('/api/servers/default/tables')).toBe(200);
  for (const path of ['/api/servers/default/sessions', '/api/servers/default/locks', '/api/audit', '/api/runs'])
    expect(await ask(path), path).toBe(403);
  const target = { kind: 'relation', database: 'shop', oid: 1 };
  expect(await ask('/api/servers/default/actions/preview', { action: 'analyze', target })).toBe(403);
  expect(await exchange({ targets: ['elsewhere'] })).toMatchObject({ status: 403, error: { code: 'unknown_target' } });
  expect(await exchange({ pages: ['secrets'] })).toMatchObject({ status: 403, error: { code: 'unknown_page' } });
  expect(await exchange({ role: 'admin', targets: ['default'] })).toMatchObject({
    status: 200,
    user: { role: 'admin' },
  });
});

test('a token in the fragment of the first address works, and is gone before anything is asked', async ({
  sites,
  page,
}) => {
  const token = await sites.token();
  await page.goto(`${sites.portal}/harness`);
  const before = sites.asked.length;
  await page.evaluate((src) => {
    const frame = document.createElement('iframe');
    frame.src = src;
    document.querySelector('main')?.append(frame);
  }, `${sites.deck}/embed/default/tables#token=${token}`);
  await expect(table(page, 'Tables')).toContainText('order_items');
  expect(await page.frames()[1]?.evaluate(() => location.href)).toBe(`${sites.deck}/embed/default/tables`);
  expect(sites.asked.slice(before).filter(({ url }) => url.includes('eyJ'))).toEqual([]);
});

test('a sandbox that is too tight is told in words', async ({ sites, page }) => {
  const mounted = await mountIn(page, sites, sites.deck, '/default/tables', { sandbox: 'allow-scripts' });
  await expect(inside(page).getByRole('alert')).toContainText('the sandbox of this frame lacks allow-same-origin');
  expect(await mounted.seen()).toMatchObject({ places: [] });
});

test('frames share no answers, not with each other either: each is known by a bearer of its own', async ({
  sites,
  context,
}) => {
  const frames = [await context.newPage(), await context.newPage()];
  const reads = new Map<Page, (string | undefined)[]>(frames.map((page) => [page, []]));
  for (const page of frames) {
    page.on('request', (request) => {
      if (/\/default\/sessions(\?|$)/.test(new URL(request.url()).pathname))
        reads.get(page)?.push(request.headers().authorization);
    });
    await mountIn(page, sites, sites.deck, '/default/sessions');
    await expect(table(page, 'Sessions')).toBeVisible();
  }
  for (const asked of reads.values()) asked.length = 0;
  // One that asked for both would leave the other without a read of its own.
  for (const asked of reads.values()) await expect.poll(() => asked.length, { timeout: 30_000 }).toBeGreaterThan(2);
  expect([...reads.values()].flat().filter((bearer) => !bearer?.startsWith('Bearer '))).toEqual([]);
  expect(new Set([...reads.values()].flat()).size).toBe(2);
});

test('below a path, on another site: client, frame, session and its renewal, places, files and the way out', async ({
  sites,
  page,
}) => {
  const prefix = '/tools/pgdeck'; // `npm test` builds the pages for it beforehand
  const { deck, stop } = await sites.another({ PGDECK_BASE_PATH: prefix });
  const [astray, failed, ancestors]: string[][] = [[], [], []];
  page.on('request', (request) => {
    const { origin, pathname } = new URL(request.url());
    if (origin === deck && !pathname.startsWith(`${prefix}/`)) astray?.push(pathname);
  });
  page.on('response', async (response) => {
    if (response.status() >= 400) failed?.push(response.url());
    const policy = (await headersOf(response))['content-security-policy'];
    if (response.request().isNavigationRequest() && response.url().startsWith(deck))
      ancestors?.push(/frame-ancestors (.*)/.exec(policy ?? '')?.[1] ?? '');
  });
  await page.clock.install();
  const mint = () => sites.token({ aud: deck });
  const mounted = await mountIn(page, sites, deck + prefix, '/default/audit?nav=1', { mint });
  await inside(page).getByRole('button', { name: 'Export' }).click();
  const downloading = page.waitForEvent('download');
  await inside(page).getByRole('menuitem', { name: 'As CSV' }).click();
  expect((await downloading).suggestedFilename()).toMatch(/\.csv$/);
  await page.evaluate(() => window.frame.navigate('/default/locks'));
  await expect(inside(page).getByRole('heading', { level: 1 })).toHaveText('Locks');
  const renewed = page.waitForResponse((response) => response.url() === `${deck}${prefix}/api/embed/session`);
  await page.clock.fastForward(9 * 60_000);
  expect((await renewed).status()).toBe(200);
  await link(page, 'Tables').click();
  await expect(table(page, 'Tables')).toContainText('order_items');
  await expect.poll(async () => (await mounted.seen()).places.at(-1)?.[0]).toBe('/default/tables');
  await expect.poll(() => frameUrl(page)).toBe(`${deck}${prefix}/embed/default/tables?nav=1`);
  const popup = page.waitForEvent('popup');
  await inside(page).getByText('Open in full window').click();
  await expect(await popup).toHaveURL(`${deck}${prefix}/signin?next=${encodeURIComponent('/default/tables')}`);
  await page.evaluate((src) => {
    (document.querySelector('iframe') as HTMLIFrameElement).src = src;
  }, `${deck}${prefix}/embed/default/sessions?panel=connections-by-state`);
  await expect(inside(page).getByRole('heading', { name: 'Connections by state' })).toBeVisible();
  expect(mounted.calls).toBe(3);
  await expect
    .poll(() => ({ astray, failed, ancestors }))
    .toEqual({ astray: [], failed: [], ancestors: [sites.portal, sites.portal] });
  await stop();
});
