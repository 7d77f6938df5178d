import { setTimeout as sleep } from 'node:timers/promises';
import type { APIRequestContext, Page } from '@playwright/test';
import type { SeriesAnswer, TopAnswer } from '@/lib/history/answers';
import { askNow } from './ask-now';
import { expect, test } from './fixtures/test';
import { lockChain } from './lock-chain';
import { expectSound, keepFresh } from './page-checks';

test.describe.configure({ timeout: 300_000 });

const table = (page: Page, slice: string) => page.getByRole('table', { name: `Load by ${slice}`, exact: true });
const rows = (page: Page, slice: string) => table(page, slice).locator('tr[data-key]');
const plot = (page: Page) =>
  page.getByRole('region', { name: 'Average active sessions' }).locator('.chart-plot').first();

async function series(request: APIRequestContext, server: string, query: string): Promise<SeriesAnswer> {
  return (await request.get(`/api/servers/${server}/series/load?${query}`)).json();
}

/** The epoch seconds at which sessions waited for locks, as the history tells it. */
async function lockedAt(request: APIRequestContext, server: string): Promise<number[]> {
  const { columns, points } = await series(request, server, 'by=class');
  const lock = columns.indexOf('lock') + 1;
  return points.flatMap((point) => ((point[lock] ?? 0) >= 1 ? [point[0] as number] : []));
}

/** Goes over the chart from the right until the words at the cursor tell of locks; gives where that is. */
async function findLock(page: Page): Promise<{ x: number; y: number }> {
  const box = await plot(page).boundingBox();
  if (!box) throw new Error('There is no chart.');
  const y = box.y + box.height / 2;
  for (let x = box.x + box.width - 12; x > box.x + 30; x -= 6) {
    await page.mouse.move(x, y);
    // What is told of this place is drawn by the second picture from now.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    const words = await page.locator('.chart-tip').allTextContents();
    const lock = /(?:^|\D)Lock(\d+(?:\.\d+)?)/.exec(words.join(' '))?.[1];
    if (lock !== undefined && Number(lock) >= 1) return { x, y };
  }
  throw new Error('The chart shows no locks.');
}

test('a lock chain that is over is found again: by its load, at that moment, with the right root', async ({
  page,
  request,
  connect,
  stack,
}) => {
  const stop = keepFresh(request, stack.serverId, ['locks', 'sessions']);
  const chain = await lockChain(connect, 4);
  // As long as it takes until the history has seen it more than once, and keeps a moment of its locks.
  await expect
    .poll(async () => (await lockedAt(request, stack.serverId)).length, { intervals: [2000], timeout: 60_000 })
    .toBeGreaterThanOrEqual(2);
  const keeps = async () => {
    const at = Math.floor(Date.now() / 1000);
    const { rows = [] } = await (await request.get(`/api/servers/${stack.serverId}/locks?at=${at}`)).json();
    return rows.map(({ pid }: { pid: number }) => pid);
  };
  await expect.poll(keeps, { intervals: [2000], timeout: 60_000 }).toContain(chain.gate);
  stop();
  await chain.rootClient.query('rollback');
  await chain.over;
  await askNow(request, `${stack.serverId}/locks`);
  await askNow(request, `${stack.serverId}/statement-counters`);
  await sleep(12_000);

  await page.goto(`/${stack.serverId}/locks`);
  await expect(page.locator('.page-sentence')).toContainText('No session waits for a lock.');
  await page.getByRole('link', { name: 'Load', exact: true }).click();
  await expect(page).toHaveURL(/\/load/);
  await expect(rows(page, 'statement').first()).toBeVisible();

  // By what it waited for, and who.
  await page.getByRole('button', { name: 'Lock', exact: false }).first().click();
  await expect(page).toHaveURL(/filter=class:lock/);
  await expect(rows(page, 'statement').filter({ hasText: 'alter table orders' })).toBeVisible({ timeout: 30_000 });
  // Who waits for a table before the statement is planned has no query id yet.
  await expect(rows(page, 'statement').filter({ hasText: 'no query id yet' })).toBeVisible();
  await page.getByRole('button', { name: 'Wait event', exact: true }).last().click();
  await expect(rows(page, 'wait event').filter({ hasText: 'Lock: relation' })).toBeVisible();

  // The moment.
  const { x, y } = await findLock(page);
  await page.mouse.click(x, y);
  await expect(page).toHaveURL(/[?&]at=\d+/);
  const at = Number(new URL(page.url()).searchParams.get('at'));
  const locked = await lockedAt(request, stack.serverId);
  expect(Math.min(...locked.map((each) => Math.abs(each - at)))).toBeLessThanOrEqual(20);
  await expect(page.getByText(/^As of /)).toBeVisible();

  await page.getByRole('link', { name: 'Locks', exact: false }).first().click();
  await expect(page).toHaveURL(/\/locks\?.*at=\d+/);
  const line = (pid: number) => page.getByRole('treegrid', { name: 'Blocking tree' }).locator(`[data-pid="${pid}"]`);
  await expect(line(chain.root)).toHaveAttribute('aria-level', '1');
  await expect(line(chain.root)).toContainText('idle in transaction');
  await expect(line(chain.gate)).toHaveAttribute('aria-level', '2');
  await expect(page.locator('.page-sentence')).toContainText(`the root is session ${chain.root}`);

  await page.getByRole('button', { name: 'Back to live' }).first().click();
  await expect(page).not.toHaveURL(/at=/);
  await expect(page.locator('.page-sentence')).toContainText('No session waits for a lock.');
});

test('load is sliced and narrowed by the URL, and rows sum to the whole', async ({ page, request, connect, stack }) => {
  const client = await connect('app_shop', 'load-maker');
  const ends = Date.now() + 12_000;
  while (Date.now() < ends) await client.query('select count(*) as busy_one from generate_series(1, 2000000)');
  await expect
    .poll(
      async () => {
        const answer: TopAnswer = await (
          await request.get(`/api/servers/${stack.serverId}/top?by=application&filter=user:app_shop`)
        ).json();
        return answer.rows.some(({ key }) => key === 'load-maker');
      },
      { intervals: [2000], timeout: 40_000 },
    )
    .toBe(true);
  await askNow(request, `${stack.serverId}/statement-counters`);
  const answer: TopAnswer = await (await request.get(`/api/servers/${stack.serverId}/top?by=statement`)).json();
  const sum = answer.rows.reduce((all, row) => all + row.load, answer.other?.load ?? 0);
  expect(sum).toBeCloseTo(answer.load, 5);

  await page.goto(`/${stack.serverId}/load`);
  await expect(rows(page, 'statement').filter({ hasText: 'busy_one' })).toBeVisible({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Application', exact: true }).click();
  await expect(page).toHaveURL(/by=application/);
  await rows(page, 'application').filter({ hasText: 'load-maker' }).getByRole('button').first().click();
  await expect(page).toHaveURL(/filter=application:load-maker/);
  await expect(rows(page, 'application')).toHaveCount(1);
  await page.getByRole('button', { name: 'Statement', exact: true }).click();
  await expect(rows(page, 'statement').filter({ hasText: 'busy_one' })).toBeVisible();
  await page.getByRole('button', { name: 'Remove filter: Application load-maker' }).click();
  await expect(page).not.toHaveURL(/filter=/);

  await page.getByRole('button', { name: 'Wait event', exact: true }).first().click();
  await expect(page).toHaveURL(/stack=wait/);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Wait event', exact: true }).first()).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await expect(page.getByText(/set PGDECK_CPUS/)).toBeVisible();
});

test('a statement of the load leads to its history', async ({ page, request, connect, stack }) => {
  const client = await connect('app_shop', 'shop-web');
  const ends = Date.now() + 12_000;
  while (Date.now() < ends) await client.query('select sum(g) as remembered_one from generate_series(1, 3000000) as g');
  await askNow(request, `${stack.serverId}/statement-counters`);
  await page.goto(`/${stack.serverId}/load`);
  const row = rows(page, 'statement').filter({ hasText: 'remembered_one' });
  await expect(row).toBeVisible({ timeout: 40_000 });
  await row.getByRole('button', { name: /^Actions/ }).click();
  await page.getByRole('menuitem', { name: 'Open statement' }).click();
  await expect(page).toHaveURL(/\/statements\?.*statement=-?\d+/);
  await expect(page.getByRole('group', { name: 'statement', exact: true }).first()).toContainText('remembered_one');
  await expect(page.getByRole('region', { name: 'Mean time' })).toBeVisible();
});

test('load is sound for readers of the screen, in each theme and width', async ({ page, stack }) => {
  test.slow();
  await page.goto(`/${stack.serverId}/load`);
  await expect(page.getByRole('heading', { name: 'Average active sessions' })).toBeVisible();
  await expect(page.locator('.panel-waiting')).toHaveCount(0);
  await expectSound(page);
});
