import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { askNow } from './ask-now';
import { expect, test } from './fixtures/test';
import { expectSound, pidOf } from './page-checks';

const table = (page: Page) => page.getByRole('table', { name: 'Tables', exact: true });
const row = (page: Page, name: string) =>
  table(page)
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: new RegExp(`^${name}( |$)`) }) });

test('shows real tables with their sizes; sort and filter survive a reload', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/tables`);
  await expect(row(page, 'order_items')).toContainText(/MB|kB/);
  await expect(row(page, 'events')).toContainText('partitions');
  await expect(page.locator('.page-sentence')).toContainText(/tables take .* with their indexes/);
  await expect(page.getByRole('region', { name: 'Biggest tables' })).toContainText('order_items');

  await table(page).getByRole('columnheader', { name: 'Dead rows' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=n_dead_tup\.desc/);
  await page.getByRole('searchbox').fill('order');
  await expect(page).toHaveURL(/filter=order/);
  await expect(row(page, 'customers')).toHaveCount(0);
  await page.reload();
  await expect(row(page, 'orders')).toBeVisible();
  await expect(row(page, 'customers')).toHaveCount(0);
  await expect(table(page).getByRole('columnheader', { name: 'Dead rows' })).toHaveAttribute('aria-sort', 'descending');
});

test('saves what it shows as CSV', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/tables?sort=total_bytes.desc`);
  await expect(row(page, 'order_items')).toBeVisible();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as CSV: Tables' }).click(),
  ]);
  expect(file.suggestedFilename()).toMatch(/^pgdeck-tables-.*\.csv$/);
  const lines = (await readFile(await file.path(), 'utf8')).split('\r\n');
  expect(lines[0]).toMatch(/^relname,total_bytes,n_live_tup/);
  expect(lines.some((line) => /^order_items,\d+,/.test(line))).toBe(true);
});

test('ANALYZE from the menu of a table changes last_analyze on the server', async ({ page, admin, stack }) => {
  const analyzed = async () =>
    (await admin.query("select last_analyze from pg_stat_user_tables where relname = 'payments'")).rows[0]
      ?.last_analyze;
  const before = await analyzed();
  await page.goto(`/${stack.serverId}/tables`);
  await page.getByRole('button', { name: 'Actions: table payments' }).click();
  await page.getByRole('menuitem', { name: 'Analyze table…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('Analyze public.payments?');
  await expect(dialog).toContainText('analyze /* pgdeck:analyze */ public.payments');
  await expect(dialog).toContainText('ShareUpdateExclusiveLock');
  expect(await analyzed()).toEqual(before);
  await dialog.getByRole('button', { name: 'Analyze public.payments' }).click();
  await expect(dialog).toContainText('public.payments is analyzed.');
  await expect.poll(analyzed).not.toEqual(before);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(dialog).toHaveCount(0);
});

test('a locked table is told with who holds it, and the rest is shown', async ({
  page,
  request,
  admin,
  connect,
  stack,
}) => {
  const holder = await connect(stack.admin, 'migration');
  const pid = await pidOf(holder);
  await holder.query('begin');
  await holder.query('lock table orders in access exclusive mode');
  await askNow(request, `${stack.serverId}/tables`);
  await page.goto(`/${stack.serverId}/tables`);

  await expect(row(page, 'orders')).toContainText(`locked by ${pid}`);
  await expect(row(page, 'order_items')).toContainText(/MB|kB/);
  const note = page.getByRole('region', { name: 'Tables', exact: true }).getByText('public.orders:');
  await expect(note).toContainText('public.orders');
  await page
    .getByRole('group', { name: 'Which tables' })
    .getByRole('button', { name: /^Locked/ })
    .click();
  await expect(row(page, 'order_items')).toHaveCount(0);
  await expect(row(page, 'orders')).toBeVisible();
  await page
    .getByRole('region', { name: 'Tables', exact: true })
    .getByRole('link', { name: 'Open blocking tree' })
    .click();
  await expect(page.getByRole('heading', { level: 1, name: 'Locks' })).toBeVisible();
  await holder.query('rollback');
  expect((await admin.query('select count(*) from orders')).rowCount).toBe(1);
});

test('hundreds of tables are there at once, wide and narrow, down to the last', async ({
  page,
  request,
  admin,
  stack,
}) => {
  await admin.query(`
    create schema crowd;
    do $$ begin
      for n in 1..600 loop execute format('create table crowd.member_%s ()', n); end loop;
    end $$`);
  try {
    await askNow(request, `${stack.serverId}/tables`);
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 });
      // Nobody touches the page before: whatever draws it again would have shown the rows.
      await page.goto(`/${stack.serverId}/tables?filter=member_&sort=relname.asc`);
      await expect(row(page, 'crowd.member_1'), `${width} px`).toBeVisible();
      const drawn = table(page).locator('tr[data-key]');
      const scroller = page.getByRole('region', { name: 'Tables, scrolls' });
      const tooWide = () => scroller.evaluate((element) => element.scrollWidth - element.clientWidth);
      await expect.poll(tooWide, `${width} px`).toBeLessThanOrEqual(0);
      // Columns without rows are as wide as there is room: that is not kept.
      await page.getByRole('searchbox').fill('nothing like it');
      await expect(drawn).toHaveCount(0);
      await page.getByRole('searchbox').fill('member_');
      await expect(row(page, 'crowd.member_1')).toBeVisible();
      await expect.poll(tooWide, `${width} px`).toBeLessThanOrEqual(0);
      expect(await drawn.count()).toBeLessThan(200);
      await scroller.hover();
      await expect(async () => {
        await page.mouse.wheel(0, 20_000);
        await expect(table(page).locator('tr[aria-rowindex="601"]')).toBeInViewport({ timeout: 500 });
      }).toPass();
    }
  } finally {
    await admin.query('drop schema crowd cascade');
  }
});

test('tables are sound for readers of the screen, in each theme and width', async ({ page, stack }) => {
  test.slow();
  await page.goto(`/${stack.serverId}/tables`);
  await expect(row(page, 'order_items')).toBeVisible();
  await expectSound(page);
});
