import type { Page } from '@playwright/test';
import { askNow } from './ask-now';
import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

const list = (page: Page) => page.getByRole('region', { name: 'What changed', exact: true });
const change = (page: Page, text: string | RegExp) => list(page).locator('li').filter({ hasText: text });

test('a changed setting stands in the list with before and after, and leads to both sides of it', async ({
  page,
  request,
  admin,
  stack,
}) => {
  test.slow();
  await askNow(request, `${stack.serverId}/configuration`);
  await admin.query('alter system set random_page_cost = 2.5');
  await admin.query('select pg_reload_conf()');
  const cost = async () => (await admin.query('show random_page_cost')).rows[0].random_page_cost;
  try {
    await expect.poll(cost).toBe('2.5');
    await page.goto(`/${stack.serverId}/changes`);
    await askNow(request, `${stack.serverId}/configuration`);
    const row = change(page, 'random_page_cost').first();
    await expect(row).toBeVisible({ timeout: 30_000 });
    await row.getByRole('button').click();
    await expect(row).toContainText('4 → 2.5');
    await expect(row.getByRole('link', { name: 'Go to this moment' })).toHaveAttribute('href', /\/load\?.*at=\d+/);
    await row.getByRole('link', { name: 'Compare before and after' }).click();
    await expect(page).toHaveURL(/\/compare\?a=\d+(,|%2C)\d+&b=\d+/);
    await expect(page.getByRole('heading', { name: 'Compare', exact: true })).toBeVisible();
  } finally {
    await admin.query('alter system reset random_page_cost');
    await admin.query('select pg_reload_conf()');
  }
});

test('a mark is added by hand, is checked, filtered by kind and drawn on charts', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/changes`);
  await page.getByRole('button', { name: 'Add mark…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a mark' });
  await dialog.getByRole('button', { name: 'Add mark', exact: true }).click();
  await expect(dialog.getByText('Give the mark a title')).toBeVisible();
  await dialog.getByLabel('Title').fill('deploy shop 2026.11.21-1');
  await dialog.getByRole('button', { name: 'Add mark', exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await expect(change(page, 'deploy shop 2026.11.21-1')).toBeVisible();

  await page.getByRole('button', { name: /^Kind/ }).click();
  await page.getByRole('menuitemradio', { name: 'Failovers' }).click();
  await expect(page).toHaveURL(/kind=failover/);
  await expect(change(page, 'deploy shop 2026.11.21-1')).toHaveCount(0);
  await expect(list(page)).toContainText('Nothing of this kind changed');
  await page.getByRole('button', { name: /^Kind/ }).click();
  await page.getByRole('menuitemradio', { name: 'Marks' }).click();
  await expect(change(page, 'deploy shop 2026.11.21-1')).toBeVisible();

  await page.goto(`/${stack.serverId}/overview`);
  await expect(page.getByRole('table', { name: 'What changed' })).toContainText('deploy shop 2026.11.21-1');
  await page.goto(`/${stack.serverId}/load`);
  await expect(page.locator('.chart-event-line').first()).toBeAttached({ timeout: 20_000 });
});

test('changes are sound for readers of the screen, in each theme and width', async ({ page, stack }) => {
  test.slow();
  await page.goto(`/${stack.serverId}/changes`);
  await expect(list(page)).toBeVisible();
  await expect(list(page).locator('.panel-waiting')).toHaveCount(0);
  await page.getByRole('button', { name: 'Add mark…' }).click();
  await expect(page.getByRole('dialog', { name: 'Add a mark' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expectSound(page);
});
