import { readFile } from 'node:fs/promises';
import { expect, test } from './fixtures/test';
import { expectSound, pidOf } from './page-checks';

test('lists what was done, by whom, to what and what came of it, with the exact SQL', async ({
  page,
  request,
  connect,
  stack,
}) => {
  await page.goto(`/${stack.serverId}/audit`);
  await expect(page.locator('.page-sentence')).toBeVisible();
  const client = await connect('app_shop', 'shop-web');
  const pid = await pidOf(client);
  const path = `/api/servers/${stack.serverId}/actions`;
  const identity = await client.query(
    'select (extract(epoch from backend_start) * 1000000)::bigint::text as us from pg_stat_activity where pid = pg_backend_pid()',
  );
  const headers = { origin: stack.url, 'sec-fetch-site': 'same-origin' };
  const preview = await request.post(`${path}/preview`, {
    headers,
    data: { action: 'terminate', target: { kind: 'backend', pid, backend_start_us: identity.rows[0].us } },
  });
  const { previewId } = await preview.json();
  const run = await request.post(`${path}/execute`, {
    headers,
    data: { previewId, idempotencyKey: `e2e-${pid}`, confirmText: String(pid) },
  });
  const { runId } = await run.json();

  const row = page.getByRole('row').filter({ hasText: `Terminate session ${pid}` });
  await expect(row).toContainText('Done');
  await expect(row).toContainText(`Session ${pid} is terminated.`);
  await expect(row).toContainText('local');
  await expect(row).toHaveCount(1);

  await row.getByRole('button', { name: `Terminate session ${pid}`, exact: true }).click();
  const detail = page.getByRole('dialog', { name: `Terminate session ${pid}` });
  await expect(detail).toContainText('pg_terminate_backend');
  await expect(detail).toContainText('pgdeck_action');
  await expect(detail).toContainText('app_shop in shop · shop-web');
  await expect(detail).toContainText(runId);
  await detail.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('searchbox').fill('nothing like this');
  await expect(page.getByText('No entry matches the filter.')).toBeVisible();
  await page.getByRole('searchbox').fill(runId);
  await expect(row).toBeVisible();
  await page.getByLabel('Result').selectOption('Failed');
  await expect(page).toHaveURL(/status=failed/);
  await expect(row).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear filters' }).click();
  await expect(row).toBeVisible();
  await page.getByLabel('Who').selectOption('local');
  await page.getByLabel('Action', { exact: true }).selectOption('Terminate session');
  await page.getByLabel('From', { exact: true }).fill('2020-01-01');
  await expect(page).toHaveURL(/user=local/);
  await expect(page).toHaveURL(/since=2020-01-01/);
  await page.reload();
  await expect(row).toBeVisible();
  await expect(page.getByText(/the chain of \d+ entries holds/)).toBeVisible();

  await page.getByRole('button', { name: 'Export' }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'As JSON lines' }).click(),
  ]);
  const exported = (await readFile(await file.path(), 'utf8')).trim().split('\n');
  expect(exported.map((line) => JSON.parse(line).runId)).toContain(runId);
  expect(exported.every((line) => JSON.parse(line).action === 'terminate')).toBe(true);
  await expectSound(page);
});
