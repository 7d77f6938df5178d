import type { Page } from '@playwright/test';
import { expect, test } from './fixtures/test';
import { expectSound, keepFresh, pidOf } from './page-checks';

test.describe.configure({ timeout: 180_000 });

let stop = () => {};
test.beforeEach(({ request, stack }) => {
  stop = keepFresh(request, stack.serverId, ['sessions']);
});
test.afterEach(() => stop());

const row = (page: Page, pid: number) =>
  page
    .getByRole('table', { name: 'Sessions', exact: true })
    .getByRole('row')
    .filter({ has: page.getByText(String(pid), { exact: true }) });

async function openMenu(page: Page, pid: number) {
  await page.getByRole('button', { name: `Actions: session ${pid}` }).click();
  await expect(page.getByRole('menu')).toContainText(`Session ${pid}`);
}

test('shows who is connected and does what, and keeps filter and sort in the URL', async ({ page, connect, stack }) => {
  const open = await connect('app_billing', 'billing-api');
  const idle = await connect('app_shop', 'shop-web');
  const [openPid, idlePid] = [await pidOf(open), await pidOf(idle)];
  await open.query('begin');
  await open.query('select count(*) from orders');
  await page.goto(`/${stack.serverId}/sessions`);

  await expect(row(page, openPid)).toContainText('Idle in transaction');
  await expect(row(page, openPid)).toContainText('billing-api');
  await expect(row(page, openPid)).toContainText('select count(*) from orders');
  await expect(page.locator('.page-sentence')).toContainText('idle in transaction');
  await expect(row(page, idlePid)).toHaveCount(0);
  await page.getByRole('button', { name: /^show \d+ idle$/ }).click();
  await expect(row(page, idlePid)).toContainText('Idle');

  await page
    .getByRole('group', { name: 'State' })
    .getByRole('button', { name: /^Idle in transaction/ })
    .click();
  await expect(row(page, idlePid)).toHaveCount(0);
  await page.getByRole('searchbox').fill('billing');
  await expect(page).toHaveURL(/filter=state:idle-in-transaction\+billing/);
  await page.getByRole('columnheader', { name: 'User' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=usename.asc/);
  await page.reload();
  await expect(row(page, openPid)).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'User' })).toHaveAttribute('aria-sort', 'ascending');

  await page.goto(`/${stack.serverId}/sessions?group=application`);
  const groups = page.getByRole('table', { name: 'Sessions by application' });
  await groups.getByRole('button', { name: 'billing-api' }).click();
  await expect(row(page, openPid)).toBeVisible();
  await expect(page).toHaveURL(/application:billing-api/);
});

test('stands still while somebody is on a row, and goes on with Esc', async ({ page, connect, stack }) => {
  const client = await connect('app_shop', 'shop-web');
  const pid = await pidOf(client);
  await client.query('begin');
  await page.goto(`/${stack.serverId}/sessions`);
  await row(page, pid).hover();
  await expect(page.getByText(/Frozen at/)).toBeVisible();
  await client.end();
  await expect(page.getByText(/[1-9]\d* changes? waits?\./)).toBeVisible();
  await expect(row(page, pid)).toHaveAttribute('data-ended', '');
  await expect(row(page, pid).getByRole('button')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(row(page, pid)).toHaveCount(0);
});

test('a session is shown in full, is terminated after its PID was typed, and the audit lists it', async ({
  page,
  connect,
  stack,
}) => {
  const client = await connect('app_billing', 'billing-api');
  const ended = new Promise((resolve) => client.once('end', resolve));
  const pid = await pidOf(client);
  await client.query('begin');
  await client.query('update customers set phone = phone where id = 1');
  await page.goto(`/${stack.serverId}/sessions`);
  await openMenu(page, pid);
  await expect(page.getByRole('menuitem', { name: /^Cancel statement/ })).toContainText('It runs no statement');
  await page.getByRole('menuitem', { name: 'Show session' }).click();
  const detail = page.getByRole('dialog', { name: `Session ${pid}` });
  await expect(detail).toContainText('update customers set phone = phone where id = 1');
  await expect(detail).toContainText('has written');
  await detail.getByRole('button', { name: `Terminate session ${pid}…` }).click();

  const dialog = page.getByRole('dialog', { name: `Terminate session ${pid}?` });
  await expect(dialog).toContainText('app_billing in shop');
  await expect(dialog).toContainText('pg_terminate_backend');
  await expect(dialog.getByRole('button', { name: 'Keep session' })).toBeFocused();
  const act = dialog.getByRole('button', { name: `Terminate session ${pid}`, exact: true });
  await expect(act).toHaveAttribute('aria-disabled', 'true');
  await dialog.getByLabel(`Type ${pid} to confirm`).fill(String(pid));
  await act.click();
  const result = page.getByRole('dialog');
  await expect(result).toContainText(`Session ${pid} is terminated.`);
  await ended;
  await result.getByRole('link', { name: 'Audit entry' }).click();
  await expect(page.getByRole('row').filter({ hasText: `Terminate session ${pid}` })).toContainText('Done');
});

test('a running statement is cancelled and its session stays', async ({ page, connect, stack }) => {
  const client = await connect('app_report', 'metabase');
  const pid = await pidOf(client);
  const cancelled = client.query('select pg_sleep(120)').catch((error) => error);
  await page.goto(`/${stack.serverId}/sessions`);
  await expect(row(page, pid)).toContainText('Active');
  await openMenu(page, pid);
  await page.getByRole('menuitem', { name: 'Cancel statement…' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: `Cancel the statement of session ${pid}` })
    .click();
  await expect(page.getByRole('dialog')).toContainText(`The statement of session ${pid} is cancelled.`);
  expect(await cancelled).toMatchObject({ code: '57014' });
  expect(await pidOf(client)).toBe(pid);
});

test('what PostgreSQL refuses is said with its reason, and nothing is done', async ({ page, connect, stack }) => {
  const client = await connect(stack.admin, 'psql');
  const pid = await pidOf(client);
  await client.query('begin');
  await page.goto(`/${stack.serverId}/sessions`);
  await openMenu(page, pid);
  await page.getByRole('menuitem', { name: `Terminate session ${pid}…` }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('only a superuser');
  await dialog.getByLabel(`Type ${pid} to confirm`).fill(String(pid));
  await dialog.getByRole('button', { name: `Terminate session ${pid}`, exact: true }).click();
  await expect(dialog).toContainText('Failed');
  await expect(dialog).toContainText('42501');
  expect(await pidOf(client)).toBe(pid);
});

test('many are terminated from a frozen list, each with its result', async ({ page, connect, stack }) => {
  const clients = [await connect('app_shop', 'leaky'), await connect('app_shop', 'leaky')];
  const pids = [];
  for (const client of clients) {
    pids.push(await pidOf(client));
    await client.query('begin');
  }
  await page.goto(`/${stack.serverId}/sessions`);
  await page.getByRole('button', { name: 'Many at once' }).click();
  const offer = page.getByRole('menuitem', { name: /^Terminate all idle in transaction longer than 5 minutes/ });
  await expect(offer).toContainText('No session is idle in transaction for more than 5 min now.');
  await page.keyboard.press('Escape');

  // No test waits five minutes: this page hears ages ten minutes older, and asks for all older than a second.
  await page.route(/\/api\/servers\/[^/]+\/sessions$/, async (route) => {
    // Asked as if for the first time: an answer that did not change has no body to age.
    const { 'if-none-match': _, ...headers } = route.request().headers();
    const response = await route.fetch({ headers });
    const answer = await response.json();
    for (const session of answer.rows ?? []) session.state_seconds += 600;
    await route.fulfill({ response, json: answer });
  });
  await page.route('**/actions/preview', (route) => {
    const body = route.request().postDataJSON();
    body.target.filter.older_than_seconds = 1;
    return route.continue({ postData: JSON.stringify(body) });
  });
  await page.mouse.move(0, 0);
  await expect(async () => {
    await page.keyboard.press('Escape');
    await expect(offer).toBeHidden();
    await page.getByRole('button', { name: 'Many at once' }).click();
    await expect(offer).toContainText('2 now', { timeout: 1000 });
  }).toPass();
  await offer.click();
  const dialog = page.getByRole('dialog');
  const members = dialog.getByRole('list', { name: 'Sessions it is done to' });
  for (const pid of pids) await expect(members).toContainText(String(pid));
  await dialog.getByLabel('Type 2 to confirm').fill('2');
  await dialog.getByRole('button', { name: /^Terminate 2 sessions/ }).click();
  const results = dialog.getByRole('list', { name: 'What became of each session' });
  for (const pid of pids) await expect(results).toContainText(`Session ${pid} is terminated.`);
  // The page goes on polling while the test ends.
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('nothing is wrong with the page for axe, in dark and light, at 320 px', async ({ page, connect, stack }) => {
  const client = await connect('app_shop', 'shop-web');
  const pid = await pidOf(client);
  await client.query('begin');
  await page.goto(`/${stack.serverId}/sessions?idle=true`);
  await expect(row(page, pid)).toBeVisible();
  await expectSound(page);
});
