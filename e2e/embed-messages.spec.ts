import type { Page } from '@playwright/test';
import { mountIn } from './fixtures/harness';
import { expect, test } from './fixtures/two-sites';

// What a frame and its portal say to each other, in the real pages; what either hears of others.

test.describe.configure({ timeout: 300_000 });

const inside = (page: Page) => page.frameLocator('main iframe');
const heading = (page: Page) => inside(page).getByRole('heading', { level: 1 });
const tables = (page: Page) => inside(page).getByRole('table', { name: 'Tables', exact: true });
const height = (page: Page) => page.locator('main iframe').evaluate((frame) => frame.clientHeight);
const minutes = (count: number) => count * 60_000;

declare global {
  interface Window {
    /** In the frame: what changed of it that somebody could see. */
    changes: string[];
  }
}

/** Posts to the frame from the page around it; a portal's own script could. */
const post = (page: Page, message: object) =>
  page.evaluate((message) => {
    const frame = document.querySelector<HTMLIFrameElement>('main iframe');
    frame?.contentWindow?.postMessage({ pgdeck: 1, ...message }, '*');
  }, message);

test('the session is renewed without a flicker; where the portal fails it ends in words and comes back', async ({
  sites,
  page,
}) => {
  await page.clock.install();
  const bearers = new Set<string>();
  page.on('request', (request) => {
    const { authorization } = request.headers();
    if (authorization !== undefined) bearers.add(authorization);
  });
  const mounted = await mountIn(page, sites, sites.deck, '/default/tables');
  await expect(tables(page)).toContainText('order_items');
  await inside(page).getByRole('searchbox').fill('order');
  await inside(page)
    .locator('.embed')
    .evaluate((embed) => {
      const changes: string[] = [];
      window.changes = changes;
      const main = embed.querySelector('main');
      new MutationObserver(() => {
        if (!main?.isConnected || embed.getAttribute('data-state') !== 'on')
          changes.push(embed.outerHTML.slice(0, 200));
      }).observe(embed, { attributes: true, childList: true, subtree: true });
    });
  for (const round of [1, 2]) {
    const renewed = page.waitForResponse((response) => response.url().endsWith('/api/embed/session'));
    await page.clock.fastForward(minutes(9));
    await (await renewed).finished();
    // The frame has taken its new session in once it asks with it; only then does the time of that one run.
    await expect.poll(() => bearers.size).toBe(1 + round);
    expect(mounted.calls).toBe(1 + round);
  }
  await expect(inside(page).getByRole('searchbox')).toHaveValue('order');
  expect(await page.frames()[1]?.evaluate(() => window.changes)).toEqual([]);

  const { mint } = mounted;
  mounted.mint = () => Promise.reject(new Error('the portal is away'));
  await page.clock.fastForward(minutes(11));
  await expect(inside(page).getByText('The session of this frame has ended.')).toBeVisible();
  await expect(tables(page)).toContainText('order_items');
  await expect.poll(async () => (await mounted.seen()).errors.length).toBeGreaterThan(0);
  await expect
    .poll(async () => (await mounted.seen()).toasts)
    .toContain('The session of pgdeck in this frame has ended.');
  mounted.mint = mint;
  // The next attempt may just be under way, and the pause after it begins then.
  await expect(async () => {
    await page.clock.fastForward(minutes(1));
    await expect(inside(page).getByText('The session of this frame has ended.')).toHaveCount(0, { timeout: 3000 });
  }).toPass({ timeout: 30_000 });
  await expect(inside(page).getByRole('searchbox')).toHaveValue('order');
});

test('the frame is as high as its page, and a page that grows with its frame is stopped', async ({ sites, page }) => {
  const mounted = await mountIn(page, sites, sites.deck, '/default/locks');
  await expect(heading(page)).toHaveText('Locks');
  const heights = async () => (await mounted.seen()).said.filter(({ type }) => type === 'height').length;
  await expect.poll(heights).toBeGreaterThan(0);
  const short = await height(page);
  await page.evaluate(() => window.frame.navigate('/default/overview'));
  await expect(inside(page).getByRole('heading', { name: 'Biggest tables' })).toBeVisible();
  await expect.poll(() => height(page)).toBeGreaterThan(short + 200);
  // Nothing is left to scroll inside.
  await expect
    .poll(() =>
      inside(page)
        .locator('html')
        .evaluate((html) => html.scrollHeight - html.clientHeight),
    )
    .toBeLessThanOrEqual(4);

  // All that comes is of one second by this clock, however slow the machine is.
  await inside(page)
    .locator('.embed')
    .evaluate((embed: HTMLElement) => {
      const now = performance.now();
      performance.now = () => now;
      embed.style.minHeight = 'calc(100vh + 5px)';
    });
  const before = await heights();
  await expect.poll(async () => (await heights()) - before).toBeGreaterThan(5);
  let last = -1;
  await expect(async () => {
    const seen = last;
    last = await heights();
    expect(last).toBe(seen);
  }).toPass({ intervals: [1500] });
  expect(last - before).toBeLessThanOrEqual(30);
  expect(await height(page)).toBeLessThan(20_000);
});

test('where the portal leads before the whole deck is there is where it begins, as the whole deck', async ({
  sites,
  page,
}) => {
  // Nothing is shown without a token: until the portal has led the frame, there is none.
  let lead = () => {};
  const led = new Promise<void>((resolve) => {
    lead = resolve;
  });
  const mint = () => led.then(() => sites.token({ aud: sites.deck }));
  const mounted = await mountIn(page, sites, sites.deck, '', { mint });
  await page.evaluate(() => window.frame.navigate('/default/locks'));
  lead();
  await expect(heading(page)).toHaveText('Locks');
  await expect(inside(page).getByRole('navigation', { name: 'Pages' })).toBeVisible();
  // A page tells its place when it has been shown, which is later than a heading is there.
  const places = async () => (await mounted.seen()).places.map(([path]) => path);
  await expect.poll(async () => new Set(await places())).toEqual(new Set(['/default/locks']));
});

// T24: without the comparison of `source` in Line.listen() the inner frame leads to another page.
test('T24: the frame hears nobody but its portal, and no page but its own', async ({ sites, page }) => {
  await mountIn(page, sites, sites.deck, '/default/tables');
  await expect(tables(page)).toContainText('order_items');
  const messages = [
    { type: 'navigate', path: '/default/locks' },
    { type: 'theme', theme: 'high-contrast' },
    { type: 'init', token: await sites.token({ role: 'viewer' }), theme: 'high-contrast' },
    { type: 'token', token: 'nothing' },
  ];
  for (const src of [`${await sites.origin('evil.test')}/relay`, `${sites.portal}/relay`])
    await page.evaluate(
      ({ src, messages }) =>
        new Promise<void>((done) => {
          const frame = document.createElement('iframe');
          frame.src = src;
          frame.onload = () => {
            for (const message of messages) frame.contentWindow?.postMessage({ pgdeck: 1, ...message }, '*');
            done();
          };
          document.body.append(frame);
        }),
      { src, messages },
    );
  // From the portal, but no page of pgdeck's: the last one is heard, the ones before were not.
  for (const path of [
    'https://evil.test/',
    '//evil.test/default/locks',
    '/\\evil.test/locks',
    '/default/../../api/servers',
    '/api/servers',
    '/signin',
    '/embed/default/locks',
    '/default/nothing',
    '/default/locks/more',
    'javascript:alert(1)',
    7,
    null,
  ])
    await post(page, { type: 'navigate', path });
  await page.waitForTimeout(1_000);
  await expect(heading(page)).toHaveText('Tables');
  await expect(inside(page).locator('html')).not.toHaveAttribute('data-theme', 'high-contrast');
  expect(page.frames()[1]?.url()).toContain('/embed/default/tables');
  await post(page, { type: 'navigate', path: '/default/locks' });
  await expect(heading(page)).toHaveText('Locks');
});

test('what is typed, and the text of a query, is told to no portal', async ({ sites, page }) => {
  const mounted = await mountIn(page, sites, sites.deck, '/default/sessions');
  await expect(heading(page)).toHaveText('Sessions');
  await inside(page).getByRole('searchbox').fill('select secret_of_somebody');
  await expect.poll(() => page.frames()[1]?.url()).toContain('secret_of_somebody');
  await page.evaluate(() => window.frame.navigate('/default/statements'));
  await expect(heading(page)).toHaveText('Statements');
  await expect.poll(async () => (await mounted.seen()).places.at(-1)?.[0]).toMatch(/^\/default\/statements/);
  const types = async () => new Set((await mounted.seen()).said.map(({ type }) => type));
  await expect.poll(types).toEqual(new Set(['ready', 'height', 'location']));
  const { said, places } = await mounted.seen();
  expect(JSON.stringify([said, places])).not.toMatch(/secret_of_somebody|select|eyJ/i);
});

test('a page whose pgdeck is in its portal alone is opened by the portal, at pgdeck’s own address', async ({
  sites,
  page,
}) => {
  const only = await sites.another({ PGDECK_AUTH: 'embed' });
  const mounted = await mountIn(page, sites, only.deck, '/default/tables?sort=n_dead_tup.desc');
  // By its key: what is below the page moves while that grows.
  await inside(page).getByRole('button', { name: 'Open in full window' }).press('Enter');
  await expect
    .poll(async () => (await mounted.seen()).opened)
    .toEqual([`${only.deck}/default/tables?sort=n_dead_tup.desc`]);
  await only.stop();
});
