import type { Page } from '@playwright/test';
import { askNow } from './ask-now';
import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

const row = (page: Page, name: string) =>
  page
    .getByRole('table', { name: 'Indexes', exact: true })
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name, exact: true }) });
const only = (page: Page, name: RegExp) =>
  page.getByRole('group', { name: 'Which indexes' }).getByRole('button', { name }).click();

test('tells indexes that work from those that only cost', async ({ page, request, stack }) => {
  await askNow(request, `${stack.serverId}/index-usage`);
  await page.goto(`/${stack.serverId}/indexes`);
  await expect(row(page, 'orders_pkey')).toContainText('primary key');
  await expect(row(page, 'customers_lower_email_key')).toContainText('Invalid');
  await expect(page.getByText('Before you drop one.')).toBeVisible();
  await expect(page.locator('.page-sentence')).toContainText(/1 index is invalid/);
  await expect(page.getByRole('region', { name: 'Scans against size' })).toContainText(/Not used \d+/);

  await only(page, /^Invalid/);
  await expect(page).toHaveURL(/filter=show:invalid/);
  await expect(row(page, 'orders_pkey')).toHaveCount(0);
  await page.reload();
  await expect(row(page, 'customers_lower_email_key')).toBeVisible();
  await expect(row(page, 'orders_pkey')).toHaveCount(0);
  await only(page, /^Not used/);
  await expect(row(page, 'customers_phone_idx')).toContainText('Not used');
  await expect(row(page, 'orders_pkey')).toHaveCount(0);
});

test('an opened index shows how PostgreSQL writes it, or who locks its table', async ({
  page,
  request,
  connect,
  stack,
}) => {
  await askNow(request, `${stack.serverId}/index-usage`);
  await page.goto(`/${stack.serverId}/indexes?filter=customers`);
  const open = (name: string) => row(page, name).getByRole('button', { name, exact: true }).click();
  await open('customers_phone_idx');
  const definition = page.getByRole('group', { name: 'definition' });
  await expect(definition).toHaveText('CREATE INDEX customers_phone_idx ON public.customers USING btree (phone)');
  const locker = await connect('postgres', 'locker');
  const { rows } = await locker.query('select pg_backend_pid() as pid');
  await locker.query('begin; lock table customers in access exclusive mode');
  await open('customers_pkey');
  await expect(page.getByText(`is locked by session ${rows[0].pid}`)).toBeVisible();
  await expect(definition).toHaveCount(0);
  await locker.query('rollback');
});

test('an index that is used is called so; a primary key never unused', async ({
  page,
  request,
  admin,
  connect,
  stack,
}) => {
  const reader = await connect('app_shop', 'shop-web');
  await reader.query('set enable_seqscan = off');
  await reader.query("select from customers where phone = '1'");
  await reader.query('select pg_stat_force_next_flush()').catch(() => undefined);
  await reader.query('select 1');
  await expect
    .poll(async () =>
      Number(
        (await admin.query("select idx_scan from pg_stat_user_indexes where indexrelname = 'customers_phone_idx'"))
          .rows[0]?.idx_scan,
      ),
    )
    .toBeGreaterThan(0);
  await askNow(request, `${stack.serverId}/index-usage`);
  await page.goto(`/${stack.serverId}/indexes?filter=customers`);
  await expect(row(page, 'customers_phone_idx')).toContainText('Used');
  await expect(row(page, 'customers_pkey')).not.toContainText('Not used');
  await page.getByRole('button', { name: 'Actions: index customers_phone_idx' }).click();
  await page.getByRole('menuitem', { name: 'Show its table' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Tables' })).toBeVisible();
  await expect(page).toHaveURL(/filter=customers/);
});

test('the chart is a table on demand, with the same indexes', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/indexes`);
  await page.getByRole('button', { name: 'Show as table: Scans against size' }).click();
  const figures = page.getByRole('table', { name: /^Scans against size/ });
  await expect(figures.getByRole('rowheader', { name: 'orders_pkey', exact: true })).toBeVisible();
});

test('indexes are sound for readers of the screen, in each theme and width', async ({ page, stack }) => {
  test.slow();
  await page.goto(`/${stack.serverId}/indexes`);
  await expect(row(page, 'orders_pkey')).toBeVisible();
  await expectSound(page);
});
