import { expect, test } from '@playwright/test';
import { deck, got, mount, open, portal, say, seen, settle } from './fixtures/client-page';

// public/embed.js alone, against frames that are played: what it sends, what it takes, and what it leaves.

test('a frame that is ready gets a token, look and language, and no address ever carries the token', async ({
  page,
}) => {
  const { asked } = await open(page);
  await mount(page, `${deck}/embed/main/overview`);
  await expect
    .poll(() => got(page))
    .toEqual([{ pgdeck: 1, type: 'init', token: 'token-1', theme: 'dark', locale: 'de-CH', from: portal }]);
  const frame = page.locator('main > iframe');
  await expect(frame).toHaveAttribute('title', 'pgdeck');
  await expect(frame).toHaveAttribute('sandbox', /^allow-scripts allow-same-origin /);
  await expect(frame).not.toHaveAttribute('sandbox', /allow-top-navigation|allow-modals/);
  expect(await frame.evaluate((e) => e.clientWidth === e.parentElement?.clientWidth)).toBe(true);
  await page.evaluate(() => {
    const { mounted } = window;
    mounted.setTheme('light');
    mounted.navigate('/main/locks');
    mounted.refresh();
  });
  await expect
    .poll(async () => (await got(page)).slice(1).map(({ pgdeck, from, ...rest }) => rest))
    .toEqual([{ type: 'theme', theme: 'light' }, { type: 'navigate', path: '/main/locks' }, { type: 'refresh' }]);
  expect(asked.filter((url) => url.includes('token-'))).toEqual([]);
});

test('a frame that loads again gets a new token; what was asked of it meanwhile is told afterwards', async ({
  page,
}) => {
  await open(page);
  await mount(
    page,
    `${deck}/embed/main/overview`,
    '(n) => n === 1 ? "token-1" : new Promise((done) => seen.release.push(() => done("token-" + n)))',
  );
  await expect.poll(() => got(page)).toHaveLength(1);
  await page.evaluate((src) => {
    (document.querySelector('iframe') as HTMLIFrameElement).src = src;
  }, `${deck}/embed/main/sessions`);
  await expect.poll(async () => (await seen(page)).calls).toBe(2);
  await page.evaluate(() => {
    const { mounted, seen } = window;
    mounted.setTheme('light');
    mounted.navigate('/main/locks');
    seen.release[0]?.();
  });
  await expect
    .poll(() => got(page))
    .toMatchObject([
      { type: 'init', token: 'token-2', theme: 'light' },
      { type: 'navigate', path: '/main/locks' },
    ]);
});

test('an address that is given while the first page is being opened is the one that is shown', async ({ page }) => {
  await open(page);
  let answer = () => {};
  const held = new Promise<void>((done) => {
    answer = done;
  });
  const isFirst = (url: URL) => url.origin === deck && url.pathname.startsWith('/embed/') && url.search === '';
  await page.route(isFirst, async (route) => {
    await held;
    await route.fallback();
  });
  const asked = page.waitForRequest((request) => isFirst(new URL(request.url())));
  await mount(page, `${deck}/embed/main/overview`);
  await asked;
  // The browser shows the first page meanwhile, and the portal's page does not know yet: Chromium then drops what it wants.
  const given = page.evaluate((src) => {
    const until = performance.now() + 1000;
    while (performance.now() < until);
    (document.querySelector('iframe') as HTMLIFrameElement).src = src;
  }, `${deck}/embed/main/overview?nav=1`);
  setTimeout(answer, 200);
  await given;
  await expect.poll(() => page.frames()[1]?.url()).toBe(`${deck}/embed/main/overview?nav=1`);
  await expect.poll(() => got(page)).toMatchObject([{ type: 'init' }]);
});

// Fails where that address is given again: with a fragment it loads nothing, and the page that is there waits for ever.
test('an address with a fragment that is given before the first page is there begins as well', async ({ page }) => {
  await open(page);
  const isFirst = (url: URL) => url.origin === deck && url.pathname.startsWith('/embed/') && url.search === '';
  // The first page never comes: the one that is heard first is the other one.
  await page.route(isFirst, () => {});
  const asked = page.waitForRequest((request) => isFirst(new URL(request.url())));
  await mount(page, `${deck}/embed/main/overview`);
  await asked;
  await page.evaluate((src) => {
    (document.querySelector('iframe') as HTMLIFrameElement).src = src;
  }, `${deck}/embed/main/overview?nav=1#rows`);
  await expect.poll(() => got(page)).toMatchObject([{ type: 'init' }]);
  await expect.poll(() => page.frames()[1]?.url()).toBe(`${deck}/embed/main/overview?nav=1#rows`);
});

test('where the portal leads while a page gives way to another one is told to the one that comes, unless an address came after it', async ({
  page,
}) => {
  await open(page);
  await mount(page, `${deck}/embed/main/overview`);
  await expect.poll(() => got(page)).toHaveLength(1);
  const goes = (slug: string, after: boolean) =>
    page.evaluate(
      ({ src, after }) => {
        const frame = document.querySelector('iframe') as HTMLIFrameElement;
        if (after) frame.src = src;
        window.mounted.navigate('/main/locks');
        if (!after) frame.src = src;
      },
      { src: `${deck}/embed/main/${slug}`, after },
    );
  await goes('sessions', true);
  await expect
    .poll(() => got(page))
    .toMatchObject([
      { type: 'init', token: 'token-2' },
      { type: 'navigate', path: '/main/locks' },
    ]);
  await goes('tables', false);
  await expect.poll(() => got(page)).toMatchObject([{ type: 'init', token: 'token-3' }]);
  await settle(page);
  expect(await got(page)).toHaveLength(1);
  // Once the frame has told where it is, that is over.
  await page.evaluate(() => window.mounted.navigate('/main/locks'));
  await say(page, { type: 'location', path: '/main/locks', title: 'Locks' });
  await settle(page);
  await page.evaluate(() => {
    (document.querySelector('iframe') as HTMLIFrameElement).contentWindow?.postMessage({ again: true }, '*');
  });
  await expect.poll(() => got(page)).toMatchObject([{ type: 'init', token: 'token-4' }]);
  await settle(page);
  expect(await got(page)).toHaveLength(1);
});

test('who asks for a token twice at once gets one', async ({ page }) => {
  await open(page);
  await mount(
    page,
    `${deck}/embed`,
    '(n) => n === 1 ? "token-1" : new Promise((done) => seen.release.push(() => done("token-" + n)))',
  );
  await expect.poll(() => got(page)).toHaveLength(1);
  await page.clock.install();
  for (let i = 0; i < 3; i++) await say(page, { type: 'auth-required', reason: 'expiring' });
  await settle(page);
  await page.clock.runFor(40_000);
  expect((await seen(page)).calls).toBe(2);
  await page.evaluate(() => window.seen.release[0]?.());
  await expect
    .poll(async () => (await got(page)).map(({ type, token }) => [type, token]))
    .toEqual([
      ['init', 'token-1'],
      ['token', 'token-2'],
    ]);
});

test('a token that cannot be had, or is not taken, is asked for again after growing pauses', async ({ page }) => {
  await page.clock.install();
  await open(page);
  await page.clock.pauseAt(new Date(Date.now() + 3_600_000));
  await mount(page, `${deck}/embed`, '(n) => { if (n < 4) throw new Error("no " + n); return "token-" + n; }');
  // By real time the frame loads; by the page's clock nothing passes but what is said here.
  const calls = async () => (await seen(page)).calls;
  await expect(async () => {
    await page.clock.runFor(1);
    expect(await calls()).toBe(1);
  }).toPass();
  for (const [seconds, before] of [
    [1, 1],
    [2, 2],
    [5, 3],
  ] as const) {
    await page.clock.runFor(seconds * 1000 - 100);
    expect(await calls()).toBe(before);
    await page.clock.runFor(100);
    expect(await calls()).toBe(before + 1);
  }
  expect((await seen(page)).errors).toEqual(['no 1', 'no 2', 'no 3']);
  await expect.poll(() => got(page)).toMatchObject([{ type: 'init', token: 'token-4' }]);
  // Refused at once: the pause goes on from where it was.
  await say(page, { type: 'auth-required', reason: 'token_used' });
  await settle(page);
  await page.clock.runFor(14_000);
  expect(await calls()).toBe(4);
  await page.clock.runFor(2_000);
  expect(await calls()).toBe(5);
  // Long after, it is a renewal, and there is no pause.
  await page.clock.runFor(60_000);
  await say(page, { type: 'auth-required', reason: 'expiring' });
  await settle(page);
  await page.clock.runFor(1);
  expect(await calls()).toBe(6);
});

// T24: without the comparison of `source` and `origin` in hear() these heights, places and windows come through.
test('T24: messages of other windows, other origins and other protocols are not heard', async ({ page }) => {
  await open(page);
  await mount(page, `${deck}/embed`);
  await expect.poll(() => got(page)).toHaveLength(1);
  await page.evaluate(
    (sources) => {
      for (const [id, src] of sources) {
        const frame = document.createElement('iframe');
        Object.assign(frame, { id, src });
        document.body.append(frame);
      }
    },
    [
      ['same', `${deck}/other?mute`],
      ['evil', 'https://evil.test/?mute'],
    ] as const,
  );
  await expect.poll(() => page.frames().filter((frame) => frame.url().includes('mute')).length).toBe(2);
  // They listen.
  for (const frame of page.frames()) await frame.waitForLoadState('load');
  const messages = [
    { type: 'height', px: 4321 },
    { type: 'location', path: '/evil', title: 'evil' },
    { type: 'toast', text: 'evil', level: 'error' },
    { type: 'open', path: '/evil' },
    { type: 'auth-required', reason: 'expiring' },
    { type: 'ready', version: 1 },
  ];
  await page.evaluate(() => {
    let arrived = 0;
    addEventListener('message', () => {
      document.body.dataset.arrived = String(++arrived);
    });
  });
  for (const message of messages) {
    for (const id of ['#same', '#evil']) await say(page, message, id);
    await say(page, { ...message, pgdeck: 2 });
    await page.evaluate((message) => window.postMessage({ pgdeck: 1, ...message }, '*'), message);
  }
  await expect(page.locator('body')).toHaveAttribute('data-arrived', String(4 * messages.length));
  // The frame of the mount, led to another origin by somebody, is not believed either, and is sent nothing.
  await settle(page);
  expect(await seen(page)).toMatchObject({ calls: 1, places: [], toasts: [[expect.any(String), 'info']], opened: [] });
  expect(await page.locator('main > iframe').evaluate((e) => e.style.height)).toBe('480px');
  await page.evaluate(() => {
    (document.querySelector('main > iframe') as HTMLIFrameElement).src = 'https://evil.test/';
  });
  await expect.poll(() => page.frames().some((frame) => frame.url() === 'https://evil.test/')).toBe(true);
  for (const frame of page.frames()) await frame.waitForLoadState('load');
  const arrived = async () => Number(await page.locator('body').getAttribute('data-arrived'));
  const before = await arrived();
  await page.evaluate(() => window.mounted.navigate('/main/locks'));
  for (const message of messages) await say(page, message);
  await expect.poll(arrived).toBeGreaterThanOrEqual(before + messages.length);
  expect(await seen(page)).toMatchObject({ calls: 1, places: [] });
  expect(await got(page)).toEqual([]);
});

test('heights are held within bounds, places and toasts are told, and only pgdeck’s own pages are opened', async ({
  page,
}) => {
  await open(page);
  await mount(page, `${deck}/tools/pgdeck/embed/main/overview`);
  await expect.poll(() => got(page)).toHaveLength(1);
  const height = () => page.locator('iframe').evaluate((e) => e.style.height);
  for (const [px, shown] of [
    [777.4, '777px'],
    [5, '200px'],
    [9e9, '20000px'],
    ['12', '20000px'],
    [Number.NaN, '20000px'],
  ]) {
    await say(page, { type: 'height', px });
    await settle(page);
    expect(await height()).toBe(shown);
  }
  await say(page, { type: 'location', path: '/main/locks?at=1', title: 'Locks' });
  for (const path of ['https://evil.test/', '//evil.test/', '/\\evil.test/', 7, undefined]) {
    await say(page, { type: 'location', path, title: 'evil' });
    await say(page, { type: 'open', path });
  }
  for (const path of ['/../..//evil.test', '/../../admin', '/../pgdeck-other/x'])
    await say(page, { type: 'open', path });
  await say(page, { type: 'open', path: '/main/locks?at=1' });
  await say(page, { type: 'unheard-of', path: '/x' });
  await say(page, { type: 'toast', text: 'x'.repeat(500), level: 'warning' });
  await settle(page);
  const { places, toasts, opened } = await seen(page);
  expect(places).toEqual([['/main/locks?at=1', 'Locks']]);
  expect(opened).toEqual([`${deck}/tools/pgdeck/main/locks?at=1`]);
  expect(toasts.find(([text]) => text.startsWith('x'))).toEqual(['x'.repeat(200), 'warning']);
});

test('several mounts on one page do not hear each other, and one that was taken away asks for nothing any more', async ({
  page,
}) => {
  await open(page);
  await mount(page, `${deck}/embed/main/overview`, '(n) => "first-" + n');
  await expect.poll(() => got(page)).toHaveLength(1);
  await page.evaluate(() => {
    window.first = { mounted: window.mounted, seen: window.seen };
  });
  await mount(page, `${deck}/embed/main/locks`, '(n) => "second-" + n');
  await expect.poll(() => got(page, 1)).toMatchObject([{ token: 'second-1' }]);
  await say(page, { type: 'height', px: 900 }, 'iframe:nth-of-type(2)');
  await expect(page.locator('iframe').nth(1)).toHaveCSS('height', '900px');
  await expect(page.locator('iframe').nth(0)).toHaveCSS('height', '480px');
  expect(await got(page)).toMatchObject([{ token: 'first-1' }]);
  await page.evaluate(() => window.first.mounted.destroy());
  await expect(page.locator('iframe')).toHaveCount(1);
  await say(page, { type: 'auth-required', reason: 'expiring' });
  await expect.poll(async () => (await seen(page)).calls).toBe(2);
  expect(await page.evaluate(() => window.first.seen.calls)).toBe(1);
});

test('a frame that stays silent is told with what to look at; a wrong address is refused', async ({ page }) => {
  await page.clock.install();
  await open(page);
  await mount(page, `${deck}/embed?mute`);
  await expect.poll(() => page.frames().some((frame) => frame.url().includes('mute'))).toBe(true);
  await expect(async () => {
    await page.clock.runFor(2_000);
    expect((await seen(page)).errors).toEqual([
      `Nothing is heard from ${deck}: is ${portal} one of its PGDECK_EMBED_ORIGINS, and is it in this page's frame-src?`,
    ]);
  }).toPass();
  for (const src of [
    `${deck}/main/overview`,
    `${deck}/embedded`,
    'javascript:alert(1)//embed',
    'data:text/html,/embed',
  ])
    await expect(mount(page, src), src).rejects.toThrow('src is an address below /embed');
});

test('it is a module as well', async ({ page }) => {
  await open(page);
  expect(
    await page.evaluate(async (url) => {
      Reflect.deleteProperty(window, 'pgdeck');
      await import(url);
      return window.pgdeck.version;
    }, `${deck}/embed.js?module`),
  ).toBe(1);
});
