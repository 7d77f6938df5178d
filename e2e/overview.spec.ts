import type { Page } from '@playwright/test';
import { askNow } from './ask-now';
import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

const verdict = (page: Page) => page.getByRole('region', { name: 'Verdict' });

test('the verdict is the title, and pictures and tables show the server', async ({ page, request, stack }) => {
  await askNow(request, `${stack.serverId}/tables`);
  await page.goto(`/${stack.serverId}/overview`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/need|critical|well|Nothing is wrong/);
  await expect(page.locator('.page-sentence')).toContainText(/judged .* from \d+ checks/);
  await expect(verdict(page)).toContainText(/\d OK/);
  for (const title of ['Connections by state', 'Transactions per second', 'Active sessions', 'Waiting sessions'])
    await expect(page.getByRole('region', { name: title })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Connections by state' })).toContainText(/\d+ of 47 now/);
  await expect(page.getByText('47 for applications')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Biggest tables' })).toContainText('order_items');
  await expect(page.getByRole('table', { name: 'Statements with the most time' }).locator('tr[data-key]')).toHaveCount(
    5,
  );

  await page.getByRole('button', { name: 'Show as table: Connections by state' }).click();
  await expect(page.getByRole('table', { name: /^Connections by state/ })).toContainText(/\d\d:\d\d:\d\d/);
});

test('the first paint comes with data', async ({ browser, request, stack }) => {
  await askNow(request, `${stack.serverId}/tables`);
  const context = await browser.newContext({ baseURL: stack.url, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`/${stack.serverId}/overview`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/need|critical|well|Nothing is wrong/);
  await expect(verdict(page)).toContainText(/\d OK/);
  await expect(page.getByText('order_items').first()).toBeVisible();
  await context.close();
});

test('a finding leads to its proof, and its remedy mends it', async ({ page, request, admin, stack }) => {
  for (let time = 0; time < 3; time++) await admin.query('update customers set phone = phone');
  await admin.query('select pg_stat_force_next_flush()').catch(() => undefined);
  await expect
    .poll(
      async () => {
        await askNow(request, `${stack.serverId}/tables`);
        const answer = await (await request.get(`/api/servers/${stack.serverId}/findings`)).json();
        return answer.findings.map(({ title }: { title: string }) => title).join();
      },
      { timeout: 90_000 },
    )
    .toContain('statistics of public.customers are stale');

  await page.goto(`/${stack.serverId}/overview`);
  const finding = verdict(page).getByRole('listitem').filter({ hasText: 'statistics of public.customers are stale' });
  const more = verdict(page).getByRole('button', { name: /^Show all/ });
  await expect(finding.or(more).first()).toBeVisible();
  if (!(await finding.isVisible())) await more.first().click();
  await expect(finding.getByRole('link', { name: 'Open tables' })).toHaveAttribute(
    'href',
    /tables\?database=shop&filter=customers/,
  );
  await finding.getByRole('button', { name: 'Analyze customers…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Analyze public.customers' }).click();
  await expect(dialog).toContainText('public.customers is analyzed.');
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.mouse.move(0, 0);
  await page.getByRole('heading', { level: 1 }).click();
  await expect(finding).toHaveCount(0, { timeout: 20_000 });
});

test('a server that refuses pgdeck is said at the top; what was known stays', async ({ page, admin, stack }) => {
  await page.goto(`/${stack.serverId}/overview`);
  await expect(page.getByRole('table', { name: 'Biggest tables' })).toContainText('order_items');
  await admin.query('alter role pgdeck_read nologin');
  try {
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'pgdeck_read'");
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Nothing can be judged: .* cannot be asked$/, {
      timeout: 30_000,
    });
    await expect(page.locator('.banner.critical')).toContainText(/It is tried again by itself/);
    await expect(page.getByRole('table', { name: 'Biggest tables' })).toContainText('order_items');
    await expect(page.getByText('47 for applications')).toBeVisible();
  } finally {
    await admin.query('alter role pgdeck_read login');
  }
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/need|critical|well|Nothing is wrong/, {
    timeout: 30_000,
  });
});

test('a page that is shorter than the window does not scroll', async ({ page, stack }) => {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`/${stack.serverId}/progress`);
  await expect(page.getByRole('heading', { name: 'Commands that run' })).toBeVisible();
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0);
});

test('where the system forces its colours, bars keep theirs, and dialogs and the chosen page are told apart', async ({
  page,
  stack,
}) => {
  await page.emulateMedia({ forcedColors: 'active' });
  await page.goto(`/${stack.serverId}/pools`);
  // The legend's swatches keep theirs.
  const track = page.locator('.track').first();
  // Both of one look: what holds a slot changes.
  const colours = () =>
    track.evaluate((element) =>
      ['.track-bar > i', 'li:not([data-zero]) .swatch'].map((what) => {
        const first = element.querySelector(what);
        return first && getComputedStyle(first).backgroundColor;
      }),
    );
  await expect(track.getByRole('img')).toBeVisible();
  const [bar, swatch] = await colours();
  expect(bar).toBeTruthy();
  expect(bar).toBe(swatch);
  const here = page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Pools/ });
  await expect(here).toHaveCSS('outline-style', 'solid');
  await page.goto(`/${stack.serverId}/overview`);
  await page.getByRole('button', { name: /^Reindex: customers_lower_email_key/ }).click();
  await expect(page.getByRole('dialog')).toHaveCSS('border-top-style', 'solid');
});

test('an unknown server and an unknown page are told so', async ({ page, stack }) => {
  const answer = await page.goto('/nowhere/overview');
  expect(answer?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
  await page.getByRole('link', { name: /^Overview of/ }).click();
  await expect(page).toHaveURL(new RegExp(`/${stack.serverId}/overview`));
});

test('the overview is sound for readers of the screen, in each theme and width', async ({ page, stack }) => {
  test.slow();
  await page.goto(`/${stack.serverId}/overview`);
  await expect(page.getByRole('table', { name: 'Biggest tables' })).toContainText('order_items');
  await expectSound(page);
});
