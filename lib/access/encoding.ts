import { promisify } from 'node:util';
import { brotliCompress, constants, crc32, deflateRaw, gzip } from 'node:zlib';

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

const [asGzip, asBrotli, asDeflate] = [promisify(gzip), promisify(brotliCompress), promisify(deflateRaw)];

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

/** What was written of a value that many are answered with: the text, and each way in which it was compressed. */
type Written = { text: Buffer<ArrayBuffer> } & Partial<Record<Encoding, Promise<Buffer<ArrayBuffer>>>>;

const written = new WeakMap<object, Written>();

/**
 * What a handler returned as a response: JSON with its length, compressed where that is worth it and wanted. The same object is
 * written and compressed once, however many are answered with it.
 */
export async function answered(value: unknown, request: Request): Promise<Response> {
  const encoding = encodingFor(request);
  if (value instanceof Response) return encoding ? streamed(value) : value;
  const isObject = typeof value === 'object' && value !== null;
  const known = isObject ? written.get(value) : undefined;
  const body: Written = known ?? { text: Buffer.from(JSON.stringify(value)) };
  if (isObject && !known) written.set(value, body);
  if (!encoding || body.text.length < leastBytes) return json(body.text);
  body[encoding] ??=
    encoding === 'br' ? asBrotli(body.text, { params: brotliParams }) : asGzip(body.text, { level: gzipLevel });
  return json(await body[encoding], encoding);
}

/** The same in both module graphs: routes make responses, and the HTTP server sends them. */
const whole = Symbol.for('pgdeck.body');

/** The whole body of a response that `json()` made: reading it out of the response takes as long as making that. */
export function bodyOf(response: Response): Buffer | undefined {
  return (response as { [whole]?: Buffer })[whole];
}

/** JSON that was written, and maybe compressed, before. */
export function json(body: Buffer<ArrayBuffer>, encoding?: Encoding, headers: Record<string, string> = {}): Response {
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

/**
 * A text that many answers begin with, compressed once; what follows it in each of them goes into the same stream as it is:
 * both formats have blocks that are not compressed.
 */
export class SharedStart {
  readonly #text: Buffer;
  readonly #compressed: Partial<Record<Encoding, Promise<Buffer>>> = {};
  #crc: number | undefined;

  constructor(text: string) {
    this.#text = Buffer.from(text);
  }

  /** The whole body, and how it is compressed. */
  async with(
    rest: string,
    encoding: Encoding | undefined,
  ): Promise<{ body: Buffer<ArrayBuffer>; encoding: Encoding | undefined }> {
    const end = Buffer.from(rest);
    if (!encoding || this.#text.length + end.length < leastBytes)
      return { body: Buffer.concat([this.#text, end]), encoding: undefined };
    this.#compressed[encoding] ??=
      encoding === 'br'
        ? asBrotli(this.#text, { params: brotliParams, finishFlush: constants.BROTLI_OPERATION_FLUSH })
        : asDeflate(this.#text, { level: gzipLevel, finishFlush: constants.Z_SYNC_FLUSH });
    const start = await this.#compressed[encoding];
    return { body: encoding === 'br' ? withBrotli(start, end) : this.#withGzip(start, end), encoding };
  }

  #withGzip(start: Buffer, end: Buffer): Buffer<ArrayBuffer> {
    this.#crc ??= crc32(this.#text);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc32(end, this.#crc), 0);
    trailer.writeUInt32LE((this.#text.length + end.length) % 2 ** 32, 4);
    return Buffer.concat([gzipHeader, start, ...storedBlocks(end), trailer]);
  }
}

/** RFC 1952: deflate, no flags, no time, an unknown file system. */
const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
const mostInBlock = 65_535;

/** RFC 1951, 3.2.4: a bit for the last block, the length and its complement, the bytes. */
function storedBlocks(bytes: Buffer): Buffer[] {
  return inBlocks(bytes).flatMap((block, at, all) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(at === all.length - 1 ? 1 : 0, 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(0xffff - block.length, 3);
    return [head, block];
  });
}

/** RFC 7932, 9.2: not the last, four nibbles of the length less one, not compressed; and at the end one that is last and empty. */
function withBrotli(start: Buffer, end: Buffer): Buffer<ArrayBuffer> {
  const blocks = inBlocks(end).flatMap((block) => {
    const head = Buffer.alloc(3);
    head.writeUIntLE(((block.length - 1) << 3) | (1 << 19), 0, 3);
    return [head, block];
  });
  return Buffer.concat([start, ...blocks, Buffer.from([3])]);
}

function inBlocks(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += mostInBlock) blocks.push(bytes.subarray(at, at + mostInBlock));
  return blocks;
}
