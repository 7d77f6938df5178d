import type { Page } from '@playwright/test';
import type { CompareAnswer } from '@/lib/history/answers';
import { askNow } from './ask-now';
import { expect, test } from './fixtures/test';
import { expectSound } from './page-checks';

test.describe.configure({ timeout: 300_000 });

const rows = (page: Page) => page.getByRole('table', { name: 'Statements compared' }).locator('tr[data-key]');
const minute = 60_000;
const nextMinute = () => Math.ceil(Date.now() / minute) * minute;

test('a statement that does more in B than in A leads the list, with the reason, and opens to both sides', async ({
  page,
  request,
  connect,
  stack,
}) => {
  const client = await connect('app_shop', 'shop-web');
  const work = async (rounds: number) => {
    await client.query(`select count(*) as grown_one from generate_series(1, ${rounds}) as g where g % 7 = 0`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  };
  const begin = Math.floor(Date.now() / 1000);
  await work(1000);
  await askNow(request, `${stack.serverId}/statement-counters`);
  // A: a little; B: much more in each call. Statements are recorded by the minute.
  let until = nextMinute() + minute;
  while (Date.now() < until) await work(1000);
  const middle = Math.floor(until / 1000);
  until += 1.5 * minute;
  while (Date.now() < until) await work(500_000);
  const end = middle + 120;
  const query = `a=${begin - (begin % 60)},${middle}&b=${middle},${end}`;
  await expect
    .poll(
      async () => {
        const answer: CompareAnswer = await (
          await request.get(`/api/servers/${stack.serverId}/compare?topic=slow-queries&${query}`)
        ).json();
        const row = answer.rows?.find(({ label }) => label?.includes('grown_one'));
        return answer.a?.coveredSeconds > 0 && (row?.time?.total ?? 0) > 10;
      },
      { intervals: [3000], timeout: 100_000 },
    )
    .toBe(true);

  await page.goto(`/${stack.serverId}/compare?${query}`);
  await expect(page.locator('.page-sentence')).toContainText(/grown_one.*because/);
  const row = rows(page).filter({ hasText: 'grown_one' }).first();
  await expect(row).toBeVisible();
  await expect(page.getByText(/The listed statements are .* of the server's statement time/)).toBeVisible();
  await row.getByRole('button', { expanded: false }).click();
  await expect(page).toHaveURL(/row=/);
  const waterfall = page.getByRole('list', { name: /Where the change of time comes from/ });
  await expect(waterfall).toContainText('More executing');
  await page.getByRole('link', { name: 'Open statement' }).click();
  await expect(page).toHaveURL(/\/statements\?.*statement=-?\d+/);
  await page.goBack();

  await page.getByRole('button', { name: 'Waits', exact: true }).click();
  await expect(page.locator('.page-sentence')).toContainText(/Load .* → .* average active sessions/);
  await page.getByRole('button', { name: 'Tables', exact: true }).click();
  await expect(page).toHaveURL(/of=tables/);
  // Tables are recorded every two minutes: of windows this short not each is known.
  await expect(page.locator('.page-sentence')).toContainText(/^(Tables|No table|pgdeck knows nothing of)/);
});

test('windows are chosen by presets and by hand, and what is not known of them is said', async ({ page, stack }) => {
  await page.goto(`/${stack.serverId}/compare`);
  await page.getByRole('button', { name: 'Same hour last week' }).click();
  await expect(page).toHaveURL(/a=\d+(,|%2C)\d+&b=\d+/);
  await expect(page.getByRole('button', { name: 'Same hour last week' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('.page-sentence')).toContainText('pgdeck knows nothing of');
  await page.getByRole('button', { name: 'From and to…' }).click();
  const form = page.getByRole('dialog', { name: 'Windows of your own' });
  await form.getByLabel('A to').fill('2020-01-01T00:00');
  await expect(form.getByText('A has to begin before it ends.')).toBeVisible();
  await form.getByLabel('A from').fill('2019-12-31T00:00');
  await form.getByRole('button', { name: 'Compare' }).click();
  await expect(page.getByText('31 Dec 2019, 00:00 – 1 Jan 2020, 00:00')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('button', { name: 'Same hour last week' })).toHaveAttribute('aria-pressed', 'true');
});

test('compare is sound for readers of the screen, in each theme and width', async ({ page, stack }) => {
  test.slow();
  await page.goto(`/${stack.serverId}/compare`);
  await expect(page.getByRole('button', { name: 'Previous hour' })).toBeVisible();
  await expect(page.locator('.panel-waiting')).toHaveCount(0);
  await expectSound(page);
});
