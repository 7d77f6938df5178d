import type { Page, Request } from '@playwright/test';
import { expect, test } from './fixtures/test';
import { pressOn } from './keyboard';
import { axeFindings } from './page-checks';

const code = '**/_next/static/chunks/**';
const run = (page: Page) => page.getByRole('button', { name: 'Run an action…' });
const banner = (page: Page) => page.locator('.awaited');

/** Opens a page whose browser never finds the time to fetch what comes after it. */
async function openBusy(page: Page, path: string): Promise<void> {
  await page.addInitScript(() => {
    window.requestIdleCallback = () => 0;
  });
  await page.goto(path);
  await page.waitForLoadState('networkidle');
}

/** Keeps back what is fetched from now on, until the returned function is called. */
async function holdCode(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(code, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

test('the dialog of actions is there before it is wanted, and opens without pgdeck being asked', async ({
  page,
  stack,
}) => {
  let [begun, over] = [0, 0];
  const isCode = (request: Request) => request.url().includes('/_next/static/chunks/');
  page.on('request', (request) => isCode(request) && begun++);
  page.on('requestfinished', (request) => isCode(request) && over++);
  await page.goto(`/${stack.serverId}/maintenance`);
  // It is fetched when the browser has nothing else to do, after 3 s at the latest.
  await expect(async () => {
    const before = begun;
    await page.waitForTimeout(3500);
    expect([begun, over]).toEqual([before, before]);
  }).toPass();
  let asked = 0;
  await page.route(code, (route) => {
    asked++;
    return route.abort();
  });
  await pressOn(page, run(page));
  await expect(page.getByRole('dialog').getByLabel('Action', { exact: true })).toBeFocused();
  expect(asked).toBe(0);
});

test('a dialog whose code does not come leaves no dead button: it says so, and opens when pgdeck answers again', async ({
  page,
  stack,
}) => {
  await openBusy(page, `/${stack.serverId}/maintenance`);
  await page.route(code, (route) => route.abort());
  await pressOn(page, run(page));
  await expect(banner(page)).toHaveRole('alert');
  await expect(banner(page)).toContainText('could not be fetched from pgdeck');
  await expect(banner(page).getByRole('button', { name: 'Reload the page' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  expect(await axeFindings(page)).toEqual([]);

  await page.unroute(code);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByLabel('Action', { exact: true })).toBeFocused();
  await expect(banner(page)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(run(page)).toBeFocused();
});

test('of a dialog whose code takes its time it is said that it is on its way', async ({ page, stack }) => {
  await openBusy(page, `/${stack.serverId}/maintenance`);
  const release = await holdCode(page);
  await pressOn(page, run(page));
  await expect(banner(page)).toHaveRole('status');
  await expect(banner(page)).toContainText('still being fetched');
  release();
  await expect(page.getByRole('dialog').getByLabel('Action', { exact: true })).toBeFocused();
  await expect(banner(page)).toHaveCount(0);
});

test('a dialog that comes after its page was left does not open on the next one', async ({ page, stack }) => {
  // Both pages have their own code already.
  await openBusy(page, `/${stack.serverId}/audit`);
  await page.getByRole('link', { name: 'Maintenance', exact: true }).click();
  await expect(run(page)).toBeVisible();
  await page.waitForLoadState('networkidle');
  const release = await holdCode(page);
  await pressOn(page, run(page));
  await expect(banner(page)).toContainText('still being fetched');
  await page.getByRole('link', { name: 'Audit', exact: true }).click();
  await expect(page).toHaveURL(/\/audit$/);
  release();
  await expect(banner(page)).toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Audit');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('where charts do not come the page stands, and says what is missing', async ({ page, request, stack }) => {
  const path = `/${stack.serverId}/load`;
  const html = await (await request.get(path)).text();
  await page.route(code, (route) =>
    html.includes(new URL(route.request().url()).pathname) ? route.continue() : route.abort(),
  );
  await page.goto(path);
  await expect(page.locator('.chart-missing').first()).toContainText('could not be fetched from pgdeck');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Load');
  expect(await axeFindings(page)).toEqual([]);
});
