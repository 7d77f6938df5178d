import { pages } from '@/components/shell/pages';
import { unreadQuery } from '@/lib/access/input';
import type { AnyContract } from '@/lib/api/contract';
import { contracts } from '@/lib/api/index';
import { Asker } from './fixtures/ask';
import { expect, test } from './fixtures/test';

test.describe.configure({ timeout: 480_000 });

// Fails where a slip of the pen is passed over: more would be told than was asked for. Once through Next, and once on the
// short way past it, which is known after a read that was answered.
test('no route takes a parameter that is not documented', async ({ stack }) => {
  const me = new Asker(stack.url);
  await expect.poll(() => me.state()).toBe('ok');
  const names: Record<string, string> = { server: 'default', topic: 'sessions', series: 'connections', run: 'none' };
  for (const [name, { method, path, query }] of Object.entries<AnyContract>(contracts)) {
    // What a provider sends back to us is its own.
    if (method !== 'GET' || name === 'oidcCallback' || query === unreadQuery) continue;
    const filled = path.replace(/\{(\w+)\}/g, (_, word: string) => names[word] ?? word);
    for (const _ of [1, 2]) {
      const { status, body } = await me.get(`${filled}?nosuch=1`);
      expect.soft([name, status, body.error?.field]).toEqual([name, 400, 'nosuch']);
      await me.get(filled);
    }
  }
  // Of a topic those that it takes itself are told, also where it is only described.
  for (const [asked, status, message] of [
    ['slow-queries?limt=5', 400, 'There is no parameter limt. Did you mean limit?'],
    ['index-usage?foo=1', 400, 'There is no parameter foo. There are database, at, fresh, describe.'],
    ['index-usage?describe=1&limit=5', 400, 'There is no parameter limit.'],
    ['slow-queries?describe=1&limit=0', 400, 'limit must be a whole number from 1 to 200'],
    ['sessions?describe=1&fresh=1', 400, 'leave out at and fresh'],
    ['wal?describe=1&database=shop', 400, 'database: wal tells of the whole server. Leave it out.'],
    ['sessions?database=nosuch', 404, 'has no database "nosuch"'],
    ['nosuch?foo=1', 404, 'There is no topic "nosuch".'],
  ] as const) {
    const told = await me.get(`/api/servers/default/${asked}`);
    expect
      .soft([asked, told.status, told.body.error?.message])
      .toEqual([asked, status, expect.stringContaining(message)]);
  }
  // Rows of the past may be of a database that is gone: what they mean is told all the same.
  expect((await me.get('/api/servers/default/sessions?describe=1&database=gone')).status).toBe(200);
});

// Fails where a monitor that makes each address another, or a scrape that was written for an exporter, is turned away.
test('probes and scrapes may bring parameters of their own', async ({ stack }) => {
  const me = new Asker(stack.url);
  for (const path of ['/api/health', '/api/health/ready', '/metrics']) {
    const { status } = await me.get(`${path}?collect[]=bgwriter&collect[]=locks&_=1`);
    expect.soft([path, status]).toEqual([path, 200]);
  }
});

// Fails where a page sends what its route does not know: it would show a refusal in place of figures.
test('pages ask for nothing that is refused', async ({ stack, page }) => {
  const asked: string[] = [];
  const refused: string[] = [];
  let open = 0;
  const isApi = (url: string) => new URL(url).pathname.startsWith('/api/');
  const over = (request: { url(): string }) => {
    if (isApi(request.url())) open--;
  };
  page.on('request', (request) => {
    if (isApi(request.url())) open++;
  });
  page.on('requestfinished', over);
  page.on('requestfailed', over);
  page.on('response', (response) => {
    if (!isApi(response.url())) return;
    asked.push(response.url());
    if (response.status() === 400) refused.push(response.url());
  });
  const moment = Math.floor(Date.now() / 1000) - 60;
  for (const { slug } of pages)
    for (const search of ['', `?from=-3600&at=${moment}`, '?database=shop']) {
      const before = asked.length;
      await page.goto(`/${stack.serverId}/${slug}${search}`);
      await expect
        .poll(() => asked.length > before && open === 0, { intervals: [50], timeout: 60_000, message: slug })
        .toBe(true);
    }
  expect(refused).toEqual([]);
});
