import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder, startApp } from './fixtures/stack';
import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

test('what pgdeck costs is told with its share, by question and by table, and how the store is', async ({
  page,
  stack,
}) => {
  test.setTimeout(240_000);
  await page.goto(`/${stack.serverId}/cost`);
  await expect(page.locator('.page-sentence')).toContainText(
    /pgdeck took .* of this server's statement time in the last hour: .* statements/,
    { timeout: 130_000 },
  );
  await expect(page.locator('.page-sentence')).toContainText(/connections? open/);
  await expect(page.getByRole('table', { name: 'Cost by question' }).locator('tr[data-key]').first()).toBeVisible({
    timeout: 100_000,
  });
  await expect(page.getByRole('region', { name: 'Budget' })).toContainText('of at most 1');
  const store = page.getByRole('region', { name: 'History store' });
  await expect(store).toContainText("a PostgreSQL of pgdeck's own");
  await expect(store).toContainText('kept for 400 days');
  await expect(store).toContainText('this pgdeck');
  await expectSound(page);
});

test('without a store the pages say so, and the last hour of load is there from memory', async ({ page, stack }) => {
  test.slow();
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-e2e-'));
  const { host, port, database, user, password } = stack.login('pgdeck_read');
  const app = await startApp(folder, {
    DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/${database}`,
    PGDECK_HISTORY: 'off',
    PGDECK_CPUS: '4',
  });
  try {
    await page.goto(`${app.url}/default/load`);
    await expect(page.getByText('from memory: the last hour at most')).toBeVisible({ timeout: 30_000 });
    await expect(page.getByRole('region', { name: 'Average active sessions' })).toContainText(
      /now|Nobody was active|No sample/,
    );
    await page.goto(`${app.url}/default/compare`);
    await expect(page.getByText('Needs the history store')).toBeVisible();
    await page.goto(`${app.url}/default/changes`);
    await page.getByRole('button', { name: 'Add mark…' }).click();
    await expect(page.getByRole('dialog')).toContainText('in memory only');
    await page.getByLabel('Title').fill('deploy without a store');
    await page.getByRole('button', { name: 'Add mark', exact: true }).click();
    await expect(page.getByRole('region', { name: 'What changed' })).toContainText('deploy without a store');
    await page.goto(`${app.url}/default/cost`);
    await expect(page.getByRole('region', { name: 'History store' })).toContainText('PGDECK_HISTORY is off');
    await expect(page.getByRole('region', { name: 'Stored by table' })).toContainText('Nothing is stored');
  } finally {
    await app.stop();
    removeFolder(folder);
  }
});
