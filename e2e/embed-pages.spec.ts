import { pages } from '@/components/shell/pages';
import { mountIn } from './fixtures/harness';
import { expect, test } from './fixtures/two-sites';
import { axeFindings } from './page-checks';

test.describe.configure({ timeout: 240_000 });

test('T1: the document of a frame is the same for every address and tells nothing to anybody', async ({ sites }) => {
  const { url, admin, serverId } = sites.stack;
  const read = async (path: string) => {
    const response = await fetch(url + path);
    expect(response.status, path).toBe(200);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(response.headers.get('x-frame-options')).toBeNull();
    expect(response.headers.get('content-security-policy')).toContain(`frame-ancestors ${sites.portal}`);
    return response.text();
  };
  // Fails where app/not-found.tsx, a part of every document, names servers in this one.
  const plain = (text: string) =>
    text.replaceAll(/nonce[^a-z]{1,6}[\w+/=]+/g, 'nonce').replaceAll(serverId, 'nowhere').length;
  // In how many pieces a document is written is not always the same; what it tells is.
  await expect
    .poll(async () =>
      Math.abs(plain(await read(`/embed/${serverId}/overview`)) - plain(await read('/embed/nowhere/overview'))),
    )
    .toBeLessThan(20);
  for (const path of ['/embed', '/embed/nowhere', '/embed/a/b/c/d'])
    for (const word of [admin.host, String(admin.port), 'pgdeck_read', 'PostgreSQL 1', '/signin', 'NEXT_REDIRECT'])
      expect(await read(path), `${path} holds ${word}`).not.toContain(word);
  for (const path of ['/', `/${serverId}/overview`, '/embedded', '/signin']) {
    const { headers } = await fetch(url + path, { redirect: 'manual' });
    expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
    expect(headers.get('x-frame-options'), path).toBe('DENY');
  }
});

test('T12: every page is whole in a frame that is limited to it: nothing that it asks for is refused', async ({
  sites,
  page,
}) => {
  const refused: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${new URL(response.url()).pathname}`);
  });
  let limited: string[] = [];
  await mountIn(page, sites, sites.deck, `/${sites.stack.serverId}/overview`, {
    mint: () => sites.token({ pages: limited, theme: 'light' }),
  });
  for (const { slug, title } of pages) {
    limited = [slug];
    await page.evaluate((src) => {
      const frame = document.querySelector('iframe') as HTMLIFrameElement;
      frame.src = src;
    }, `${sites.deck}/embed/${sites.stack.serverId}/${slug}?nav=1`);
    const inside = page.frameLocator('main iframe');
    const navigation = inside.getByRole('navigation', { name: 'Pages' });
    await expect(navigation.getByRole('link')).toHaveCount(1);
    await expect(navigation.getByRole('link', { name: new RegExp(`^${title}`) })).toBeVisible();
    await expect(inside.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(inside.locator('.panel').first()).toBeVisible();
    await page.waitForTimeout(1500);
    expect(refused, slug).toEqual([]);
  }
  // And the others are not there.
  await page.evaluate((src) => {
    const frame = document.querySelector('iframe') as HTMLIFrameElement;
    frame.src = src;
  }, `${sites.deck}/embed/${sites.stack.serverId}/tables`);
  await expect(page.frameLocator('main iframe').getByText('This page is not shown here')).toBeVisible();
});

test('pages in a frame are sound in each theme, wide and at 320 px', async ({ sites, page }) => {
  let theme = 'light';
  const src = (slug: string) => `${sites.deck}/embed/${sites.stack.serverId}/${slug}`;
  await mountIn(page, sites, sites.deck, '/x/y', { mint: () => sites.token({ theme, accent: '#b3261e' }) });
  for (const slug of ['overview', 'tables?nav=1'])
    for (theme of ['light', 'dark', 'high-contrast']) {
      await page.evaluate((address) => {
        (document.querySelector('iframe') as HTMLIFrameElement).src = address;
      }, src(slug));
      const inside = page.frameLocator('main iframe');
      await expect(inside.locator('html')).toHaveAttribute('data-theme', theme);
      await expect(inside.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(inside.locator('.panel-waiting')).toHaveCount(0);
      for (const width of [1280, 320]) {
        await page.setViewportSize({ width, height: 900 });
        const findings = (await axeFindings(page)).filter((finding) => finding.includes('iframe'));
        expect(findings, `${slug} ${theme} ${width}`).toEqual([]);
        const over = await inside.locator('html').evaluate((html) => html.scrollWidth - html.clientWidth);
        expect(over, `${slug} ${theme} ${width}`).toBeLessThanOrEqual(0);
      }
    }
});

test('a dialog opens where the reader is, not in the middle of a frame that is several windows high', async ({
  sites,
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 700 });
  await mountIn(page, sites, sites.deck, `/${sites.stack.serverId}/overview`);
  const inside = page.frameLocator('main iframe');
  await expect(inside.getByRole('heading', { name: 'Biggest tables' })).toBeVisible();
  const panel = inside.locator('.panel', { hasText: 'Waiting sessions' });
  await panel
    .getByRole('button', { name: 'set from and to' })
    .or(panel.getByRole('button', { name: /^Time and files/ }))
    .first()
    .scrollIntoViewIfNeeded();
  await panel.getByRole('button', { name: /^Time and files/ }).click();
  await inside.getByRole('menuitem', { name: 'Set from and to…' }).click();
  await expect(inside.getByRole('dialog', { name: 'Time of the charts' })).toBeInViewport({ ratio: 0.99 });
});
