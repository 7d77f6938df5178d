import type { Page } from '@playwright/test';
import { mountIn } from './fixtures/harness';
import { expect, test } from './fixtures/two-sites';

// Actions inside a portal's frame: off unless they are switched on, and never by a message.

test.describe.configure({ timeout: 300_000 });

const inside = (page: Page) => page.frameLocator('main iframe');
const tables = (page: Page) => inside(page).getByRole('table', { name: 'Tables', exact: true });
const menuOf = (page: Page, name: string) => inside(page).getByRole('button', { name: `Actions: table ${name}` });

test('a button that acts leads to the full window, for an admin too, and the server refuses what does not', async ({
  sites,
  page,
}) => {
  await mountIn(page, sites, sites.deck, '/default/tables');
  await menuOf(page, 'payments').click();
  const out = inside(page).getByRole('menuitem', { name: 'Open in full window to act' });
  await expect(out).toBeVisible();
  await expect(inside(page).getByRole('menuitem', { name: 'Analyze table…' })).toHaveCount(0);
  const opened = page.context().waitForEvent('page');
  await out.click();
  const full = await opened;
  // The full window is pgdeck by itself: who is not signed in there signs in first.
  await expect(full).toHaveURL(`${sites.deck}/signin?next=%2Fdefault%2Ftables`);
  expect(await full.evaluate(() => window.opener)).toBeNull();

  const preview = await page.frames()[1]?.evaluate(async () => {
    const seen = performance.getEntriesByType('resource').map(({ name }) => name);
    return seen.some((name) => name.includes('/actions/'));
  });
  expect(preview).toBe(false);
});

// T24: fails once a page takes something from its address, or readMessage() a type, that leads to a preview.
test('T24: no message opens, fills in, confirms or runs an action; a person who may does', async ({ sites, page }) => {
  const acting = await sites.another({ PGDECK_EMBED_ACTIONS: '1' });
  const before = sites.asked.length;
  await mountIn(page, sites, acting.deck, '/default/tables');
  await expect(menuOf(page, 'payments')).toBeVisible();
  const target = { kind: 'relation', database: 'shop', oid: 1 };
  const act = { action: 'analyze', target, options: {}, confirm: true, confirmText: 'x', previewId: 'x' };
  for (const type of ['action', 'preview', 'execute', 'confirm', 'run', 'click', 'open', 'fill', 'approve', 'cancel'])
    for (const message of [act, { ...act, body: act }, { path: '/default/tables', ...act }])
      await page.evaluate((message) => window.frames[0]?.postMessage(message, '*'), { pgdeck: 1, type, ...message });
  for (const query of ['action=analyze&oid=1', 'act=analyze&confirm=1', 'preview=x', 'execute=1', 'dialog=analyze'])
    await page.evaluate((query) => window.frame.navigate(`/default/tables?${query}`), query);
  // All that was said before the last one has been heard when the frame is there.
  await expect.poll(() => page.frames()[1]?.url()).toContain('/default/tables?dialog=analyze');
  await page.waitForTimeout(1_500);
  await expect(inside(page).getByRole('dialog')).toHaveCount(0);
  const posts = () =>
    sites.asked
      .slice(before)
      .filter(({ method, url }) => method !== 'GET' && url !== '/api/embed/session')
      .map(({ url }) => url);
  expect(posts()).toEqual([]);

  await expect(tables(page)).toContainText('payments');
  await menuOf(page, 'payments').click();
  await inside(page).getByRole('menuitem', { name: 'Analyze table…' }).click();
  const dialog = inside(page).getByRole('dialog');
  await expect(dialog).toContainText('Analyze public.payments?');
  await page.evaluate(() => window.frames[0]?.postMessage({ pgdeck: 1, type: 'confirm' }, '*'));
  await page.evaluate(() => window.frame.refresh());
  await page.waitForTimeout(500);
  expect(posts().filter((url) => url.endsWith('/execute'))).toEqual([]);
  await dialog.getByRole('button', { name: 'Analyze public.payments' }).click();
  await expect(dialog).toContainText('public.payments is analyzed.');
  expect(posts().filter((url) => url.endsWith('/execute'))).toHaveLength(1);

  await mountIn(await page.context().newPage(), sites, acting.deck, '/default/audit');
  const audit = page.context().pages().at(-1) as Page;
  await expect(inside(audit).getByRole('table')).toContainText('embed:portal of the tests:ada');
  await acting.stop();
});

test('a viewer’s token acts nowhere, whatever the portal’s page says', async ({ sites, page }) => {
  const acting = await sites.another({ PGDECK_EMBED_ACTIONS: '1', PGDECK_EMBED_MAX_ROLE: 'viewer' });
  // The token says admin: the settings say viewer.
  await mountIn(page, sites, acting.deck, '/default/tables');
  await menuOf(page, 'payments').click();
  await expect(inside(page).getByRole('menuitem', { name: 'Analyze table…' })).toHaveAttribute('aria-disabled', 'true');
  await expect(inside(page).getByRole('menu')).toContainText('This needs the role operator');
  await acting.stop();
});
