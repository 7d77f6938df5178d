import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { pages } from '@/components/shell/pages';
import { Asker, serverTopicIds, topicIds } from './fixtures/ask';
import { expect, test } from './fixtures/test';

type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

/** A request as no browser would send it: any Host, any method, a body in pieces. */
function send(
  url: string,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | string[] } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = ask({ host: hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      const done = () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      response.on('end', done);
      response.on('error', done);
    });
    request.on('error', reject);
    for (const chunk of Array.isArray(body) ? body : []) request.write(chunk);
    request.end(Array.isArray(body) ? undefined : body);
  });
}

const execute = '/api/servers/default/actions/execute';
const preview = '/api/servers/default/actions/preview';
const json = { 'content-type': 'application/json' };
const errorOf = ({ text }: Answer) => JSON.parse(text).error;

test('any other Host, a proxy’s headers, TRACE and the image optimizer are refused', async ({ stack }) => {
  const refused = async (path: string, options: Parameters<typeof send>[2], status: number) => {
    const answer = await send(stack.url, path, options);
    expect(answer.status, `${path} ${JSON.stringify(options)}`).toBe(status);
    expect(errorOf(answer)).toMatchObject({ requestId: answer.headers['x-request-id'] });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  };
  for (const path of ['/api/servers', '/default/sessions', '/_next/static/x.js']) {
    for (const host of ['evil.example', '127.0.0.1', 'localhost:1']) await refused(path, { headers: { host } }, 421);
    for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Via'])
      await refused(path, { headers: { [name]: '10.0.0.1' } }, 403);
    await refused(path, { method: 'TRACE' }, 405);
  }
  await refused('/_next/image?url=%2Fx.png&w=64&q=75', {}, 404);
});

test('only pgdeck’s own pages change anything', async ({ stack }) => {
  const body = JSON.stringify({ previewId: 'none', idempotencyKey: crypto.randomUUID() });
  const status = async (headers: Record<string, string>) =>
    (await send(stack.url, execute, { method: 'POST', headers: { ...json, ...headers }, body })).status;
  expect(await status({ origin: stack.url })).toBe(410); // let in: there is no such preview
  expect(await status({ origin: stack.url, 'sec-fetch-site': 'same-origin' })).toBe(410);
  expect(await status({})).toBe(403);
  for (const origin of ['http://evil.example', 'null', stack.url.replace('http:', 'https:'), 'http://127.0.0.1:1'])
    expect(await status({ origin }), origin).toBe(403);
  for (const site of ['cross-site', 'same-site', 'none'])
    expect(await status({ origin: stack.url, 'sec-fetch-site': site }), site).toBe(403);
  expect(await status({ origin: stack.url, 'content-type': 'text/plain' })).toBe(415);
  expect(await status({ origin: 'http://evil.example', 'content-type': 'text/plain' })).toBe(403);
});

test('a body that is too large, malformed or not known is refused with its reason', async ({ stack }) => {
  const post = (body: string | string[], headers: Record<string, string> = {}) =>
    send(stack.url, preview, { method: 'POST', headers: { ...json, origin: stack.url, ...headers }, body });
  const large = 'x'.repeat(64 * 1024);
  expect((await post(large.repeat(5), { 'content-length': String(5 * 64 * 1024) })).status).toBe(413);
  expect((await post([large, large, large, large, large, large])).status).toBe(413); // chunked
  expect(await post('{"action":').then((answer) => [answer.status, errorOf(answer).code])).toEqual([400, 'bad_input']);
  expect((await post('')).status).toBe(400);
  const target = { kind: 'relation', database: 'shop', oid: 1 };
  const field = async (body: object) => {
    const answer = await post(JSON.stringify(body));
    return [answer.status, errorOf(answer).field];
  };
  expect(await field({ action: 'analyze', target, sql: 'drop table products' })).toEqual([400, 'sql']);
  expect((await field({ action: 'analyze', target: { ...target, oid: '1; drop' } }))[0]).toBe(400);
  expect((await field({ action: 'format-disk', target }))[0]).toBe(400);
  expect(await field({ action: 'analyze', target, options: { force: true } })).toEqual([400, 'options.force']);
});

test('bad values of a read name their field; what does not exist is 404; nothing tells a stack, a host or a password', async ({
  stack,
}) => {
  const asker = new Asker(stack.url);
  await expect.poll(() => asker.state()).toBe('ok');
  const cases: [string, number, string?][] = [
    ['/api/servers/default/slow-queries?limit=many', 400, 'limit'],
    ['/api/servers/default/slow-queries?min_mean_ms=-1', 400, 'min_mean_ms'],
    ['/api/servers/default/tables?database=a&database=b', 400, 'database'],
    ['/api/servers/default/tables?database=nowhere', 404, 'database'],
    ['/api/servers/default/series/connections?step=1', 400, 'step'],
    ['/api/servers/default/series/connections?from=yesterday', 400, 'from'],
    ['/api/servers/default/series/nothing', 404],
    ['/api/servers/default/nothing', 404],
    ['/api/servers/nobody/tables', 404],
    ["/api/servers/default'--/tables", 404],
    ['/api/runs/none', 404],
    ['/api/nothing/at/all', 404],
    ['/api/audit?before=x', 400, 'before'],
  ];
  for (const [path, status, field] of cases) {
    const got = await asker.get(path);
    expect(got.status, `${path}: ${got.text}`).toBe(status);
    expect(got.body.error, path).toMatchObject({ code: expect.any(String), requestId: expect.any(String) });
    if (field) expect(got.body.error.field, path).toBe(field);
    expect(got.text, path).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.tsx?:|127\.0\.0\.1/);
    expect(got.text).not.toContain(stack.login('pgdeck_read').password);
  }
  for (const path of ['/nobody/overview', '/default/nothing', '/default/%00', '/..%2f..%2fetc%2fpasswd']) {
    const { status, text } = await asker.get(path);
    expect([400, 404], path).toContain(status);
    expect(text).not.toMatch(/node_modules|root:x:/);
    expect(text).not.toContain(stack.login('pgdeck_read').password);
  }
});

test('every answer of the API carries its id, times and counts, and may not be kept or framed', async ({ stack }) => {
  const asker = new Asker(stack.url);
  const paths = [
    ...['/api/health', '/api/health/ready', '/api/health/db', '/api/health/db/test', '/api/servers', '/api/actions'],
    ...['/api/runs', '/api/audit', '/api/servers/default/series', '/api/servers/default/findings', '/api/nothing'],
    ...topicIds.flatMap((id) => [`/api/servers/default/${id}`, `/api/servers/default/${id}?describe=1`]),
  ];
  for (const path of paths) {
    const { headers, text, status } = await asker.get(path);
    expect(status < 500, `${path}: ${text}`).toBe(true);
    expect(headers.get('x-request-id'), path).toBeTruthy();
    for (const name of ['x-process-time', 'x-query-count', 'x-query-time'])
      expect(headers.get(name), `${path} ${name}`).toMatch(/^\d+(\.\d+)?$/);
    expect(headers.get('server-timing'), path).toContain('dur=');
    expect(headers.get('cache-control'), path).toBe('no-store');
    expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
    expect(headers.get('x-powered-by'), path).toBeNull();
    expect(text, path).not.toContain(stack.login('pgdeck_read').password);
    expect(text, path).not.toContain(stack.login('pgdeck_action').password);
  }
  const count = async (path: string) => Number((await asker.get(path)).headers.get('x-query-count'));
  // Who asks within the same second shares one round trip.
  await expect.poll(() => count('/api/health/db/test')).toBeGreaterThan(0);
  for (const method of ['PUT', 'PATCH', 'DELETE'])
    expect((await send(stack.url, '/api/servers', { method, headers: { origin: stack.url } })).status).toBe(405);
});

test('every page has its nonce and headers, and Chromium finds nothing against its policy', async ({ page }) => {
  test.setTimeout(240_000);
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/content security policy|refused to/i.test(message.text())) violations.push(message.text());
  });
  page.on('pageerror', (error) => violations.push(String(error)));
  await page.exposeFunction('violated', (what: string) => violations.push(what));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      (window as unknown as { violated(what: string): void }).violated(
        `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      );
    });
  });
  const nonces = new Set<string>();
  for (const { slug } of pages) {
    const response = await page.goto(`/default/${slug}`);
    expect(response?.status(), slug).toBe(200);
    const headers = (await response?.allHeaders()) ?? {};
    const nonce = /script-src [^;]*'nonce-([^']+)'/.exec(headers['content-security-policy'] ?? '')?.[1];
    expect(nonce, slug).toBeTruthy();
    nonces.add(nonce as string);
    expect(headers, slug).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-opener-policy': 'same-origin',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForTimeout(700); // charts are loaded when they are seen
    expect(violations, slug).toEqual([]);
  }
  expect(nonces.size).toBe(pages.length);
});

test('a hundred readers of each topic get answers, and cost not one statement more than the cadence', async ({
  admin,
  stack,
}) => {
  const asker = new Asker(stack.url);
  const counts = async () => {
    const { rows } = await admin.query(
      `select substring(query from '/\\* (pgdeck:[a-z-]+) \\*/') as tag, sum(calls)::int as calls
       from pg_stat_statements where query like '%/* pgdeck:%' group by 1`,
    );
    return new Map(rows.map(({ tag, calls }) => [tag as string, calls as number]));
  };
  const cadences = new Map<string, number>();
  for (const id of serverTopicIds) {
    cadences.set(id, (await asker.get(`/api/servers/default/${id}?describe=1`)).body.cadenceSeconds);
    await asker.topic(id);
  }
  const counted = performance.now();
  const before = await counts();
  const started = performance.now();
  let answers = 0;
  const failures: string[] = [];
  await Promise.all(
    Array.from({ length: 100 }, async (_, reader) => {
      for (let turn = reader; performance.now() - started < 5000; turn++) {
        const id = serverTopicIds[turn % serverTopicIds.length] as string;
        const { status, body, text } = await asker.get(`/api/servers/default/${id}`);
        answers++;
        if (status !== 200 || body.status !== 'ok') failures.push(`${id}: ${status} ${text.slice(0, 200)}`);
      }
    }),
  );
  const after = await counts();
  const seconds = (performance.now() - counted) / 1000;
  expect(failures).toEqual([]);
  expect(answers).toBeGreaterThanOrEqual(100);
  for (const [id, cadence] of cadences) {
    const asked = (after.get(`pgdeck:${id}`) ?? 0) - (before.get(`pgdeck:${id}`) ?? 0);
    expect(asked, `${id} in ${seconds.toFixed(1)} s`).toBeLessThanOrEqual(Math.ceil(seconds / cadence) + 1);
  }
});
