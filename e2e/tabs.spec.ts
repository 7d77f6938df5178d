import { setTimeout as sleep } from 'node:timers/promises';
import { pages } from '@/bench/polling';
import { test as base, expect, password } from './fixtures/people';
import { RealChromium, type Tab } from './fixtures/real-tabs';
import { keepFresh } from './page-checks';

// Ten windows beside each other are all seen; of ten tabs in a window the nine behind are hidden, as the browser says
// itself: nothing here plays that.

const test = base.extend<{ chromium: RealChromium }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from this pattern
  chromium: async ({}, use) => {
    const chromium = new RealChromium();
    await use(chromium);
    await chromium.stop();
  },
});
test.describe.configure({ timeout: 180_000 });

const sessions = '/api/servers/default/sessions';
const signIn = (
  name: string,
) => `fetch('/api/session', { method: 'POST', headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: '${name}', password: '${password}' }) }).then((response) => response.status)`;

/** Opens a first tab, signed in as somebody. */
async function signedIn(chromium: RealChromium, url: string, name: string): Promise<Tab> {
  const tab = await chromium.open(`${url}/signin`);
  await expect.poll(() => tab.evaluate('document.readyState'), { timeout: 30_000 }).toBe('complete');
  expect(await tab.evaluate(signIn(name))).toBe(200);
  return tab;
}

const follows = (tab: Tab) => expect.poll(() => tab.askedSince(0).get(sessions) ?? 0, { timeout: 30_000 });
const shown = (tab: Tab) => expect.poll(() => tab.text(), { timeout: 30_000 });
/** Until it has asked who is signed in, as it does every ten seconds, nobody knows whether a page is more than its HTML. */
const alive = (tab: Tab) =>
  expect.poll(() => tab.askedSince(0).get('/api/session') ?? 0, { timeout: 60_000 }).toBeGreaterThan(0);
const isAnn = (tab: Tab) =>
  expect
    .poll(() => tab.evaluate(`document.querySelector('[aria-label^="Signed in as ann"]') !== null`), {
      timeout: 30_000,
    })
    .toBe(true);
const sum = (tabs: Tab[], since: number) => {
  const all = new Map<string, number>();
  for (const tab of tabs)
    for (const [what, count] of tab.askedSince(since)) all.set(what, (all.get(what) ?? 0) + count);
  // Who is signed in is each tab's own affair.
  all.delete('/api/session');
  return all;
};

test('ten windows on the same page ask once, and all see the same', async ({
  chromium,
  stack,
  connect,
  playwright,
}) => {
  const first = await signedIn(chromium, stack.url, 'ann');
  await first.open(`${stack.url}/default/sessions`);
  const tabs = [first];
  while (tabs.length < 10) tabs.push(await chromium.open(`${stack.url}/default/sessions`, { window: true }));
  for (const tab of tabs) await alive(tab);
  expect(await Promise.all(tabs.map((tab) => tab.visibility()))).toEqual(tabs.map(() => 'visible'));

  const since = Date.now();
  await sleep(16_000);
  const seconds = (Date.now() - since) / 1000;
  const asked = sum(tabs, since);
  const cadences = { sessions: 2, connections: 5, findings: 5 };
  for (const [what, every] of Object.entries(cadences)) {
    const count = asked.get(`/api/servers/default/${what}`) ?? 0;
    // Each for itself they would ask ten times as often.
    expect(count, what).toBeLessThanOrEqual(Math.ceil(seconds / every) + 1);
    expect(count, what).toBeGreaterThanOrEqual(1);
  }
  for (const [what, count] of asked) expect(count, what).toBeLessThanOrEqual(Math.ceil(seconds / 2) + 1);

  // They are told by the one that asks, and go on when that is closed.
  // Pages show who does something; the sessions end with the test.
  const work = async (name: string) =>
    void (await connect('app_shop', name)).query('select pg_sleep(300)').catch(() => {});
  const keeper = await playwright.request.newContext({ baseURL: stack.url });
  await keeper.post('/api/session', { headers: { origin: stack.url }, data: { name: 'olaf', password } });
  const stop = keepFresh(keeper, 'default', ['sessions']);
  await work('e2e one asks');
  for (const tab of tabs) await shown(tab).toContain('e2e one asks');
  for (const tab of tabs.splice(0, 7)) await tab.close();
  await work('e2e still asks');
  for (const tab of tabs) await shown(tab).toContain('e2e still asks');
  stop();
  await keeper.dispose();
});

test('tabs that nobody sees ask nothing, and come back with one request', async ({ chromium, stack }) => {
  const first = await signedIn(chromium, stack.url, 'ann');
  await first.open(`${stack.url}/default/sessions`);
  await follows(first).toBeGreaterThan(0);
  const second = await chromium.open(`${stack.url}/default/overview`);
  await expect.poll(() => first.visibility()).toBe('hidden');
  expect(await second.visibility()).toBe('visible');
  await sleep(1000);

  const hidden = Date.now();
  await sleep(12_000);
  expect([...first.askedSince(hidden)]).toEqual([]);
  // The bench's browsers ask for what pages ask for.
  const polled = pages.overview.map(({ path }) => path);
  const asked = [...sum([second], hidden).keys()].filter((what) => what !== '/api/actions'); // once
  expect(asked.length).toBeGreaterThan(5);
  for (const what of asked) expect(polled).toContain(what);

  const back = Date.now();
  await first.bringToFront();
  await expect.poll(() => first.visibility()).toBe('visible');
  await expect.poll(() => first.askedSince(back).get(sessions) ?? 0).toBeGreaterThan(0);
  await sleep(1000);
  // Before the page asks again by itself, two seconds later.
  const asks = first.asked.filter(({ at }) => at >= back);
  const soon = asks.filter(({ at }) => at < Math.min(...asks.map((each) => each.at)) + 1000).map(({ what }) => what);
  expect(soon).toContain(sessions);
  expect(soon).toEqual([...new Set(soon)]);
  await expect.poll(() => second.visibility()).toBe('hidden');
});

test('who signs out in one window takes nothing more, and another person shares nothing', async ({
  chromium,
  stack,
}) => {
  const first = await signedIn(chromium, stack.url, 'ann');
  await first.open(`${stack.url}/default/sessions`);
  const second = await chromium.open(`${stack.url}/default/sessions`, { window: true });
  for (const tab of [first, second]) {
    await alive(tab);
    await isAnn(tab);
  }

  await first.evaluate(`document.querySelector('button[aria-label="Sign out"]').click()`);
  await expect.poll(() => first.evaluate('location.pathname')).toBe('/signin');
  await shown(second).toContain('Sign in again');
  const out = Date.now();
  expect(await first.evaluate(signIn('vera'))).toBe(200);
  await first.open(`${stack.url}/default/sessions`);
  await expect.poll(() => first.askedSince(out).get(sessions) ?? 0, { timeout: 30_000 }).toBeGreaterThan(2);
  expect(second.askedSince(out).get(sessions) ?? 0).toBe(0);
  await shown(second).toContain('Sign in again');
});
