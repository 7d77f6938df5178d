import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Answer, Raw } from '@/lib/topics/topic';
import { acceptHeader, bodyOf, encodedHeader } from './encoding';
import { snapshotAnswer } from './snapshot-answer';

const rows = () => Array.from({ length: 40 }, (_, pid): Raw => ({ pid, query: `select ${pid} from orders` }));
const answer = (of: Raw[], ageSeconds = 0.4): Answer => ({
  topic: 'sessions',
  server: 'one',
  database: null,
  status: 'ok',
  sampledAt: '2026-11-21T03:14:02.000Z',
  ageSeconds,
  windowSeconds: 2,
  rows: of,
});
const ask = async (given: Answer, headers: Record<string, string> = {}) => {
  const response = await snapshotAnswer(new Request('http://127.0.0.1/api/x', { headers }), given);
  if (!(response instanceof Response)) throw new Error('not a response');
  return response;
};

describe('a snapshot', () => {
  it('is told whole, and its tag with its age', async () => {
    const given = answer(rows());
    const response = await ask(given);
    expect(await response.json()).toEqual({ ...given, ageSeconds: 0 });
    expect(response.headers.get('etag')).toMatch(/^W\/"[\w-]+"$/);
    expect(response.headers.get('x-age-seconds')).toBe('0');
  });

  it('that somebody has is not sent again: its rows are the same, its age is told', async () => {
    const known = rows();
    const etag = (await ask(answer(known))).headers.get('etag') ?? '';
    for (const tags of [etag, `"other", ${etag}`, etag.replace('W/', '')]) {
      const response = await ask(answer(known, 1.9), { 'if-none-match': tags });
      expect(response.status).toBe(304);
      expect(response.body).toBeNull();
      expect(response.headers.get('etag')).toBe(etag);
      expect(response.headers.get('x-age-seconds')).toBe('2');
    }
  });

  it('with other rows, or of another time, has another tag', async () => {
    const known = rows();
    const etag = (await ask(answer(known))).headers.get('etag') ?? '';
    const others = [answer(rows()), { ...answer(known), sampledAt: '2026-11-21T03:14:04.000Z' } as Answer];
    for (const other of others) {
      const response = await ask(other, { 'if-none-match': etag });
      expect(response.status).toBe(200);
      expect(response.headers.get('etag')).not.toBe(etag);
    }
  });

  it('of the past has none, and what is unavailable is left to be told as it is', async () => {
    const past = { ...answer(rows()), at: '2026-11-21T03:14:03.000Z', distanceSeconds: 1 };
    expect((await ask(past)).headers.get('etag')).toBeNull();
    const unavailable: Answer = {
      topic: 'sessions',
      server: 'one',
      database: null,
      status: 'unavailable',
      reason: 'timeout',
      hint: 'It takes long.',
    };
    expect(await snapshotAnswer(new Request('http://127.0.0.1/api/x'), unavailable)).toBe(unavailable);
  });

  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])('is compressed as %s with the age of each reading', async (encoding, plain) => {
    const known = rows();
    for (const age of [0, 13, 12]) {
      const response = await ask(answer(known, age), { [acceptHeader]: encoding });
      expect(response.headers.get(encodedHeader)).toBe(encoding);
      expect(JSON.parse(plain(await response.arrayBuffer()).toString())).toEqual(answer(known, age));
    }
  });

  // Fails where it is written or compressed for each reader: a thousand of them would take all of a processor.
  it('is one body for all who ask in the same second', async () => {
    const known = rows();
    for (const accept of ['', 'gzip', 'br']) {
      const bodies = await Promise.all(
        [3.6, 4, 4.4].map(async (age) => bodyOf(await ask(answer(known, age), { [acceptHeader]: accept }))),
      );
      expect(bodies[0]).toBeInstanceOf(Buffer);
      for (const body of bodies) expect(body).toBe(bodies[0]);
    }
    expect(bodyOf(await ask(answer(known, 5)))).not.toBe(bodyOf(await ask(answer(known, 4))));
  });
});
