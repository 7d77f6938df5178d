import type { BrowserContext, Page } from '@playwright/test';
import { oidcEnv, startProvider, type TestProvider } from '@/lib/access/oidc/test-provider';
import { freePort } from '@/lib/embedded/ports';
import { anyTable } from './ask-now';
import { type Stack, startStack } from './fixtures/stack';
import { test as base, expect } from './fixtures/test';

type World = { stack: Stack; provider: TestProvider };

/** A pgdeck where people sign in at a real provider of OpenID Connect, on a port beside it. */
const test = base.extend<object, { world: World }>({
  world: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern
    async ({}, use) => {
      const port = await freePort();
      const address = `http://127.0.0.1:${port}`;
      const provider = await startProvider(address);
      const stack = await startStack({
        env: { PGDECK_PORT: String(port), ...oidcEnv(provider, address), PGDECK_ACTIONS: 'all' },
      });
      await use({ stack, provider });
      await stack.stop();
      await provider.stop();
    },
    { scope: 'worker', timeout: 240_000 },
  ],
  baseURL: async ({ world }, use) => use(world.stack.url),
});

test.beforeEach(async ({ context }) => {
  // The provider's pages ask for a font on another host.
  await context.route(/fonts\.googleapis\.com/, (route) => route.abort());
});

/** Signs in on the provider's own page; `consent`: it asks whether pgdeck may know the name. */
async function signInAtProvider(page: Page, login: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(login);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

const session = async (page: Page) => {
  const response = await page.request.get('/api/session');
  return { status: response.status(), body: await response.json() };
};
const cookieOf = async (context: BrowserContext, name: string) =>
  (await context.cookies()).find((cookie) => cookie.name === name);

test('somebody signs in on the provider’s page, lands on the page that was asked for, and has the role of a group', async ({
  page,
  context,
  world,
}) => {
  await page.goto('/default/locks?sort=pid');
  await expect(page).toHaveURL(/\/signin\?next=%2Fdefault%2Flocks%3Fsort%3Dpid$/);
  await page.getByRole('link', { name: /^Sign in with/ }).click();
  await expect(page).toHaveURL(new RegExp(`^${world.provider.issuer}/interaction/`));
  await signInAtProvider(page, 'ann');
  await expect(page).toHaveURL(/\/default\/locks\?sort=pid$/);
  await expect(page.getByRole('button', { name: 'Signed in as ann@example.net, admin' })).toBeVisible();
  expect(await session(page)).toMatchObject({
    status: 200,
    body: { user: { name: 'ann@example.net', role: 'admin', mode: 'oidc' } },
  });
  const cookie = await cookieOf(context, 'pgdeck_s');
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
  expect(await page.evaluate(() => document.cookie)).toBe('');
  expect(await cookieOf(context, 'pgdeck_o')).toBeUndefined();
});

test('another group gives another role, which the server holds to', async ({ page, world }) => {
  await page.goto('/api/oidc/start?next=/default/sessions');
  await signInAtProvider(page, 'vic');
  await expect(page).toHaveURL(/\/default\/sessions/);
  await expect(page.getByRole('button', { name: 'Signed in as vic@example.net, viewer' })).toBeVisible();
  const oid = await anyTable(page.request);
  const preview = await page.request.post('/api/servers/default/actions/preview', {
    headers: { origin: world.stack.url },
    data: { action: 'analyze', target: { kind: 'relation', database: 'shop', oid } },
  });
  expect(preview.status()).toBe(403);
});

test('somebody without a group is refused in words, and can sign in as somebody else', async ({ page }) => {
  await page.goto('/api/oidc/start?next=/default/sessions');
  await signInAtProvider(page, 'nora');
  await expect(page).toHaveURL(/\/signin\?error=no_role/);
  await expect(page.getByRole('alert').filter({ hasText: 'this pgdeck gives you no role' })).toBeVisible();
  expect(await session(page)).toMatchObject({ status: 401 });
  await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
  await signInAtProvider(page, 'vic');
  await expect(page).toHaveURL(/\/default\/sessions/);
});

test('the log-out goes to the provider and back, and ends the session everywhere', async ({ page, context, world }) => {
  await page.goto('/api/oidc/start?next=/default/sessions');
  // The page asks this as soon as it can be worked with.
  const ready = page.waitForResponse(/\/api\/session$/);
  await signInAtProvider(page, 'ann');
  await expect(page).toHaveURL(/\/default\/sessions/);
  await ready;
  const kept = await cookieOf(context, 'pgdeck_s');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await expect(page).toHaveURL(new RegExp(`^${world.provider.issuer}/session/end`));
  await page.getByRole('button', { name: 'Yes, sign me out' }).click();
  await expect(page).toHaveURL(`${world.stack.url}/signin`);
  expect(await session(page)).toMatchObject({ status: 401 });
  // The cookie that somebody copied before is worth nothing now.
  if (!kept) throw new Error('there was no session');
  await context.addCookies([kept]);
  expect(await session(page)).toMatchObject({ status: 401, body: { error: { code: 'session_expired' } } });
  // And the provider asks who it is.
  await page.goto('/api/oidc/start?next=/default/locks');
  await signInAtProvider(page, 'vic');
  await expect(page.getByRole('button', { name: 'Signed in as vic@example.net, viewer' })).toBeVisible();
});

test('a session that ends is begun anew in another tab, and the page goes on as it was', async ({ page, context }) => {
  await page.goto('/default/locks');
  await page.getByRole('link', { name: /^Sign in with/ }).click();
  await signInAtProvider(page, 'ann');
  await expect(page.getByRole('button', { name: 'Signed in as ann@example.net, admin' })).toBeVisible();
  const dialog = page.getByRole('dialog', { name: 'Sign in again' });
  await context.clearCookies({ name: 'pgdeck_s' });
  await expect(dialog).toBeVisible({ timeout: 20_000 });
  const opened = context.waitForEvent('page');
  await dialog.getByRole('link', { name: /^Sign in with/ }).click();
  const tab = await opened;
  // The provider knows ann still.
  await expect(tab.getByRole('heading', { name: 'You are signed in' })).toBeVisible();
  await expect(tab).toHaveURL(/\/signed-in$/);
  await page.bringToFront();
  await expect(dialog).toHaveCount(0);
  await expect(page).toHaveURL(/\/default\/locks$/);
});

test.describe('what does not come from this sign-in is refused', () => {
  const refused = async (page: Page, error: string, words: string) => {
    await expect(page).toHaveURL(new RegExp(`/signin\\?error=${error}(&|$)`));
    await expect(page.getByRole('alert').filter({ hasText: words })).toBeVisible();
    expect(await session(page)).toMatchObject({ status: 401 });
  };

  test('another state, no state, no sign-in begun', async ({ page, context }) => {
    await page.goto('/api/oidc/callback?code=stolen&state=guessed');
    await refused(page, 'expired', 'took longer than ten minutes');
    for (const query of ['code=stolen&state=guessed', 'code=stolen', 'error=access_denied&state=guessed']) {
      await page.goto('/api/oidc/start');
      expect(await cookieOf(context, 'pgdeck_o')).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
      await page.goto(`/api/oidc/callback?${query}`);
      await refused(page, 'failed', 'does not fit this sign-in');
      expect(await cookieOf(context, 'pgdeck_o')).toBeUndefined();
    }
  });

  test('another nonce', async ({ page }) => {
    const left = page.waitForRequest(/\/auth\?/);
    await page.goto('/api/oidc/start');
    const changed = new URL((await left).url());
    changed.searchParams.set('nonce', 'another');
    await page.goto(changed.href);
    await signInAtProvider(page, 'ann');
    await refused(page, 'failed', 'does not fit this sign-in');
  });

  test('a code that was used, in the same browser and in another', async ({ page, context, browser, world }) => {
    await page.goto('/api/oidc/start?next=/default/sessions');
    const begun = await cookieOf(context, 'pgdeck_o');
    if (!begun) throw new Error('no sign-in was begun');
    const back = page.waitForRequest(/\/api\/oidc\/callback\?/);
    await signInAtProvider(page, 'ann');
    const url = (await back).url();
    await expect(page).toHaveURL(/\/default\/sessions/);
    await context.clearCookies({ name: 'pgdeck_s' });
    await context.addCookies([begun]);
    await page.goto(url);
    await refused(page, 'failed', 'does not fit this sign-in');
    const other = await browser.newContext({ baseURL: world.stack.url });
    await other.route(/fonts\.googleapis\.com/, (route) => route.abort());
    const stranger = await other.newPage();
    await stranger.goto(url);
    await refused(stranger, 'expired', 'took longer than ten minutes');
    await other.close();
  });
});

test('the audit names who signed in, was refused and signed out', async ({ page, world }) => {
  await page.goto('/api/oidc/start?next=/default/audit');
  await signInAtProvider(page, 'nora');
  await expect(page).toHaveURL(/\/signin\?error=no_role/);
  await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
  await signInAtProvider(page, 'ann');
  await expect(page).toHaveURL(/\/default\/audit/);
  await page.request.delete('/api/session', {
    headers: { origin: world.stack.url, 'content-type': 'application/json' },
  });
  await page.goto('/api/oidc/start?next=/default/audit');
  await expect(page).toHaveURL(/\/default\/audit/); // the provider still knows ann
  const { entries } = await (await page.request.get('/api/audit?limit=4')).json();
  expect(
    entries.map(({ event, user }: { event: string; user: { name: string; mode: string } }) => [
      event,
      user.name,
      user.mode,
    ]),
  ).toEqual([
    ['login_ok', 'ann@example.net', 'oidc'],
    ['logout', 'ann@example.net', 'oidc'],
    ['login_ok', 'ann@example.net', 'oidc'],
    ['login_fail', 'nora@example.net', 'oidc'],
  ]);
});
