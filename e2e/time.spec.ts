import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures/test';
import { axeFindings, expectSound, keepFresh, pidOf } from './page-checks';

const now = () => Math.floor(Date.now() / 1000);
const chart = (page: Page) => page.getByRole('region', { name: /^Connections by state|^Sessions waiting/ }).first();
const frame = (page: Page) => chart(page).locator('.chart-frame');
const timeOf = (page: Page) => page.getByRole('group', { name: 'Time', exact: true });

/** Both ends in the URL, epoch seconds. */
function ends(page: Page): { from: number; to: number } {
  const { searchParams } = new URL(page.url());
  return { from: Number(searchParams.get('from')), to: Number(searchParams.get('to')) };
}

/** Draws over a plot from one share of its width to another; `let go` is left to the caller. */
async function drag(page: Page, plot: Locator, a: number, b: number): Promise<void> {
  const box = await plot.boundingBox();
  if (!box) throw new Error('The plot is not on the page');
  const left = box.x + 40;
  const width = box.width - 52;
  await page.mouse.move(left + width * a, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(left + width * ((a + b) / 2), box.y + box.height / 2, { steps: 3 });
  await page.mouse.move(left + width * b, box.y + box.height / 2, { steps: 3 });
}

/** Waits until the nearest moment that the store keeps of the sessions holds one of them, and it is not the only one. */
async function untilKept(page: Page, server: string, pid: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const answer = await page.request.get(`/api/servers/${server}/sessions?at=${now()}`);
        const { rows = [] } = (await answer.json()) as { rows?: { pid: number }[] };
        const kept = await page.request.get(`/api/servers/${server}/moments`);
        const { moments = [] } = (await kept.json()) as { moments?: unknown[] };
        // Two to walk between, and the newest, which may be of the second that is asked for.
        return rows.some((row) => row.pid === pid) && moments.length > 2;
      },
      { timeout: 180_000, intervals: [2000] },
    )
    .toBe(true);
}

test('a span is chosen, goes along from page to page, and the browser goes back through all of them', async ({
  page,
  stack,
}) => {
  await page.goto(`/${stack.serverId}/sessions`);
  await timeOf(page)
    .getByRole('button', { name: /^Last 1 h/ })
    .click();
  await page.getByRole('button', { name: 'Last 15 min' }).click();
  await expect(page).toHaveURL(/[?&]from=-900/);
  await timeOf(page)
    .getByRole('button', { name: /^Zoom out/ })
    .click();
  await expect(page).toHaveURL(/[?&]from=-1800/);
  await timeOf(page)
    .getByRole('button', { name: /earlier$/ })
    .click();
  await expect(page).toHaveURL(/from=\d{10}&to=\d{10}/);
  const span = ends(page);
  expect(span.to - span.from).toBe(1800);

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Locks' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Locks');
  expect(ends(page)).toEqual(span);
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sessions');
  expect(ends(page)).toEqual(span);
  await page.goBack();
  await expect(timeOf(page)).toContainText('Last 30');
  await page.goBack();
  await expect(timeOf(page)).toContainText('Last 15');
  await page.goForward();
  await expect(timeOf(page)).toContainText('Last 30');
  await page.goForward();
  await timeOf(page).getByRole('button', { name: 'Back to live' }).click();
  await expect(timeOf(page)).toContainText('Last 30');
});

test('from and to are typed, and what is wrong with them is said', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/sessions`);
  await timeOf(page)
    .getByRole('button', { name: /^Last 1 h/ })
    .press('Enter');
  const popover = page.getByRole('dialog');
  const from = popover.getByLabel('From');
  const before = await from.inputValue();
  await from.fill(await popover.getByLabel('To', { exact: true }).inputValue());
  await expect(popover).toContainText('From has to be before to.');
  await from.press('Enter');
  await expect(popover).toBeVisible();
  await from.fill('2099-01-01T00:00');
  await popover.getByLabel('To', { exact: true }).fill('2099-01-02T00:00');
  await expect(popover).toContainText('From is in the future.');
  await from.fill(before);
  await popover.getByLabel('To', { exact: true }).fill(before.replace(/..$/, '59'));
  await from.fill(before.replace(/..$/, '01'));
  await from.press('Enter');
  await expect(popover).toBeHidden();
  await expect.poll(() => ends(page).to - ends(page).from).toBe(58 * 60);
});

test('a drag zooms, Escape gives it up, and the menu zooms without dragging', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/sessions?from=-900`);
  await expect(frame(page).locator('svg.recharts-surface')).toBeVisible();
  await drag(page, frame(page), 0.2, 0.6);
  await expect(frame(page).locator('.chart-span')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(frame(page).locator('.chart-span')).toBeHidden();
  await page.mouse.up();
  await expect(page).toHaveURL(/from=-900$/);

  await drag(page, frame(page), 0.6, 0.2);
  await page.mouse.up();
  await expect(page).toHaveURL(/from=\d{10}&to=\d{10}/);
  const zoomed = ends(page);
  expect(zoomed.to - zoomed.from).toBeLessThan(500);
  await page.goBack();
  await expect(page).toHaveURL(/from=-900$/);

  await chart(page)
    .getByRole('button', { name: /^Time and files/ })
    .press('Enter');
  await page.getByRole('menuitem', { name: 'Set from and to…' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Time of the charts' });
  const to = await dialog.getByLabel('To', { exact: true }).inputValue();
  await dialog.getByRole('button', { name: 'Show' }).press('Enter');
  await expect(page).toHaveURL(/from=\d{10}&to=\d{10}/);
  expect(ends(page).to).toBe(Math.floor(new Date(to).getTime() / 1000));
  // A figure of now; marks of changes on the chart have words of their own.
  await expect(chart(page)).not.toContainText(/\d now/);
});

test('what a chart shows is saved as CSV and JSON', async ({ page, stack }) => {
  const points = async () =>
    (await (await page.request.get(`/api/servers/${stack.serverId}/series/connections`)).json()).points ?? [];
  await expect.poll(async () => (await points()).length).toBeGreaterThan(0);
  await page.goto(`/${stack.serverId}/sessions?from=-900`);
  await expect(frame(page).locator('svg.recharts-surface')).toBeVisible();
  const save = async (name: string) => {
    await chart(page)
      .getByRole('button', { name: /^Time and files/ })
      .click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name }).click()]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') };
  };
  const csv = await save('Save as CSV');
  expect(csv.name).toMatch(/connections.*\.csv$/);
  const [head = '', ...rows] = csv.text.trim().split(/\r?\n/);
  expect(head.split(',').slice(1)).toContain('active');
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row.split(',').length).toBe(head.split(',').length);
  const json = await save('Save as JSON');
  expect(json.name).toMatch(/connections.*\.json$/);
  expect(JSON.parse(json.text)).toMatchObject({ series: 'connections', columns: expect.arrayContaining(['active']) });
});

test('a change stands on every chart, opens to what changed, and leads to its moment', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/overview?from=-900`);
  const set = await page.request.post('/api/annotations', {
    headers: { origin: stack.url },
    data: { server: stack.serverId, title: 'deploy billing 7', at: now() - 5 },
  });
  expect(set.status()).toBe(201);
  await page.reload();
  // Other tests change the same server: the mark is in one of the newest chips of a chart, alone or with others.
  const charts = page.locator('.chart-plot').filter({ has: page.locator('.chart-event') });
  await expect(charts).toHaveCount(4, { timeout: 30_000 });
  const list = page.getByRole('dialog').filter({ hasText: 'deploy billing 7' });
  let fromEnd = 0;
  await expect(async () => {
    const chips = charts.first().locator('.chart-event');
    const chip = chips.nth(-1 - (fromEnd++ % (await chips.count())));
    await page.keyboard.press('Escape');
    await chip.focus({ timeout: 2000 });
    await chip.press('Enter', { timeout: 2000 });
    await expect(list).toBeVisible({ timeout: 2000 });
  }).toPass();
  await expect(list.getByRole('link', { name: 'All changes' })).toHaveAttribute('href', /\/changes\?from=-900/);
  await list
    .getByRole('button', { name: /^Show everything at/ })
    .last()
    .click();
  await expect(page).toHaveURL(/[?&]at=\d{10}/);
  await expect(page.locator('.banner-past')).toContainText('As of');
});

test('a click on a chart shows everything as it was then, with all actions off', async ({
  page,
  request,
  connect,
  stack,
}) => {
  test.setTimeout(300_000);
  const stop = keepFresh(request, stack.serverId, ['sessions']);
  const client = await connect('app_shop', 'time e2e');
  await client.query('begin');
  await client.query('select count(*) from orders');
  const pid = await pidOf(client);
  await client.query('select count(*) from orders');
  await page.goto(`/${stack.serverId}/sessions?from=-900`);
  await untilKept(page, stack.serverId, pid);
  stop();
  const asOf = now();
  await client.query('rollback');
  await client.end();

  const box = await frame(page).boundingBox();
  if (!box) throw new Error('The chart is not on the page');
  await page.mouse.click(box.x + box.width - 60, box.y + box.height / 2);
  await expect(page).toHaveURL(/[?&]at=\d{10}/);
  const banner = page.locator('.banner-past');
  await expect(banner).toContainText(/As of .*Everything on this page is from that moment.*Actions are off/);
  await expect(page).toHaveTitle(/^Past/);

  await page.goto(`/${stack.serverId}/sessions?from=-900&at=${asOf}&session=${pid}`);
  const dialog = page.getByRole('dialog', { name: `Session ${pid}` });
  await expect(dialog).toBeVisible();
  const terminate = dialog.getByRole('button', { name: /^Terminate session/ });
  await expect(terminate).toHaveAttribute('aria-disabled', 'true');
  await expect(terminate).toHaveAttribute('title', /looking at the past/);
  await dialog.getByRole('button', { name: 'Close' }).first().click();
  await page
    .getByRole('button', { name: `Actions: session ${pid}` })
    .first()
    .click();
  await expect(page.getByRole('menuitem', { name: /^Terminate session/ })).toContainText('You are looking at the past');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toBeHidden();
  await expect(page.locator('.live-strip').first()).toContainText('As of');
  expect(await axeFindings(page)).toEqual([]);

  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('Shift+ArrowLeft');
  await expect(page).toHaveURL(new RegExp(`at=${asOf - 60}`));
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page).toHaveURL(new RegExp(`at=${asOf}`));
  const shown = () => Number(new URL(page.url()).searchParams.get('at'));
  await page.keyboard.press('ArrowLeft');
  await expect.poll(shown).toBeLessThan(asOf);
  const last = shown();
  await page.keyboard.press('ArrowLeft');
  await expect.poll(shown).toBeLessThan(last);
  await page.keyboard.press('ArrowRight');
  await expect.poll(shown).toBe(last);

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Locks' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Locks');
  await expect(banner).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(banner).toBeHidden();
  await expect(timeOf(page)).toContainText('Last 15');
  await expect(page).not.toHaveURL(/at=/);
});

test('the time of a page and the past are sound for readers of the screen, in each theme and width', async ({
  page,
  stack,
}) => {
  test.slow();
  await page.goto(`/${stack.serverId}/sessions?at=${now() - 30}`);
  await expect(page.locator('.banner-past')).toBeVisible();
  await expect(frame(page).locator('svg.recharts-surface')).toBeVisible();
  await expectSound(page);
  await page.goto(`/${stack.serverId}/sessions?from=-900`);
  await timeOf(page)
    .getByRole('button', { name: /^Last 15/ })
    .click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectSound(page);
});
