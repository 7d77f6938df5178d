import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

test("pgdeck's own pools are shown and judged", async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/pools`);
  await expect(page.locator('.page-sentence')).toContainText(/pgdeck keeps \d of at most 6 connections to this server/);
  const table = page.getByRole('table', { name: "pgdeck's own pools" });
  await expect(table.getByRole('row').filter({ hasText: 'Questions' })).toContainText('Healthy');
  await expect(table.getByRole('row').filter({ hasText: 'Long actions' })).toContainText('Closed');
  await expect(page.getByText('What is healthy')).toBeVisible();
  await expectSound(page);
});
