import { expect, test } from './fixtures/test';
import { expectSound, keepFresh, pidOf } from './page-checks';

test.describe.configure({ timeout: 180_000 });

let stop = () => {};
test.beforeEach(({ request, stack }) => {
  stop = keepFresh(request, stack.serverId, ['progress', 'sessions']);
});
test.afterEach(() => stop());

test('a long VACUUM shows its phase, how much is done and left, and can be cancelled', async ({
  page,
  connect,
  admin,
  stack,
}) => {
  await page.goto(`/${stack.serverId}/progress`);
  await expect(page.locator('.page-sentence')).toContainText('No command that reports its progress is running.');
  await admin.query(
    'create table if not exists slowly as select i, repeat($1, 200) as filler from generate_series(1, 200000) as i',
    ['x'],
  );
  await admin.query('alter table slowly owner to shop_owner');
  const client = await connect('shop_deploy', 'nightly');
  const pid = await pidOf(client);
  await client.query('set vacuum_cost_delay = 100');
  await client.query('set vacuum_cost_limit = 10');
  const over = client.query('vacuum (freeze, index_cleanup off) slowly').catch((error) => error);

  const entry = page.locator(`[data-pid="${pid}"]`);
  await expect(entry).toContainText('VACUUM of public.slowly');
  await expect(entry).toContainText(/scanning heap: .+ of .+\sblocks/);
  await expect(entry.getByRole('progressbar')).toHaveAttribute('aria-valuetext', /blocks/);
  await expect(page.locator('.page-sentence')).toContainText('1 command runs: VACUUM of public.slowly');
  await expect(entry).toContainText(/about .+ \(.+ to .+\)/, { timeout: 40_000 });
  await expectSound(page);

  await entry.getByRole('button', { name: `Cancel ${pid}…` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: `Cancel the statement of session ${pid}` }).click();
  await expect(dialog).toContainText(`The statement of session ${pid} is cancelled.`);
  expect(await over).toMatchObject({ code: '57014' });
  await page.getByRole('button', { name: 'Close' }).last().click();
  await expect(page.getByText('No command that reports its progress is running.')).toBeVisible();
});
