import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { bodyLimit } from './body';

/** Why a request does not reach Next. */
export type Refusal = { status: number; code: string; message: string; headers?: Record<string, string> };

/** What the raw HTTP server needs to know: the Host values that are ours, with their port. */
export type GuardOptions = { allowedHosts: readonly string[] };

const forwarding = /^(forwarded|via|x-real-ip|x-forwarded(-.*)?)$/;

/** Set on every response that did not set them itself, static files among them. */
const everywhere: Record<string, string> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), clipboard-read=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** Decides, from the request line and headers alone, whether a request may go on to Next; undefined: it may. */
export function refusal(request: IncomingMessage, { allowedHosts }: GuardOptions): Refusal | undefined {
  const { method, url = '', headers, rawHeaders } = request;
  if (method === 'TRACE' || method === 'TRACK' || method === 'CONNECT') {
    const allow = 'GET, HEAD, POST, OPTIONS';
    return { status: 405, code: 'method_not_allowed', message: `${method} is not taken.`, headers: { allow } };
  }
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts > 1) return { status: 400, code: 'bad_input', message: 'There is more than one Host header.' };
  if (headers.host === undefined || !allowedHosts.includes(headers.host.toLowerCase())) {
    return {
      status: 421,
      code: 'misdirected',
      message: `This Host is not served here. Open http://${allowedHosts[0] ?? '127.0.0.1'} instead.`,
    };
  }
  if (Object.keys(headers).some((name) => forwarding.test(name))) {
    return {
      status: 403,
      code: 'proxy_refused',
      message:
        'Without sign-in pgdeck serves this machine only, not through a proxy (Forwarded, X-Forwarded-*, X-Real-IP, Via).',
    };
  }
  const path = plainPath(url);
  if (path === undefined) return { status: 400, code: 'bad_input', message: 'This address cannot be read.' };
  if (/^\/_next\/image(\/|$)/.test(path))
    return { status: 404, code: 'not_found', message: 'Images are not processed here.' };
  if (Number(headers['content-length'] ?? 0) > bodyLimit) {
    return {
      status: 413,
      code: 'too_large',
      message: 'The body is larger than 256 KB.',
      headers: { connection: 'close' },
    };
  }
  return undefined;
}

/** The decoded path with single slashes; undefined for anything but an origin-form address that can be decoded. */
function plainPath(url: string): string | undefined {
  if (!url.startsWith('/')) return undefined;
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0] ?? '').replace(/[/\\]+/g, '/');
  } catch {
    return undefined;
  }
}

function body({ code, message }: Refusal, requestId: string): string {
  return JSON.stringify({ error: { code, message, requestId } });
}

function refusalHeaders(refused: Refusal, requestId: string, isApi: boolean): Record<string, string> {
  return {
    ...everywhere,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'content-type': 'application/json',
    'x-frame-options': 'DENY',
    'x-request-id': requestId,
    ...(isApi && { 'server-timing': 'total;dur=0', 'x-process-time': '0', 'x-query-count': '0', 'x-query-time': '0' }),
    ...refused.headers,
  };
}

function send(response: ServerResponse, request: IncomingMessage, refused: Refusal): void {
  const requestId = randomUUID();
  const text = body(refused, requestId);
  response.writeHead(refused.status, {
    ...refusalHeaders(refused, requestId, request.url?.startsWith('/api') === true),
    'content-length': String(Buffer.byteLength(text)),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

const broken: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'too_large', message: 'The request headers are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'timeout', message: 'The request took too long to arrive.' },
};

/** Answers what could not be read as HTTP, and ends the connection. */
function sendBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refused = broken[error.code ?? ''] ?? { status: 400, code: 'bad_input', message: 'This is not HTTP.' };
  const requestId = randomUUID();
  const text = body(refused, requestId);
  const headers = {
    ...refusalHeaders(refused, requestId, false),
    connection: 'close',
    'content-length': Buffer.byteLength(text),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${refused.status} Refused\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** Headers that routes and pages set themselves win; Next appends to what is set before, so ours come last. */
function withDefaults(response: ServerResponse): void {
  const writeHead = response.writeHead;
  response.writeHead = function (this: ServerResponse, ...parameters: unknown[]) {
    for (const [name, value] of Object.entries(everywhere))
      if (!response.hasHeader(name)) response.setHeader(name, value);
    return writeHead.apply(this, parameters as Parameters<typeof writeHead>);
  } as typeof writeHead;
}

/**
 * The raw HTTP server: refuses before Next what local mode does not take, says who the peer is in `x-forwarded-for`, and
 * bounds how long a request may take to arrive. `upgrade` takes WebSockets (hot reload); without it they are refused.
 */
export function guardedServer(
  options: GuardOptions,
  handle: RequestListener,
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Server {
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 20_000,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false,
  });
  server.maxConnections = 2_000;
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    const refused = refusal(request, options);
    if (refused) {
      send(response, request, refused);
      return false;
    }
    request.headers['x-forwarded-for'] = request.socket.remoteAddress ?? '';
    // Answers stay on this machine: compressing them would cost more than it saves, up to half of each request.
    if (request.url?.startsWith('/api/')) delete request.headers['accept-encoding'];
    withDefaults(response);
    return true;
  };
  server.on('request', (request, response) => {
    if (admit(request, response)) handle(request, response);
  });
  server.on('checkContinue', (request, response) => {
    if (!admit(request, response)) return;
    response.writeContinue();
    handle(request, response);
  });
  server.on('clientError', sendBroken);
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    const { origin } = request.headers;
    const foreign =
      origin !== undefined && !options.allowedHosts.includes(origin.replace(/^http:\/\//, '').toLowerCase());
    if (upgrade && !foreign && !refusal(request, options)) upgrade(request, socket, head);
    else socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
  return server;
}
