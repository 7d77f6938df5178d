import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

test('the page of the API lists each route, tells its shapes, and tries what only reads', async ({ page, stack }) => {
  test.setTimeout(180_000);
  await page.goto(`/${stack.serverId}/api`);
  await expect(page.locator('.page-sentence')).toContainText(/\d+ routes/, { timeout: 60_000 });
  await page.getByRole('searchbox').fill('index-usage');
  const topic = page.getByRole('button', { name: '/api/servers/{server}/{topic}' });
  await expect(topic).toBeVisible();
  await expect(page.getByRole('button', { name: '/api/audit', exact: false })).toHaveCount(0);

  // By keyboard, and in the address.
  await topic.press('Enter');
  await expect(topic).toHaveAttribute('aria-expanded', 'true');
  await expect(page).toHaveURL(/operation=topic/);
  const detail = page.getByRole('region', { name: 'One topic' });
  await detail.getByLabel('topic').selectOption('connections');
  await expect(detail.getByRole('group', { name: 'command line' })).toHaveText(
    `curl -s '${stack.url}/api/servers/${stack.serverId}/connections'`,
  );
  await detail.locator('summary', { hasText: 'ConnectionsAnswer' }).press('Enter');
  await detail.locator('summary', { hasText: 'status: "ok"' }).press('Enter');
  await detail.locator('summary', { hasText: 'ConnectionsRow' }).press('Enter');
  await expect(detail.getByText('integer or null, count').or(detail.getByText(', count')).first()).toBeVisible();

  await detail.getByRole('button', { name: 'Try', exact: true }).click();
  await expect(detail.locator('.try-headers')).toContainText('200');
  for (const header of ['x-request-id', 'x-process-time', 'x-query-count', 'x-query-time'])
    await expect(detail.locator('.try-headers')).toContainText(header);
  await expect(detail.getByRole('group', { name: 'Answer: One topic' })).toContainText('"topic": "connections"');

  // What needs a value first says which; what changes something is not tried here.
  await page.goto(`/${stack.serverId}/api?operation=oneRun`);
  await expect(page.getByRole('button', { name: 'Try', exact: true })).toHaveAttribute('aria-disabled', 'true');
  await page.getByLabel('run', { exact: true }).fill('nothing');
  await page.getByRole('button', { name: 'Try', exact: true }).click();
  await expect(page.locator('.try-headers')).toContainText('404');
  await page.goto(`/${stack.serverId}/api?operation=executeAction&search=execute`);
  await expect(page.getByRole('group', { name: 'command line' })).toContainText('"idempotencyKey"');
  await expect(page.getByRole('button', { name: 'Try', exact: true })).toHaveCount(0);
  await expectSound(page);
});
