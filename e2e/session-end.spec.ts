import type { Page } from '@playwright/test';
import { expect, fillSignIn, password, signInAs, test } from './fixtures/people';
import { axeFindings, expectSound } from './page-checks';

const again = (page: Page) => page.getByRole('dialog', { name: 'Sign in again' });

/** Answers the question who is signed in as pgdeck does, with other ends of the session. */
async function withEnds(page: Page, ends: { idleSeconds?: number; wholeSeconds?: number }): Promise<void> {
  // Nothing moves it: it is the same in every answer.
  let whole: string | undefined;
  await page.route('**/api/session', async (route) => {
    if (route.request().method() !== 'GET') return route.fallback();
    const response = await route.fetch();
    const answer = await response.json();
    if (!response.ok()) return route.fulfill({ response });
    const end = (seconds: number) => new Date(Date.parse(answer.now) + seconds * 1000).toISOString();
    if (ends.wholeSeconds) whole ??= end(ends.wholeSeconds);
    await route.fulfill({
      response,
      json: {
        ...answer,
        ...(ends.idleSeconds && { idleExpiresAt: end(ends.idleSeconds) }),
        ...(whole && { expiresAt: whole, idleExpiresAt: whole }),
      },
    });
  });
}

test('a session that ends in a half-filled form loses nothing, and nothing is run until somebody chooses it', async ({
  page,
  context,
  admin,
}) => {
  await signInAs(page, 'ann', '/default/tables?filter=customers');
  await page.getByRole('button', { name: 'Actions: table customers' }).click();
  await page.getByRole('menuitem', { name: 'Create index…' }).click();
  const form = page.getByRole('dialog', { name: /index/i });
  await form.getByRole('button', { name: 'Add expression' }).click();
  await page.keyboard.type('upper(email)');
  await form.getByRole('textbox', { name: 'Name' }).fill('customers_upper_email_idx');
  await form.getByLabel('Only rows where').fill('id > 10');
  await form.getByLabel('Unique').check();

  await form.getByLabel('Only rows where').focus();

  // The page notices it by what it asks by itself.
  await context.clearCookies({ name: 'pgdeck_s' });
  await expect(again(page)).toBeVisible({ timeout: 20_000 });
  await expect(again(page)).toContainText('The session of ann has ended.');
  await expect(again(page).getByRole('textbox', { name: 'Name', exact: true })).toHaveValue('ann');
  await expect(page.getByRole('textbox', { name: 'Password' })).toBeFocused();

  // It cannot be put away, and the focus does not leave it.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(again(page)).toBeVisible();
  await page.mouse.click(5, 5);
  for (let tabs = 0; tabs < 6; tabs++) {
    await page.keyboard.press('Tab');
    expect(
      await page.evaluate(
        () => document.activeElement === document.body || !!document.activeElement?.closest('dialog'),
      ),
    ).toBe(true);
  }

  await fillSignIn(page, 'ann', 'not the password');
  await expect(again(page).getByRole('alert')).toContainText('Name or password is wrong.');
  await fillSignIn(page, 'ann');
  await expect(again(page)).toHaveCount(0);

  await expect(form.getByLabel('Only rows where')).toBeFocused();
  await expect(form.getByLabel('Expression 1', { exact: true })).toHaveValue('upper(email)');
  await expect(form.getByRole('textbox', { name: 'Name' })).toHaveValue('customers_upper_email_idx');
  await expect(form.getByLabel('Only rows where')).toHaveValue('id > 10');
  await expect(form.getByLabel('Unique')).toBeChecked();
  const made = "select from pg_class where relname = 'customers_upper_email_idx'";
  expect((await admin.query(made)).rowCount).toBe(0);
  expect((await (await page.request.get('/api/runs?server=default')).json()).runs).toEqual([]);
  // Nor was the preview asked for again by itself.
  await expect(form.getByRole('button', { name: 'Preview' })).toBeVisible();

  await form.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByRole('dialog')).toContainText('public.customers_upper_email_idx');
});

test('a confirmation that met the end of the session is not sent again after signing in', async ({
  page,
  context,
  admin,
}) => {
  await signInAs(page, 'ann', '/default/overview');
  await page.getByRole('button', { name: /^Reindex: customers_lower_email_key/ }).click();
  const act = page.getByRole('dialog').getByRole('button', { name: /^Repair/ });
  await expect(act).not.toHaveAttribute('aria-disabled', 'true');
  const sent: string[] = [];
  // What pgdeck answers to a cookie that is not taken, before anything else that the page asks could meet it.
  await page.route('**/actions/execute', async (route) => {
    sent.push(route.request().url());
    await context.clearCookies({ name: 'pgdeck_s' });
    const error = { code: 'session_expired', message: 'Your session has ended. Sign in again.' };
    await route.fulfill({ status: 401, json: { error } });
  });
  await act.click();
  await expect(again(page)).toBeVisible();
  await fillSignIn(page, 'ann');
  await expect(again(page)).toHaveCount(0);
  await expect(page.getByRole('dialog')).toContainText('Not done.');
  const invalid = "select from pg_index where indexrelid = 'customers_lower_email_key'::regclass and not indisvalid";
  expect((await admin.query(invalid)).rowCount).toBe(1);
  expect(sent).toHaveLength(1);
});

test('while nobody is signed in nothing is asked, and what was known stays; then reads go on', async ({
  page,
  context,
  connect,
}) => {
  const client = await connect('app_billing', 'billing-api');
  await client.query('begin');
  await signInAs(page, 'ann', '/default/sessions');
  const table = page.getByRole('table', { name: 'Sessions' });
  await expect(table.locator('tr[data-key]').first()).toBeAttached();
  await context.clearCookies({ name: 'pgdeck_s' });
  await expect(again(page)).toBeVisible({ timeout: 20_000 });
  await page.waitForLoadState('networkidle');
  const rows = await table.locator('tr[data-key]').count();
  expect(rows).toBeGreaterThan(0);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  // Sessions are asked every 2 s.
  await page.waitForTimeout(7000);
  expect(asked).toEqual([]);
  await expect(table.locator('tr[data-key]')).toHaveCount(rows);
  const answered = page.waitForResponse((response) => response.url().includes('/sessions') && response.ok());
  await fillSignIn(page, 'ann');
  await answered;
  await expect(again(page)).toHaveCount(0);
});

test('whoever signs in in another tab is noticed; somebody else gets the page anew', async ({ page, context }) => {
  await signInAs(page, 'ann', '/default/sessions');
  await context.clearCookies({ name: 'pgdeck_s' });
  await expect(again(page)).toBeVisible();
  const other = await context.newPage();
  await signInAs(other, 'ann');
  await page.bringToFront();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(again(page)).toHaveCount(0);

  await context.clearCookies({ name: 'pgdeck_s' });
  await expect(again(page)).toBeVisible();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('vera');
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'You are signed in as vera' });
  await expect(dialog).toContainText('This page was opened by ann.');
  await expect(dialog.getByRole('button', { name: 'Load the page anew' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Signed in as vera, viewer' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('an end for idleness is told before, and whatever somebody does moves it', async ({ page }) => {
  await withEnds(page, { idleSeconds: 100 });
  await signInAs(page, 'ann', '/default/locks');
  const warning = page.getByRole('region', { name: 'End of your session' });
  await expect(warning).toContainText(/Signed out in 1\smin\s\d+\ss, because nothing was done here/, {
    timeout: 40_000,
  });
  await expect(page.locator('[aria-live="polite"]').filter({ hasText: 'You will be signed out' })).toBeAttached();
  expect(await axeFindings(page)).toEqual([]);
  await page.unrouteAll({ behavior: 'wait' });
  const moved = page.waitForResponse((response) => response.url().endsWith('/api/session/extend'));
  await warning.getByRole('button', { name: 'Stay signed in' }).click();
  expect((await moved).status()).toBe(200);
  await expect(warning).toHaveCount(0);
});

test('the end that nothing moves is told before, over an open dialog too', async ({ page }) => {
  await withEnds(page, { wholeSeconds: 235 });
  await signInAs(page, 'ann', '/default/overview');
  const warning = page.getByRole('region', { name: 'End of your session' });
  await expect(warning).toContainText(/Your session ends at \d\d:\d\d, in 3\smin.*This end cannot be moved/, {
    timeout: 40_000,
  });
  await expect(warning.getByRole('button', { name: 'Stay signed in' })).toHaveCount(0);
  await page.getByRole('button', { name: /^Reindex: customers_lower_email_key/ }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await warning.getByRole('button', { name: 'Close' }).click();
  await expect(warning).toHaveCount(0);
  await expect(page.getByRole('dialog')).toBeVisible();
  // The page goes on asking while the test ends.
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('what a page asks by itself does not keep a session alive; what somebody does is told once a minute', async ({
  page,
}) => {
  await signInAs(page, 'ann', '/default/sessions');
  const extended: string[] = [];
  page.on('request', (request) => request.url().endsWith('/extend') && extended.push(request.url()));
  await page.waitForResponse((response) => response.url().includes('/default/sessions'));
  await page.waitForResponse((response) => response.url().includes('/default/sessions'));
  expect(extended).toEqual([]);
  await page.mouse.move(300, 300);
  await page.mouse.move(400, 400);
  await page.keyboard.press('Shift');
  await expect.poll(() => extended.length).toBe(1);
});

test('the dialog that asks to sign in again is sound in each theme and width', async ({ page, context }) => {
  await signInAs(page, 'ann', '/default/locks');
  await context.clearCookies({ name: 'pgdeck_s' });
  await expect(again(page)).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Password' })).toBeFocused();
  await expectSound(page);
});
