import { request as ask, createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { bodyFrom, withBody } from './encoding';
import { type Found, shortWay, tellFound } from './short-way';

const route = '/api/servers/{server}/{topic}';
let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

type Handle = (request: Request, params: Record<string, string>) => Response | Promise<Response>;

/** A server whose framework finds one handler for every path; `searched` are the paths that it was asked for. */
async function serve(
  handle: Handle,
  { params, status = 200 }: { params?: Record<string, string>; status?: number } = {},
) {
  const searched: string[] = [];
  const handler: Found['handler'] = async (request, context) =>
    handle(request, (await context.params) as Record<string, string>);
  const next = async (request: IncomingMessage, response: ServerResponse) => {
    const url = request.url ?? '';
    searched.push(`${request.method} ${url}`);
    const [, , , of = '', topic = ''] = url.split('?')[0]?.replace('/below', '').split('/') ?? [];
    const given = params ?? { server: of, topic };
    const address = `http://deck.test${url.replace('/below', '')}`;
    const answer = await handler(new Request(address), { params: Promise.resolve(given) });
    if (request.method === 'GET' && status === 200) tellFound({ handler, route, url: address, params: given });
    response.end(`searched: ${await answer.text()}`);
  };
  server = createServer(shortWay(next));
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return { searched };
}

function get(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
) {
  const { port } = (server as Server).address() as AddressInfo;
  return new Promise<{ status: number; headers: IncomingMessage['headers']; text: string }>((resolve, reject) => {
    const sent = ask({ host: '127.0.0.1', port, path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('the short way to a read', () => {
  it('is taken from the second time on, with what is asked then', async () => {
    const { searched } = await serve((request, { topic }) => {
      const { pathname, search } = new URL(request.url);
      return Response.json(
        { pathname, search, topic, who: request.headers.get('cookie') },
        { status: 200, headers: { 'x-of': 'handler' } },
      );
    });
    expect((await get('/api/servers/main/locks')).text).toMatch(/^searched/);
    const { status, headers, text } = await get('/api/servers/main/locks?database=shop', {
      headers: { cookie: 'ann' },
    });
    expect([status, headers['x-of'], headers['content-type']]).toEqual([200, 'handler', 'application/json']);
    expect(JSON.parse(text)).toEqual({
      pathname: '/api/servers/main/locks',
      search: '?database=shop',
      topic: 'locks',
      who: 'ann',
    });
    expect((await get('/api/servers/main/sessions')).text).toMatch(/^searched/);
    expect(searched).toHaveLength(2);
  });

  it('is found below a base path, too', async () => {
    const { searched } = await serve((_, { server }) => new Response(server));
    await get('/below/api/servers/main/locks');
    expect((await get('/below/api/servers/main/locks')).text).toBe('main');
    expect((await get('/api/servers/main/locks')).text).toBe('searched: main');
    expect(searched).toHaveLength(2);
  });

  it('gives each answer as it is: status, cookies, bodies with and without a length, none', async () => {
    const answers: Record<string, () => Response | Promise<Response>> = {
      none: () => new Response(null, { status: 304, headers: { etag: '"1"' } }),
      whole: () => withBody(bodyFrom('whole'), new Request('http://127.0.0.1/')),
      streamed: () => new Response(new Blob(['a', 'b']).stream()),
      cookies: () =>
        new Response('', {
          status: 403,
          headers: [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
          ],
        }),
    };
    await serve((_, { topic = '' }) => (answers[topic] as () => Response | Promise<Response>)());
    for (const topic of Object.keys(answers)) await get(`/api/servers/main/${topic}`);
    expect(await get('/api/servers/main/none')).toMatchObject({ status: 304, text: '', headers: { etag: '"1"' } });
    expect(await get('/api/servers/main/whole')).toMatchObject({ text: 'whole', headers: { 'content-length': '5' } });
    expect(await get('/api/servers/main/streamed')).toMatchObject({ text: 'ab' });
    expect(await get('/api/servers/main/cookies')).toMatchObject({
      status: 403,
      headers: { 'set-cookie': ['a=1', 'b=2'] },
    });
  });

  it('is not for what changes something, for heads, and for reads with a body', async () => {
    const { searched } = await serve(() => new Response('x'));
    const path = '/api/servers/main/locks';
    await get(path);
    await get(path, { method: 'POST', body: 'x' });
    await get(path, { method: 'HEAD' });
    await get(path, { method: 'GET', headers: { 'content-length': '1' }, body: 'x' });
    expect(searched.map((each) => each.split(' ')[0])).toEqual(['GET', 'POST', 'HEAD', 'GET']);
    await get(path);
    expect(searched).toHaveLength(4);
  });

  it('is not remembered where another part of the address made the parameters, or nothing was found', async () => {
    const tricked = await serve(() => new Response('x'), { params: { server: 'other', topic: 'locks' } });
    for (const _ of [1, 2]) await get('/api/servers/main/locks?nxtPserver=other');
    expect(tricked.searched).toHaveLength(2);
    server?.close();
    const missing = await serve(() => new Response('x', { status: 404 }), { status: 404 });
    for (const _ of [1, 2]) await get('/api/servers/main/nothing');
    expect(missing.searched).toHaveLength(2);
  });

  it('tells the handler when nobody waits for it any more', async () => {
    let asked = 0;
    let gone: Promise<unknown> | undefined;
    await serve(({ signal }) => {
      asked++;
      if (gone === undefined) {
        gone = Promise.resolve();
        return new Response('first');
      }
      gone = new Promise((resolve) => signal.addEventListener('abort', resolve));
      return new Promise(() => {});
    });
    await get('/api/servers/main/locks');
    const { port } = (server as Server).address() as AddressInfo;
    const sent = ask({ host: '127.0.0.1', port, path: '/api/servers/main/locks' });
    sent.on('error', () => {});
    sent.end();
    await expect.poll(() => asked).toBe(2);
    sent.destroy();
    await gone;
  });
});
