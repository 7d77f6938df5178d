import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ownMetrics } from '@/lib/metrics/own';
import { encodedHeader } from './encoding';
import { clean, type GuardOptions, pathBelow, type Refusal, refusal } from './guard';
import { Places } from './limits';

const nothing = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Set on every response that did not set them itself, static files among them. */
const everywhere: Record<string, string> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), clipboard-read=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

function body({ code, message }: Refusal, requestId: string): string {
  return JSON.stringify({ error: { code, message, requestId } });
}

/** Browsers that once came by https come by https only. */
function transport({ access }: GuardOptions): Record<string, string> {
  return access.publicOrigin?.startsWith('https:') ? { 'strict-transport-security': 'max-age=31536000' } : {};
}

function refusalHeaders(
  refused: Refusal,
  requestId: string,
  isApi: boolean,
  options: GuardOptions,
): Record<string, string> {
  return {
    ...everywhere,
    ...transport(options),
    'cache-control': 'no-store',
    'content-security-policy': nothing,
    'content-type': 'application/json',
    vary: 'Cookie, Authorization',
    'x-frame-options': 'DENY',
    'x-request-id': requestId,
    ...(isApi && { 'server-timing': 'total;dur=0', 'x-process-time': '0', 'x-query-count': '0', 'x-query-time': '0' }),
    ...refused.headers,
  };
}

function send(response: ServerResponse, request: IncomingMessage, refused: Refusal, options: GuardOptions): void {
  const requestId = randomUUID();
  const text = body(refused, requestId);
  const isApi = pathBelow(request.url ?? '', options.access.basePath)?.startsWith('/api') === true;
  response.writeHead(refused.status, {
    ...refusalHeaders(refused, requestId, isApi, options),
    'content-length': String(Buffer.byteLength(text)),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

const broken: Record<string, Refusal> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'too_large', message: 'The request headers are too large.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'timeout', message: 'The request took too long to arrive.' },
};

/** Answers what could not be read as HTTP, and ends the connection. */
function sendBroken(error: NodeJS.ErrnoException, socket: Duplex, options: GuardOptions): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const refused = broken[error.code ?? ''] ?? { status: 400, code: 'bad_input', message: 'This is not HTTP.' };
  const requestId = randomUUID();
  const text = body(refused, requestId);
  const headers = {
    ...refusalHeaders(refused, requestId, false, options),
    connection: 'close',
    'content-length': Buffer.byteLength(text),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${refused.status} Refused\r\n${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** Headers that routes and pages set themselves win; Next appends to what is set before, so ours come last. */
function withDefaults(request: IncomingMessage, response: ServerResponse, options: GuardOptions): void {
  const writeHead = response.writeHead;
  const always = { ...everywhere, ...transport(options) };
  // The script that portals load from their own pages; there is nothing in it that is not public.
  const isShared = pathBelow(request.url ?? '', options.access.basePath) === '/embed.js';
  response.writeHead = function (this: ServerResponse, ...parameters: unknown[]) {
    for (const [name, value] of Object.entries(always)) if (!response.hasHeader(name)) response.setHeader(name, value);
    if (!response.hasHeader('content-security-policy')) {
      response.setHeader('content-security-policy', nothing);
      response.setHeader('x-frame-options', 'DENY');
    }
    const encoding = response.getHeader(encodedHeader);
    if (encoding !== undefined) {
      response.removeHeader(encodedHeader);
      response.setHeader('content-encoding', encoding);
    }
    if (isShared) {
      response.setHeader('cross-origin-resource-policy', 'cross-origin');
      response.setHeader('access-control-allow-origin', '*');
    }
    return writeHead.apply(this, parameters as Parameters<typeof writeHead>);
  } as typeof writeHead;
}

/** Pages that are drawn at once, and how many more wait for how long: drawing one takes far more than answering the API. */
const pageRoom = { perPerson: 0, all: 64, waiting: 400, waitMs: 5_000 };
const crowded: Refusal = {
  status: 429,
  code: 'busy',
  message: 'Too many pages are being opened at once. Wait a moment and open it again.',
  headers: { 'retry-after': '2' },
};

/** Whether a request has a page drawn; the API and what Prometheus reads have places of their own, and files cost nothing. */
function drawsPage({ url = '' }: IncomingMessage, { access: { basePath } }: GuardOptions): boolean {
  const path = url.slice(basePath.length);
  return !/^\/(?:api|_next)(?:\/|$)|^\/metrics$|\.\w+(?:\?|$)/.test(path.split('?', 1)[0] ?? '');
}

/** Routes count their requests by themselves; pages are counted here, all as one. */
function countPage({ method = '' }: IncomingMessage, response: ServerResponse): void {
  const startedAt = performance.now();
  response.once('finish', () => {
    const status = `${Math.floor(response.statusCode / 100)}xx`;
    ownMetrics().requests.observe({ method, route: 'page', status }, (performance.now() - startedAt) / 1000);
  });
}

/**
 * The raw HTTP server: refuses before Next what the mode does not take, takes off what clients have no say in, says who
 * the peer is in `x-forwarded-for`, and bounds how long a request may take to arrive. `upgrade` takes WebSockets (hot reload); without it they are refused.
 */
export function guardedServer(
  options: GuardOptions,
  handle: RequestListener,
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Server {
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    // A reverse proxy keeps its connections for a minute, and must not meet one that was just closed.
    keepAliveTimeout: options.access.mode === 'local' ? 20_000 : 75_000,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false,
  });
  // Browsers open up to six each.
  server.maxConnections = 8_000;
  const admit = (request: IncomingMessage, response: ServerResponse): boolean => {
    const refused = refusal(request, options);
    if (refused) {
      send(response, request, refused, options);
      return false;
    }
    clean(request, options);
    withDefaults(request, response, options);
    return true;
  };
  const pages = new Places(pageRoom);
  const pass: RequestListener = (request, response) => {
    if (!drawsPage(request, options)) return void handle(request, response);
    countPage(request, response);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    pages.enter(undefined, gone.signal).then(
      (leave) => {
        response.once('close', leave);
        handle(request, response);
      },
      () => send(response, request, crowded, options),
    );
  };
  server.on('request', (request, response) => {
    if (admit(request, response)) pass(request, response);
  });
  server.on('checkContinue', (request, response) => {
    if (!admit(request, response)) return;
    response.writeContinue();
    pass(request, response);
  });
  server.on('clientError', (error, socket) => sendBroken(error, socket, options));
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
