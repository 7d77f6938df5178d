import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** How a body may be compressed, the best first. */
export type Encoding = 'br' | 'gzip';

/** The header by which the HTTP server says what the client takes; it is taken off where nothing shall be compressed. */
export const acceptHeader = 'x-pgdeck-accept-encoding';
/** How a body is compressed, on its way through Next, which takes the header of that name off; the HTTP server gives it back. */
export const encodedHeader = 'x-pgdeck-content-encoding';
/** Below this a body is sent as it is: its packet would be sent all the same. */
const leastBytes = 1024;

/** The lowest of each that comes within a sixth of the best: an answer of a topic lives for seconds. */
const gzipLevel = 4;
const brotliParams = { [constants.BROTLI_PARAM_QUALITY]: 1 };

const [asGzip, asBrotli] = [promisify(gzip), promisify(brotliCompress)];

/** What a client takes, of what there is; undefined: the body as it is. */
export function encodingFor(request: Request): Encoding | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const taken = new Set(
    (request.headers.get(acceptHeader) ?? '')
      .toLowerCase()
      .split(',')
      .map((each) => each.trim().split(/\s*;\s*/))
      .filter(([, q = 'q=1']) => !/^q=0(?:\.0*)?$/.test(q))
      .map(([name]) => name),
  );
  return (['br', 'gzip'] as const).find((each) => taken.has(each));
}

/** JSON that many are answered with: the text, and each way in which it was compressed. */
export type Body = { text: Buffer<ArrayBuffer> } & Partial<Record<Encoding, Promise<Buffer<ArrayBuffer>>>>;

const written = new WeakMap<object, Body>();

/**
 * What a handler returned as a response: JSON with its length, compressed where that is worth it and wanted. The same object is
 * written and compressed once, however many are answered with it.
 */
export async function answered(value: unknown, request: Request): Promise<Response> {
  if (value instanceof Response) return encodingFor(request) ? streamed(value) : value;
  const isObject = typeof value === 'object' && value !== null;
  const known = isObject ? written.get(value) : undefined;
  const body = known ?? bodyFrom(JSON.stringify(value));
  if (isObject && !known) written.set(value, body);
  return withBody(body, request);
}

/** JSON that is kept to answer many with. */
export function bodyFrom(text: string): Body {
  return { text: Buffer.from(text) };
}

/** A kept body as a response: compressed where that is worth it and wanted, once for all who take it so. */
export async function withBody(body: Body, request: Request, headers: Record<string, string> = {}): Promise<Response> {
  const encoding = encodingFor(request);
  if (!encoding || body.text.length < leastBytes) return json(body.text, undefined, headers);
  body[encoding] ??=
    encoding === 'br' ? asBrotli(body.text, { params: brotliParams }) : asGzip(body.text, { level: gzipLevel });
  return json(await body[encoding], encoding, headers);
}

/** The same in both module graphs: routes make responses, and the HTTP server sends them. */
const whole = Symbol.for('pgdeck.body');

/** The whole body of a response that was made here: reading it out of the response takes as long as making that. */
export function bodyOf(response: Response): Buffer | undefined {
  return (response as { [whole]?: Buffer })[whole];
}

function json(body: Buffer<ArrayBuffer>, encoding: Encoding | undefined, headers: Record<string, string>): Response {
  const response = new Response(body, {
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': String(body.length),
      ...(encoding && { [encodedHeader]: encoding }),
    },
  });
  return Object.assign(response, { [whole]: body });
}

/** A file that is written while it is read, compressed on its way. */
function streamed(response: Response): Response {
  const { status, body, headers: given } = response;
  const type = given.get('content-type') ?? '';
  if (status !== 200 || !body || given.has(encodedHeader) || !/^text\/|ndjson/.test(type)) return response;
  const headers = new Headers(given);
  headers.delete('content-length');
  headers.set(encodedHeader, 'gzip');
  return new Response(
    body.pipeThrough(new CompressionStream('gzip') as ReadableWritablePair<Uint8Array<ArrayBuffer>>),
    {
      status,
      headers,
    },
  );
}
