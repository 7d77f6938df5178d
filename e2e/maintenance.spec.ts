import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

test.describe.configure({ timeout: 180_000 });

const moving = (page: Page) => page.getByRole('list', { name: 'Runs that are not over' }).getByRole('listitem');

/** Reindexes a table from its menu up to the running dialog, and closes that. */
async function reindex(page: Page, serverId: string, name: string): Promise<void> {
  await page.goto(`/${serverId}/tables?filter=${name}`);
  await page.getByRole('button', { name: `Actions: table ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: 'Reindex…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^(Reindex|Rebuild)/ }).click();
  await expect(dialog.getByRole('button', { name: 'Not now' })).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await expect(dialog).toHaveCount(0);
}

test('what runs and what waits for its turn is seen by everybody, in order, until it has ended', async ({
  page,
  connect,
  stack,
}) => {
  await page.goto(`/${stack.serverId}/maintenance`);
  await expect(page.locator('.page-sentence')).toContainText('Nothing is under way.');
  await expect(page.getByText('No action runs or waits now.')).toBeVisible();
  const report = await connect(stack.admin, 'month end');
  await report.query('begin isolation level repeatable read');
  await report.query('select count(*) from products');
  for (const name of ['customers', 'payments', 'audit_log']) await reindex(page, stack.serverId, name);

  await page.goto(`/${stack.serverId}/maintenance`);
  await expect(moving(page)).toHaveCount(3);
  await expect(page.locator('.page-sentence')).toContainText('2 runs are under way and 1 waits for its turn.');
  await expect(moving(page).nth(0)).toContainText('public.customers');
  await expect(moving(page).nth(0)).toContainText(/Waits for session \d+/, { timeout: 20_000 });
  await expect(moving(page).nth(2)).toContainText('place 1');
  await expectSound(page);
  await moving(page).nth(2).getByRole('button').click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('next to run');
  await dialog.getByRole('button', { name: 'Withdraw it' }).click();
  await expect(dialog).toContainText('Cancelled');
  await page.keyboard.press('Escape');

  await report.query('rollback');
  await expect(moving(page)).toHaveCount(0, { timeout: 30_000 });
  const runs = page.getByRole('table', { name: 'Recent runs' });
  const rebuilt = runs
    .locator('tr[data-key]')
    .filter({ hasText: /(Reindex|Rebuild) .*(customers|payments|audit_log)/ });
  await expect(rebuilt).toHaveCount(3);
  const done = rebuilt.filter({ hasText: 'public.customers' });
  await expect(done).toContainText('Done');
  await done.getByRole('button').first().click();
  await expect(dialog).toContainText('verified on the server');
});

test('a schedule is made after a preview, turned off and deleted', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/maintenance`);
  await page.getByRole('button', { name: 'New schedule…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('textbox', { name: 'Title' })).toBeFocused();
  await dialog.getByRole('button', { name: 'Preview' }).click();
  await expect(dialog.getByText('Give it a title.')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Title' }).fill('Nightly "analyze"');
  await dialog.getByLabel('When (cron)').fill('61 3 * * *');
  await dialog.getByLabel('Time zone').selectOption('Europe/Zurich');
  await dialog.getByLabel('Action', { exact: true }).selectOption('analyze');
  await dialog.getByRole('searchbox').fill('order_items');
  await dialog
    .getByRole('radio', { name: /public\.order_items\b/ })
    .first()
    .check();
  await dialog.getByRole('button', { name: 'Preview' }).click();
  await expect(dialog.getByLabel('When (cron)')).toHaveAttribute('aria-invalid', 'true');
  await dialog.getByLabel('When (cron)').fill('0 3 * * *');
  await expect(dialog.getByText('That is each night at 03:00.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Preview' }).click();
  await expect(dialog).toContainText('pgdeck:analyze');
  await dialog.getByRole('button', { name: 'Make schedule' }).click();
  await expect(dialog).toHaveCount(0);

  const row = page.getByRole('table', { name: 'Schedules' }).locator('tr[data-key]');
  await expect(row).toContainText('Nightly "analyze"');
  await expect(row).toContainText('Europe/Zurich');
  await expect(row).toContainText('On');
  await expect(row).toContainText('not yet');
  await row.getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Turn off' }).click();
  await expect(row).toContainText('Off');
  await expectSound(page);
  await row.getByRole('button').last().click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await expect(dialog.getByRole('button', { name: 'Keep schedule' })).toBeFocused();
  await dialog.getByRole('button', { name: 'Delete schedule' }).click();
  await expect(row).toHaveCount(0);
});

test('what DDL would block is told statement by statement, and nothing of it is run', async ({
  page,
  admin,
  stack,
}) => {
  await page.goto(`/${stack.serverId}/maintenance`);
  const panel = page.getByRole('region', { name: 'What would this DDL block?' });
  await panel.getByRole('button', { name: 'Show what it blocks' }).click();
  await expect(panel.getByText('Paste at least one statement.')).toBeVisible();
  await panel.getByLabel('SQL').fill('alter tabel orders add x int');
  await panel.getByRole('button', { name: 'Show what it blocks' }).click();
  await expect(panel.getByText(/syntax error/)).toBeVisible();
  await expect(panel.getByLabel('SQL')).toBeFocused();
  await panel
    .getByLabel('SQL')
    .fill('alter table orders add column x int; create index concurrently on orders (status)');
  await panel.getByRole('button', { name: 'Show what it blocks' }).click();
  const judged = panel.getByRole('list', { name: 'Statements judged; nothing was run' }).locator('> li');
  await expect(judged).toHaveCount(2);
  await expect(judged.first()).toContainText('AccessExclusiveLock');
  await expect(judged.first()).toContainText('everything, reads too');
  await expect(judged.last()).toContainText('ShareUpdateExclusiveLock');
  await expectSound(page);
  const { rows } = await admin.query(
    "select 1 from pg_attribute where attrelid = 'orders'::regclass and attname = 'x'",
  );
  expect(rows).toEqual([]);
});

test('rows of a list to choose from never run into each other, and a long name leaves room for what came of a run', async ({
  page,
  request,
  stack,
  connect,
}) => {
  const owner = await connect(stack.admin, 'long names');
  const name = `"${'long name '.repeat(6)}x"`;
  await owner.query(`create table ${name} (x int)`);
  const { rows } = await owner.query<{ oid: number }>('select $1::regclass::oid::int as oid', [name]);
  const path = `/api/servers/${stack.serverId}/actions`;
  const headers = { origin: stack.url };
  const target = { kind: 'relation', database: 'shop', oid: rows[0]?.oid };
  const preview = await request.post(`${path}/preview`, {
    headers,
    data: {
      action: 'set-storage-parameters',
      target,
      options: { fillfactor: 90, autovacuum_vacuum_scale_factor: 0.1 },
    },
  });
  const { previewId } = await preview.json();
  const run = await request.post(`${path}/execute`, { headers, data: { previewId, idempotencyKey: 'long name' } });
  expect(run.ok()).toBe(true);

  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`/${stack.serverId}/maintenance`);
    const runs = page.getByRole('region', { name: 'Recent runs, scrolls' });
    await expect(runs).toContainText('long name');
    await expect.poll(() => runs.evaluate((list) => list.scrollWidth - list.clientWidth)).toBe(0);
    const outcome = runs.locator('td[data-label="What came of it"]').first();
    await expect.poll(async () => (await outcome.boundingBox())?.width).toBeGreaterThan(140);
    await page.getByRole('button', { name: 'Run an action…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Action', { exact: true }).selectOption('alter-system');
    await expect(dialog.getByRole('radio').nth(20)).toBeAttached();
    const cut = () =>
      dialog
        .locator('.pick-list > label')
        .evaluateAll((labels) =>
          labels.filter((label) => label.scrollHeight > label.clientHeight).map((label) => label.textContent),
        );
    await expect.poll(cut).toEqual([]);
    await page.keyboard.press('Escape');
  }
});
