import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { askNow } from './ask-now';
import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

const table = (page: Page) => page.getByRole('table', { name: 'Statements', exact: true });
const row = (page: Page, text: string) => table(page).locator('tr[data-key]').filter({ hasText: text });

test.beforeEach(async ({ connect, request, stack }) => {
  const client = await connect('app_shop', 'shop-web');
  for (let time = 0; time < 2; time++)
    await client.query('select count(*) as slow_one from orders where id = 1 and pg_sleep(0.15) is not null');
  // Many others have run on this server: it is among the 200 that take the most time.
  for (let time = 0; time < 20; time++)
    await client.query('select count(*) as quick_one from products where id = 1 and pg_sleep(0.005) is not null');
  await askNow(request, `${stack.serverId}/slow-queries`);
});

test('shows which statements take the time, and narrows them by the URL', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/statements?limit=200`);
  await expect(row(page, 'slow_one')).toContainText('app_shop');
  await expect(row(page, 'quick_one')).toBeVisible();
  await expect(page.locator('.page-sentence')).toContainText(/statements take .* of all time/);
  await expect(page.getByRole('region', { name: 'Share of the total time' })).toContainText('All others');

  await page.getByRole('button', { name: '100 ms or more' }).click();
  await expect(page).toHaveURL(/min_mean_ms=100/);
  await expect(row(page, 'quick_one')).toHaveCount(0);
  await expect(row(page, 'slow_one')).toBeVisible();
  await table(page).getByRole('columnheader', { name: 'Mean' }).getByRole('button').click();
  await page.getByRole('searchbox').fill('slow_one');
  await expect(page).toHaveURL(/sort=mean_exec_time\.desc/);
  await expect(page).toHaveURL(/filter=slow_one/);
  await page.reload();
  await expect(row(page, 'slow_one')).toHaveCount(1);
  await expect(table(page).locator('tr[data-key]')).toHaveCount(1);
});

test('a row opens to the whole text, laid out, and the URL remembers it', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/statements?limit=200&filter=slow_one`);
  const toggle = row(page, 'slow_one').getByRole('rowheader').getByRole('button', { expanded: false });
  await toggle.click();
  const text = page.getByRole('group', { name: 'statement', exact: true });
  await expect(text).toContainText(/from\s+orders\s+where\s+id = \$1/);
  await expect(text).toContainText('\n');
  await expect(page.getByText('Rows a call')).toBeVisible();
  await expect(page).toHaveURL(/statement=/);
  await page.reload();
  await expect(page.getByRole('group', { name: 'statement', exact: true })).toBeVisible();
  // A page may say more in words of this kind, e.g. that its rows are old.
  const says = (text: string | RegExp) => expect(page.getByRole('status').filter({ hasText: text })).toBeAttached();
  await says('1 row found.');
  await page.getByRole('button', { name: 'Copy statement' }).click();
  await says(/opied/);
});

test('saves what it shows as CSV', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/statements?limit=200&filter=slow_one`);
  await expect(row(page, 'slow_one')).toBeVisible();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as CSV: Statements' }).click(),
  ]);
  const lines = (await readFile(await file.path(), 'utf8')).split('\r\n');
  expect(lines[0]).toMatch(/^query,share,total_exec_time/);
  expect(lines[1]).toContain('slow_one');
});

test('without pg_stat_statements it says so, with the SQL that mends it', async ({ page, request, admin, stack }) => {
  await admin.query('drop extension pg_stat_statements');
  try {
    await expect
      .poll(
        async () => (await (await request.get(`/api/servers/${stack.serverId}/slow-queries?fresh=1`)).json()).status,
        {
          intervals: [5_200],
          timeout: 60_000,
        },
      )
      .toBe('unavailable');
    await page.goto(`/${stack.serverId}/statements`);
    await expect(page.getByText(/create extension/).first()).toBeVisible();
    await expect(page.getByRole('button', { name: /Check again|Try now/ }).first()).toBeVisible();
  } finally {
    await admin.query('create extension pg_stat_statements');
  }
  await expect
    .poll(
      async () => (await (await request.get(`/api/servers/${stack.serverId}/slow-queries?fresh=1`)).json()).status,
      {
        intervals: [5_200],
        timeout: 60_000,
      },
    )
    .toBe('ok');
});

test('statements are sound for readers of the screen, in each theme and width', async ({ page, stack }) => {
  test.slow();
  await page.goto(`/${stack.serverId}/statements`);
  await expect(table(page).locator('tr[data-key]').first()).toBeVisible();
  await expectSound(page);
});
