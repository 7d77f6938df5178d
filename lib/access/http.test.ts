import { request as ask, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardedServer } from './http';

let port: number;
let seen: IncomingMessage | undefined;
const allowedHosts: string[] = [];
const server = guardedServer({ allowedHosts }, (request, response) => {
  seen = request;
  response.setHeader('referrer-policy', 'no-referrer');
  response.end('through');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  allowedHosts.push(`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

type Answer = { status: number; headers: IncomingMessage['headers']; text: string };

function get(
  path: string,
  headers: Record<string, string | string[]> = {},
  method = 'GET',
  body?: string,
): Promise<Answer> {
  seen = undefined;
  return new Promise((resolve, reject) => {
    const request = ask(
      { host: '127.0.0.1', port, path, method, headers: { host: `localhost:${port}`, ...headers } },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(text));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
  });
}

test('an ordinary request goes through, with the peer named by us and headers that nobody set', async () => {
  const { status, text, headers } = await get('/anything?x=1');
  expect([status, text]).toEqual([200, 'through']);
  expect(seen?.headers['x-forwarded-for']).toBe('127.0.0.1');
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['cross-origin-opener-policy']).toBe('same-origin');
  expect(headers['referrer-policy']).toBe('no-referrer');
});

test('answers of the API are not compressed, pages may be', async () => {
  await raw(
    `GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  );
  expect(seen?.url).toBe('/api/health');
  expect(seen?.headers['accept-encoding']).toBeUndefined();
  await raw(
    `GET /demo/overview HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`,
  );
  expect(seen?.headers['accept-encoding']).toBe('gzip');
});

describe('refused before Next, as JSON with a request id', () => {
  async function refused(answer: Promise<Answer>, status: number, code: string): Promise<void> {
    const { status: got, headers, text } = await answer;
    expect([got, headers['content-type']]).toEqual([status, 'application/json']);
    const { error } = JSON.parse(text);
    expect(error).toEqual({ code, message: expect.any(String), requestId: headers['x-request-id'] });
    expect(headers['cache-control']).toBe('no-store');
    expect(seen).toBeUndefined();
  }

  test.each(['evil.example', 'localhost', 'localhost:1', '127.0.0.1.evil.example', 'evil@localhost'])(
    'Host %s',
    (host) => refused(get('/', { host }), 421, 'misdirected'),
  );
  test('a Host in capitals is the same host', async () =>
    expect((await get('/', { host: `LOCALHOST:${port}` })).status).toBe(200));

  test.each(['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via'])(
    '%s',
    (name) => refused(get('/', { [name]: '10.0.0.1' }), 403, 'proxy_refused'),
  );

  test.each(['/_next/image', '/_next/image?url=%2Fx', '//_next//image', '/%5Fnext/im%61ge?x', '/_next/image/'])(
    '%s',
    (path) => refused(get(path), 404, 'not_found'),
  );
  test('other parts of Next are served', async () => expect((await get('/_next/static/x.js')).status).toBe(200));

  test('TRACE', () => refused(get('/', {}, 'TRACE'), 405, 'method_not_allowed'));
  test('a body over 256 KB by its length', () =>
    refused(get('/api/x', { 'content-length': String(256 * 1024 + 1) }, 'POST'), 413, 'too_large'));
  test('a body of 256 KB goes through', async () =>
    expect((await get('/api/x', {}, 'POST', 'x'.repeat(256 * 1024))).status).toBe(200));
  test('an address that cannot be decoded', () => refused(get('/%zz'), 400, 'bad_input'));

  test('refused API requests carry the timing headers too', async () => {
    const { headers } = await get('/api/servers', { via: 'x' });
    expect(headers).toMatchObject({ 'x-query-count': '0', 'x-process-time': '0', 'x-query-time': '0' });
    expect(headers['server-timing']).toBeDefined();
  });

  test.each([
    ['no Host at all', 'GET / HTTP/1.1\r\n\r\n', 421],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost:PORT\r\nHost: localhost:PORT\r\n\r\n', 400],
    [
      'an absolute address',
      'GET http://evil.example/ HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: close\r\n\r\n',
      400,
    ],
    ['something that is not HTTP', 'hello\r\n\r\n', 400],
    ['20 KB of headers', `GET / HTTP/1.1\r\nHost: localhost:PORT\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['a WebSocket', 'GET / HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 403],
  ])('%s', async (_, text, status) => {
    seen = undefined;
    expect(await raw(text.replaceAll('PORT', String(port)))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).toBeUndefined();
  });

  test('a body that waits for permission is refused without asking for it', async () => {
    const answer = await raw(
      `POST / HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 999999\r\nExpect: 100-continue\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });
});
