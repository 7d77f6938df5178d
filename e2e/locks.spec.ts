import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/test';
import { lockChain } from './lock-chain';
import { expectSound, keepFresh } from './page-checks';

test.describe.configure({ timeout: 180_000 });

let stop = () => {};
test.beforeEach(({ request, stack }) => {
  stop = keepFresh(request, stack.serverId, ['locks']);
});
test.afterEach(() => stop());

const line = (page: Page, pid: number) =>
  page.getByRole('treegrid', { name: 'Blocking tree' }).locator(`[data-pid="${pid}"]`);

test('a lock chain appears root first, is terminated from the page, and disappears', async ({
  page,
  connect,
  stack,
}) => {
  await page.goto(`/${stack.serverId}/locks`);
  await expect(page.getByText('Nobody waits')).toBeVisible();
  const { root, gate, readers, over } = await lockChain(connect, 5);

  await expect(line(page, root)).toContainText('idle in transaction');
  await expect(line(page, root)).toContainText('holds RowExclusive');
  await expect(line(page, root)).toHaveAttribute('aria-level', '1');
  await expect(line(page, gate)).toContainText('wants AccessExclusive');
  await expect(line(page, gate)).toHaveAttribute('aria-level', '2');
  const fold = page.getByRole('row', { name: /4 more like \d+/ });
  await expect(fold).toHaveAttribute('aria-level', '3');
  await expect(page.locator('.page-sentence')).toContainText(
    `6 sessions wait in one tree; the root is session ${root}. Ending it lets all 6 go on.`,
  );
  await expect(page.getByText('Why reads wait too.')).toBeVisible();
  await expect(page.getByText(`Cancelling ${gate} frees 5 sessions at once; ${root} keeps its locks.`)).toBeVisible();

  await fold.focus();
  await page.keyboard.press('ArrowRight');
  for (const pid of readers) await expect(line(page, pid)).toContainText('wants AccessShare');
  await expect(page.getByText(/Frozen at/)).toBeVisible();
  await page.keyboard.press('ArrowLeft');
  await expect(fold).toHaveAttribute('aria-expanded', 'false');

  await page.getByRole('button', { name: `Terminate ${root}…` }).click();
  const dialog = page.getByRole('dialog', { name: `Terminate session ${root}?` });
  await expect(dialog).toContainText(`Next in line is session ${gate}`);
  await dialog.getByLabel(`Type ${root} to confirm`).fill(String(root));
  await dialog.getByRole('button', { name: `Terminate session ${root}`, exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText(`Session ${root} is terminated.`);
  await page.getByRole('button', { name: 'Close' }).last().click();
  await over;
  await expect(page.getByText('Nobody waits')).toBeVisible();
  await expect(page.locator('.page-sentence')).toContainText('No session waits for a lock.');
});

test('cancelling the one in the middle frees who waits behind it', async ({ page, connect, stack }) => {
  const { root, gate, over } = await lockChain(connect, 1);
  await page.goto(`/${stack.serverId}/locks?pid=${gate}`);
  await expect(line(page, gate)).toHaveAttribute('data-chosen', 'true');
  await page.getByRole('button', { name: `Cancel ${gate}…` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: `Cancel the statement of session ${gate}` }).click();
  await expect(dialog).toContainText(`The statement of session ${gate} is cancelled.`);
  const [altered] = (await over) as [{ code?: string }];
  expect(altered.code).toBe('57014');
  await page.getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByText('Nobody waits')).toBeVisible();
  expect(root).toBeGreaterThan(0);
});

test('nothing is wrong with the page for axe, in dark and light, at 320 px', async ({ page, connect, stack }) => {
  const { root } = await lockChain(connect, 4);
  await page.goto(`/${stack.serverId}/locks`);
  await expect(line(page, root)).toBeVisible();
  await expectSound(page);
});
