import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { bodyOf } from './encoding';
import type { Handler } from './route';

/** What a framework found for a read: the handler, the address and the parameters of the path that it gave to it. */
export type Found = { handler: Handler; route: string; url: string; params: Record<string, unknown> };

/** Paths that are remembered; a server has some fifty. */
const most = 10_000;

const key = Symbol.for('pgdeck.short-way');
const shared = globalThis as { [key]?: AsyncLocalStorage<(found: Found) => void> };

shared[key] ??= new AsyncLocalStorage<(found: Found) => void>();

/** Who wants to know what is found for the request being answered; one for both module graphs (launcher and Next). */
const finding = shared[key];

/** Tells the HTTP server what was found, where it asked: the next read of that path need not be looked for. */
export function tellFound(found: Found): void {
  finding.getStore()?.(found);
}

/**
 * Lets Next find the handler of a path once, and calls it without Next from then on: what Next does for each request
 * takes several times as long as a read of a snapshot. Only reads that were answered are remembered; the handler asks
 * each time who it is and what they may see.
 */
export function shortWay(next: (request: IncomingMessage, response: ServerResponse) => Promise<void>): RequestListener {
  const known = new Map<string, Found>();
  const learn = (path: string) => (found: Found) => {
    if (!isOf(path, found)) return;
    if (known.size >= most) known.delete(known.keys().next().value as string);
    known.set(path, { ...found, url: found.url.split('?', 1)[0] ?? '' });
  };
  return (request, response) => {
    const { method, url = '', headers } = request;
    const at = url.indexOf('?');
    const path = at < 0 ? url : url.slice(0, at);
    const isRead =
      method === 'GET' && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
    const found = isRead ? known.get(path) : undefined;
    const answered = found
      ? call(found, at < 0 ? '' : url.slice(at), request, response)
      : finding.run(isRead ? learn(path) : () => {}, () => next(request, response));
    answered.catch(() => response.destroy());
  };
}

/** Whether the parameters are those that the path itself has at their places: nothing else may have made them. */
function isOf(path: string, { route, params }: Found): boolean {
  const names = route.split('/').slice(1);
  const parts = path.split('/').slice(-names.length);
  const isParam = (name: string) => name.startsWith('{');
  const made = names.flatMap((name, n) => (isParam(name) ? [[name.slice(1, -1), parts[n]]] : []));
  return (
    names.every((name, n) => isParam(name) || name === parts[n]) &&
    isDeepStrictEqual(Object.fromEntries(made), { ...params })
  );
}

async function call(
  { handler, url, params }: Found,
  search: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const asked = new Request(url + search, { headers: headersOf(request) });
  // A request that is made with a signal follows it in one of its own, which takes longer than all the rest of it.
  Object.defineProperty(asked, 'signal', { value: gone.signal });
  const answer = await handler(asked, { params: Promise.resolve(params as Record<string, string>) });
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers)
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  const body = bodyOf(answer);
  if (body) response.end(body);
  else if (!answer.body) response.end();
  else await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response);
}

function headersOf({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
  );
}
