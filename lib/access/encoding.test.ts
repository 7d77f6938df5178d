import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { acceptHeader, answered, encodedHeader, encodingFor } from './encoding';

const asked = (accept: string, method = 'GET') =>
  new Request('http://127.0.0.1/api/x', { method, headers: { [acceptHeader]: accept } });
const plain = (body: Uint8Array, encoding: string | null | undefined) =>
  (encoding === 'br'
    ? brotliDecompressSync(body)
    : encoding === 'gzip'
      ? gunzipSync(body)
      : Buffer.from(body)
  ).toString();
const bodyOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const large = { rows: Array.from({ length: 100 }, (_, id) => ({ id, name: `table ${id} é` })) };

describe('what a client takes', () => {
  it.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['GZIP;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br; q=0.0, gzip;q=0', undefined],
    ['identity', undefined],
    ['', undefined],
  ])('of %j is %s', (accept, encoding) => {
    expect(encodingFor(asked(accept))).toBe(encoding);
  });

  it('is not asked of what changes something: what was sent could stand beside what is secret', () => {
    expect(encodingFor(asked('gzip', 'POST'))).toBeUndefined();
  });
});

describe('an answer', () => {
  it.each(['br', 'gzip'])('of more than 1 KB is compressed as %s, with its length', async (encoding) => {
    const response = await answered(large, asked(encoding));
    const body = await bodyOf(response);
    expect(response.headers.get(encodedHeader)).toBe(encoding);
    expect(response.headers.get('content-length')).toBe(String(body.length));
    expect(body.length).toBeLessThan(1024);
    expect(JSON.parse(plain(body, encoding))).toEqual(large);
  });

  it('that is small, or that nobody wants compressed, is sent as it is', async () => {
    for (const [value, accept] of [
      [{ a: 1 }, 'gzip'],
      [large, ''],
    ] as const) {
      const response = await answered(value, asked(accept));
      expect(response.headers.get(encodedHeader)).toBeNull();
      expect(JSON.parse(plain(await bodyOf(response), null))).toEqual(value);
    }
  });

  it('that is a file is compressed while it is read', async () => {
    const lines = 'a,b\n'.repeat(1000);
    const file = new Response(lines, {
      headers: { 'content-type': 'text/csv; charset=utf-8', 'content-length': '4000' },
    });
    const response = await answered(file, asked('gzip, br'));
    expect(response.headers.get('content-length')).toBeNull();
    expect(plain(await bodyOf(response), response.headers.get(encodedHeader))).toBe(lines);
    const other = await answered(new Response(null, { status: 304 }), asked('gzip'));
    expect(other.headers.get(encodedHeader)).toBeNull();
  });
});

it('writes and compresses the same object once, and another one anew', async () => {
  let times = 0;
  const value = {
    toJSON: () => {
      times++;
      return { text: 'x'.repeat(3000) };
    },
  };
  const bodies = await Promise.all([1, 2, 3].map(async () => (await answered(value, asked('br'))).arrayBuffer()));
  expect(times).toBe(1);
  expect(new Set(bodies.map((body) => Buffer.from(body).toString('hex'))).size).toBe(1);
  await answered({ ...value }, asked('br'));
  expect(times).toBe(2);
});
