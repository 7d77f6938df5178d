import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { testContract } from '@/lib/api/test-contract';
import { shared } from '@/lib/runtime';
import { ApiError } from './errors';
import { leaving, Places } from './limits';
import { route } from './route';
import { accessOf } from './test-access';

const room = { perPerson: 2, all: 3, waiting: 2, waitMs: 60_000 };
const settled = async (promise: Promise<unknown>) => {
  let state = 'waits';
  promise.then(
    () => {
      state = 'inside';
    },
    (error) => {
      state = error instanceof ApiError ? `${error.status} ${error.code}` : 'gone';
    },
  );
  await new Promise((done) => setImmediate(done));
  return state;
};

// Fails without the counting in `#add`, or without the comparison in `#isFree`.
describe('T21: places of one kind of request', () => {
  test('a person has so many, all together so many, and a place that is given back twice is one', async () => {
    const places = new Places({ ...room, waiting: 0 });
    const first = await places.enter('ann');
    await places.enter('ann');
    await expect(places.enter('ann')).rejects.toMatchObject({
      status: 429,
      code: 'busy',
      headers: { 'retry-after': '2' },
    });
    await places.enter('bob');
    await expect(places.enter('eve')).rejects.toMatchObject({ message: expect.stringMatching(/^pgdeck has too many/) });
    first();
    first();
    await places.enter('eve');
    await expect(places.enter('bob')).rejects.toMatchObject({ status: 429 });
  });

  test('without a name only all together count', async () => {
    const places = new Places({ ...room, waiting: 0 });
    for (let i = 0; i < 3; i++) await places.enter(undefined);
    await expect(places.enter(undefined)).rejects.toMatchObject({ status: 429 });
  });

  test('who waits is let in by turn, past those whose own places are taken', async () => {
    const places = new Places(room);
    const ann = [await places.enter('ann'), await places.enter('ann')];
    const bob = await places.enter('bob');
    const more = places.enter('ann');
    const eve = places.enter('eve');
    expect(await settled(more)).toBe('waits');
    await expect(places.enter('dan')).rejects.toMatchObject({ status: 429 });
    bob();
    expect(await settled(eve)).toBe('inside');
    expect(await settled(more)).toBe('waits');
    ann[0]?.();
    expect(await settled(more)).toBe('inside');
  });

  test('nobody waits for ever', async () => {
    const places = new Places({ ...room, perPerson: 1, waitMs: 5 });
    await places.enter('ann');
    await expect(places.enter('ann')).rejects.toMatchObject({
      status: 429,
      message: expect.stringMatching(/^You have 1 /),
    });
    expect(await settled(places.enter('bob'))).toBe('inside');
  });

  test('who went away gives the place in the line to the next', async () => {
    const places = new Places({ ...room, perPerson: 1, waiting: 1 });
    const leave = await places.enter('ann');
    const away = new AbortController();
    const waiting = places.enter('ann', away.signal);
    away.abort();
    expect(await settled(waiting)).toBe('gone');
    const next = places.enter('ann');
    expect(await settled(next)).toBe('waits');
    leave();
    expect(await settled(next)).toBe('inside');
    await expect(places.enter('ann', AbortSignal.abort(new Error('away')))).rejects.toThrow('away');
  });
});

describe('T21: a streamed answer gives its place back', () => {
  const streamed = () => {
    let left = 0;
    const chunks = ['a', 'b'];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(chunk));
      },
    });
    const away = new AbortController();
    const response = new Response(body, { status: 201, headers: { 'x-test': '1' } });
    const answer = leaving(response, () => left++, away.signal);
    return { answer, away, left: () => left > 0 };
  };

  test('when it was read to the end', async () => {
    const { answer, left } = streamed();
    expect([answer.status, answer.headers.get('x-test'), left()]).toEqual([201, '1', false]);
    expect(await answer.text()).toBe('ab');
    expect(left()).toBe(true);
  });

  test('when it is read no more, and when who asked goes away', async () => {
    const cancelled = streamed();
    await cancelled.answer.body?.cancel();
    expect(cancelled.left()).toBe(true);
    const aborted = streamed();
    aborted.away.abort();
    expect(aborted.left()).toBe(true);
  });
});

describe('T21: routes', () => {
  beforeEach(() => {
    Object.assign(shared(), {
      servers: new Map(),
      config: { allowedHosts: ['127.0.0.1:8432'], access: accessOf() },
    });
  });
  const context = { params: Promise.resolve({}) };
  const origin = 'http://127.0.0.1:8432';
  const get = () => new Request(`${origin}/api/x`);
  const signedIn = route(testContract({ role: 'viewer', body: z.unknown() }), () => ({}));
  const anybody = route(testContract({ role: 'open', body: z.unknown() }), () => ({}));
  const send = (handler: typeof signedIn, body: BodyInit) =>
    handler(
      new Request(`${origin}/api/x`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body,
        ...(body instanceof ReadableStream && { duplex: 'half' }),
      } as RequestInit),
      context,
    );

  // Fails when `route()` does not call `enter`.
  test('heavy ones run a few at once, cheap ones a thousand', async () => {
    for (const [heavy, most] of [
      [true, 24],
      [false, 1000],
    ] as const) {
      let inside = 0;
      let end = () => {};
      const gate = new Promise<void>((open) => {
        end = open;
      });
      const handler = route(testContract({ role: 'viewer', heavy }), async () => {
        inside++;
        await gate;
        return {};
      });
      const asked = Array.from({ length: most + 10 }, () => handler(get(), context));
      await expect.poll(() => inside).toBeGreaterThanOrEqual(most);
      if (heavy) expect(inside).toBe(most);
      end();
      const answers = await Promise.all(asked);
      expect(answers.every(({ status }) => status === 200)).toBe(true);
    }
  });

  test('a failure gives its place back', async () => {
    const handler = route(testContract({ role: 'viewer', heavy: true }), () => {
      throw new ApiError(404, 'not_found', 'It is not here.');
    });
    for (let i = 0; i < 60; i++) expect((await handler(get(), context)).status).toBe(404);
  });

  // Fails when `enter` comes after `readJson` in route.ts.
  test('bodies that do not arrive hold places, and not more of them', async () => {
    const slow: ReadableStreamDefaultController<Uint8Array>[] = [];
    const post = (body: BodyInit) => send(signedIn, body);
    const hanging = Array.from({ length: 200 }, () =>
      post(new ReadableStream<Uint8Array>({ start: (controller) => void slow.push(controller) })),
    );
    await expect.poll(async () => (await post('{}')).status).toBe(429);
    const refused = await post('{}');
    expect([refused.headers.get('retry-after'), (await refused.json()).error.code]).toEqual(['2', 'busy']);
    for (const controller of slow) controller.close();
    expect((await Promise.all(hanging)).every(({ status }) => status === 200)).toBe(true);
    expect((await post('{}')).status).toBe(200);
  });

  // Fails when requests of strangers have the places of `write`.
  test('bodies of strangers take no place of those who are signed in', async () => {
    const slow: ReadableStreamDefaultController<Uint8Array>[] = [];
    const hanging = Array.from({ length: 250 }, () =>
      send(anybody, new ReadableStream<Uint8Array>({ start: (controller) => void slow.push(controller) })),
    );
    await expect.poll(async () => (await send(anybody, '{}')).status).toBe(429);
    expect((await send(signedIn, '{}')).status).toBe(200);
    for (const controller of slow) controller.close();
    const answers = await Promise.all(hanging);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
  });

  // Fails when a heavy route that is open takes no place: who comes back from a provider has it asked.
  test('strangers have a provider asked a few times at once', async () => {
    let inside = 0;
    let end = () => {};
    const gate = new Promise<void>((open) => {
      end = open;
    });
    const callback = route(testContract({ role: 'open', heavy: true }), async () => {
      inside++;
      await gate;
      return {};
    });
    const asked = Array.from({ length: 120 }, () => callback(get(), context));
    await expect.poll(() => inside).toBe(100);
    const light = route(testContract({ role: 'open' }), () => ({}));
    expect((await light(get(), context)).status).toBe(200);
    end();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
  });
});
