import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { testContract } from '@/lib/api/test-contract';
import { requests } from '@/lib/metrics/request';
import { PostgresProblem } from '@/lib/postgres/errors';
import { shared } from '@/lib/runtime';
import { bodyLimit } from './body';
import { ApiError } from './errors';
import { unreadQuery } from './input';
import { isRoute, othersThan, reply, route } from './route';
import { accessOf } from './test-access';

const origin = 'http://127.0.0.1:8432';

beforeEach(() => {
  Object.assign(shared(), {
    servers: new Map(),
    audit: { write: async () => {} },
    config: { allowedHosts: ['127.0.0.1:8432', 'localhost:8432'], access: accessOf() },
  });
});

const post = (body: BodyInit | null, headers: Record<string, string> = {}) =>
  new Request(`${origin}/api/x`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', origin, ...headers },
    ...(body instanceof ReadableStream && { duplex: 'half' }),
  } as RequestInit);
const none = { params: Promise.resolve({}) };
const errorOf = async (response: Response) => ((await response.json()) as { error: Record<string, string> }).error;
const echo = route(testContract({ role: 'admin', body: z.strictObject({ n: z.number().int() }) }), ({ body }) => body);

describe('an answer', () => {
  it('carries request id, timings, counts of statements, no-store and the CSP of the API', async () => {
    const handler = route(testContract({ role: 'viewer' }), () => {
      const context = requests.getStore();
      if (context) {
        context.queries = 2;
        context.queryMs = 12.34;
      }
      return { ok: true };
    });
    const response = await handler(new Request(`${origin}/api/x`), none);
    expect(await response.json()).toEqual({ ok: true });
    const header = (name: string) => response.headers.get(name);
    expect(header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(header('x-process-time'))).toBeGreaterThanOrEqual(0);
    expect(header('x-query-count')).toBe('2');
    expect(header('x-query-time')).toBe('12.3');
    expect(header('server-timing')).toMatch(/^app;dur=[\d.]+, db;dur=12.3$/);
    expect(header('cache-control')).toBe('no-store');
    expect(header('content-security-policy')).toContain("default-src 'none'");
    expect(header('x-content-type-options')).toBe('nosniff');
  });

  const three = ['x-process-time', 'x-query-count', 'x-query-time', 'server-timing', 'x-request-id'];
  it.each([
    [200, () => ({})],
    [304, () => new Response(null, { status: 304, headers: { etag: 'W/"a"' } })],
    [401, () => Promise.reject(new ApiError(401, 'unauthenticated', 'Who asks?'))],
    [404, () => Promise.reject(new ApiError(404, 'not_found', 'There is no such thing.'))],
    [429, () => Promise.reject(new ApiError(429, 'busy', 'Too often.', undefined, { 'retry-after': '2' }))],
    [500, () => Promise.reject(new Error('a bug'))],
  ])('of status %i tells what it took, and may be kept by nobody else', async (status, handler) => {
    const response = await route(testContract({ role: 'viewer' }), handler)(new Request(`${origin}/api/x`), none);
    expect(response.status).toBe(status);
    for (const name of three) expect(response.headers.get(name), name).toBeTruthy();
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('vary')).toBe('Cookie, Authorization, Accept-Encoding');
  });

  it('of status 405 does so, too', async () => {
    const { PUT } = othersThan('GET');
    const response = await PUT(new Request(`${origin}/api/x`, { method: 'PUT' }), none);
    expect(response.status).toBe(405);
    for (const name of three) expect(response.headers.get(name), name).toBeTruthy();
  });

  it('knows the path of its contract, by which requests are counted', async () => {
    const handler = route(testContract({ role: 'viewer', path: '/api/servers/{server}/x' }), () => ({
      route: requests.getStore()?.route,
    }));
    const response = await handler(new Request(`${origin}/api/servers/shop/x`), none);
    expect(await response.json()).toEqual({ route: '/api/servers/{server}/x' });
  });

  it('refuses the character NUL, which PostgreSQL takes in no text', async () => {
    const handler = route(testContract({ role: 'viewer', query: z.object({ database: z.string() }) }), () => ({}));
    const response = await handler(new Request(`${origin}/api/x?database=a%00b`), none);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'bad_input', field: 'database' });
  });

  it('may have a status of its own', async () => {
    const response = await route(testContract({ role: 'viewer' }), () => reply(202, { runId: 'a' }))(
      new Request(origin),
      none,
    );
    expect(response.status).toBe(202);
    expect(response.headers.get('x-request-id')).toBeTruthy();
  });
});

describe('input', () => {
  it('names the field that is wrong', async () => {
    const response = await echo(post('{"n":"one"}'), none);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'bad_input', field: 'n' });
  });

  it('names a field that is not known', async () => {
    expect(await errorOf(await echo(post('{"n":1,"sql":"drop"}'), none))).toMatchObject({ field: 'sql' });
  });

  // Fails where a slip of the pen in the name of a filter is passed over: more would be told than was asked for.
  it('refuses a parameter that the contract does not name, also where it names none', async () => {
    const query = z.strictObject({ limit: z.coerce.number().int().max(9).optional() });
    const read = route(testContract({ role: 'viewer', query }), ({ query }) => query);
    const asked = async (handler: typeof read, search: string) =>
      errorOf(await handler(new Request(`${origin}/api/x${search}`), none));
    expect(await asked(read, '?limt=5')).toMatchObject({
      code: 'bad_input',
      field: 'limt',
      message: 'There is no parameter limt. Did you mean limit? There is only limit.',
    });
    expect(await asked(read, '?__proto__=5')).toMatchObject({ field: '__proto__' });
    expect(await asked(read, '?limit=x')).toMatchObject({
      message: 'limit must be a whole number of at most 9; it was “x”.',
    });
    const bare = route(testContract({ role: 'viewer' }), () => ({}));
    expect(await asked(bare, '?a=')).toMatchObject({ field: 'a' });
    expect((await bare(new Request(`${origin}/api/x?`), none)).status).toBe(200);
  });

  // Fails where a probe that makes each address another, or a scrape that was written for an exporter, is turned away.
  it('looks at no parameter where nothing is read of them', async () => {
    const read = route(testContract({ role: 'viewer', query: unreadQuery }), ({ query }) => query);
    const response = await read(new Request(`${origin}/api/x?collect[]=a&collect[]=b&_=1`), none);
    expect([response.status, await response.json()]).toEqual([200, {}]);
  });

  it('refuses text that is not JSON, other types, and a parameter given twice', async () => {
    expect((await echo(post('{n:1'), none)).status).toBe(400);
    expect((await echo(post('n=1', { 'content-type': 'text/plain' }), none)).status).toBe(415);
    const handler = route(testContract({ role: 'viewer' }), () => ({}));
    const twice = await handler(new Request(`${origin}/api/x?database=a&database=b`), none);
    expect(await errorOf(twice)).toMatchObject({ code: 'bad_input', field: 'database' });
  });

  // Fails without `refuseNul()`: a name with NUL ends where a session begins, and what follows are other parameters of it.
  it('T10: refuses the character NUL anywhere in a body or path', async () => {
    const path = { params: Promise.resolve({ schedule: 'a\0' }) };
    expect(await errorOf(await echo(post('{"n":1}'), path))).toMatchObject({ code: 'bad_input', field: 'schedule' });
    const handler = route(testContract({ role: 'admin', body: z.object({ target: z.unknown() }) }), () => ({}));
    for (const target of ['a\0user\0postgres', { database: 'a\0' }, [{ 'a\0': 1 }]]) {
      const response = await handler(post(JSON.stringify({ target })), none);
      expect(response.status).toBe(400);
      expect(await errorOf(response)).toMatchObject({ code: 'bad_input', field: 'target' });
    }
    expect((await handler(post(JSON.stringify({ target: 'a\\u0000' })), none)).status).toBe(200);
  });

  // Fails without `isDeep()`: looking through such a body runs out of stack, which is a 500.
  it('T21: refuses a body of thousands of levels', async () => {
    const handler = route(testContract({ role: 'admin', body: z.object({ a: z.unknown() }) }), ({ body }) =>
      JSON.stringify(body),
    );
    const nested = (levels: number) => post(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`);
    expect((await handler(nested(20), none)).status).toBe(200);
    expect((await handler(nested(100_000), none)).status).toBe(400);
  });

  it('takes a body up to the limit and refuses a larger one as it streams', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent++;
        controller.enqueue(new Uint8Array(64 * 1024).fill(32));
      },
    });
    const response = await echo(post(endless), none);
    expect(response.status).toBe(413);
    expect((await errorOf(response)).code).toBe('too_large');
    expect(sent).toBeLessThan(10);
    const padded = `{"n":1}${' '.repeat(bodyLimit - 7)}`;
    expect((await echo(post(padded), none)).status).toBe(200);
    expect((await echo(post(`${padded} `), none)).status).toBe(413);
  });
});

describe('the cross-site rule', () => {
  const status = async (headers: Record<string, string>) => {
    const request = new Request(`${origin}/api/x`, {
      method: 'POST',
      body: '{"n":1}',
      headers: { 'content-type': 'application/json', ...headers },
    });
    return (await echo(request, none)).status;
  };

  it('takes requests of its own pages only', async () => {
    expect(await status({ origin })).toBe(200);
    expect(await status({ origin: 'http://localhost:8432', 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await status({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await status({})).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ origin: 'http://evil.test' })).toBe(403);
    expect(await status({ origin: 'http://127.0.0.1:9999' })).toBe(403);
    expect(await status({ origin: 'https://127.0.0.1:8432' })).toBe(403);
    expect(await status({ origin, 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await status({ origin, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await status({ 'sec-fetch-site': 'none' })).toBe(403);
    // No other site has a bearer token: it gets past this rule, and is not known.
    expect(await status({ authorization: 'Bearer made-up' })).toBe(401);
  });
});

describe('a failure', () => {
  const failing = (error: unknown) =>
    route(testContract({ role: 'viewer' }), () => {
      throw error;
    })(new Request(`${origin}/api/x`), none);

  it('tells what is meant to be told, with the request id', async () => {
    const response = await failing(new ApiError(409, 'target_changed', 'It ended.', 'target'));
    expect(response.status).toBe(409);
    expect(await errorOf(response)).toEqual({
      code: 'target_changed',
      message: 'It ended.',
      field: 'target',
      requestId: response.headers.get('x-request-id'),
    });
  });

  it('is known for what it is when the other module graph made it', async () => {
    vi.resetModules();
    const other = (await import('./errors')) as typeof import('./errors');
    expect(other.ApiError).not.toBe(ApiError);
    expect((await failing(new other.ApiError(410, 'preview_used', 'Used.'))).status).toBe(410);
    const { PostgresProblem: Other } = (await import('@/lib/postgres/errors')) as {
      PostgresProblem: typeof PostgresProblem;
    };
    expect(Other).not.toBe(PostgresProblem);
    const problem = new Other({ reason: 'unreachable', sentence: 'Nothing listens.', hint: 'Is it running?' });
    expect((await failing(problem)).status).toBe(503);
  });

  it('keeps stack, host and password to itself', async () => {
    const response = await failing(new Error('connect postgres://app:hunter2@db.internal:5432 failed'));
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toMatch(/hunter2|db\.internal|route\.test/);
    expect(response.headers.get('x-process-time')).toBeTruthy();
  });

  it('of PostgreSQL is 503, and 504 where it took too long', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' });
    const response = await failing(refused);
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('10.1.2.3');
    expect((await failing(Object.assign(new Error('canceled'), { code: '57014' }))).status).toBe(504);
    const pooler = new PostgresProblem({ reason: 'pooler', sentence: 'A pooler.', hint: 'Go direct.' });
    expect(await errorOf(await failing(pooler))).toMatchObject({ code: 'pooler', message: 'A pooler. Go direct.' });
  });
});

describe('a method that a path does not have', () => {
  it('is 405 with the ones it has', async () => {
    const { POST } = othersThan('GET');
    const response = await POST(new Request(`${origin}/api/x`, { method: 'POST' }), none);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect((await errorOf(response)).code).toBe('method_not_allowed');
    expect(isRoute(POST)).toBe(true);
  });
});
