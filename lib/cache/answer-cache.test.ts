import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AnswerCache, type Place } from './answer-cache';

const seconds = { lists: 30, settings: 60, schema: 120, definitions: 300 };
const orders: Place = { kind: 'schema', server: 'one', database: 'shop', name: 'public.orders' };
let now = 0;
const cacheOf = (maxBytes = 1024 * 1024) => new AnswerCache({ seconds, maxBytes }, () => now);
beforeEach(() => {
  now = 0;
});
afterEach(() => vi.useRealTimers());

/** A question that is answered when the test says so, and how often it was asked. */
function question() {
  const asked: { answer: (value: object) => void; fail: (error: Error) => void }[] = [];
  const ask = () => new Promise<object>((answer, fail) => asked.push({ answer, fail }));
  return { ask, asked };
}

describe('a flight', () => {
  it('is shared by all who want the same at once', async () => {
    const cache = cacheOf();
    const { ask, asked } = question();
    const readers = Array.from({ length: 1000 }, () => cache.read(orders, ask));
    asked[0]?.answer({ columns: 3 });
    for (const found of await Promise.all(readers)) expect(found).toEqual({ value: { columns: 3 }, ageSeconds: 0 });
    expect(asked).toHaveLength(1);
    expect(cache.figures()).toMatchObject([{ kind: 'schema', hits: 999, misses: 1, entries: 1 }]);
  });

  it('that fails is told to all who wait, and is not kept', async () => {
    const cache = cacheOf();
    const { ask, asked } = question();
    const readers = [cache.read(orders, ask), cache.read(orders, ask)];
    asked[0]?.fail(new Error('locked'));
    for (const reader of readers) await expect(reader).rejects.toThrow('locked');
    expect(cache.entries()).toEqual([]);
    const again = cache.read(orders, ask);
    asked[1]?.answer({});
    await again;
    expect(asked).toHaveLength(2);
  });

  it('that is slow holds nobody up for longer than 4.5 s, and is kept when it ends', async () => {
    vi.useFakeTimers();
    const cache = cacheOf();
    const { ask, asked } = question();
    const gaveUp = expect(cache.read(orders, ask)).rejects.toMatchObject({ problem: { reason: 'timeout' } });
    await vi.advanceTimersByTimeAsync(4500);
    await gaveUp;
    asked[0]?.answer({ late: true });
    await vi.advanceTimersByTimeAsync(0);
    expect((await cache.read(orders, ask)).value).toEqual({ late: true });
    expect(asked).toHaveLength(1);
  });

  it('that began before everything was forgotten answers who asked, and is not kept', async () => {
    const cache = cacheOf();
    const { ask, asked } = question();
    const before = cache.read(orders, ask);
    cache.clear('one:shop:');
    const after = cache.read(orders, ask);
    asked[0]?.answer({ old: true });
    expect((await before).value).toEqual({ old: true });
    asked[1]?.answer({ old: false });
    expect((await after).value).toEqual({ old: false });
    expect((await cache.read(orders, ask)).value).toEqual({ old: false });
    expect(asked).toHaveLength(2);
  });

  it('is kept all the same where only that of another server, or of another kind, was forgotten', async () => {
    const cache = cacheOf();
    const { ask, asked } = question();
    const flight = cache.read(orders, ask);
    cache.clear('', ({ server }) => server !== orders.server);
    cache.clear('one:', ({ kind }) => kind === 'settings');
    asked[0]?.answer({ kept: true });
    await flight;
    expect((await cache.read(orders, ask)).value).toEqual({ kept: true });
    expect(asked).toHaveLength(1);
  });
});

describe('what is kept', () => {
  it('is asked again when its time is over, by its kind, and tells its age until then', async () => {
    const cache = cacheOf();
    let asked = 0;
    const ask = async () => ({ times: ++asked });
    const read = async (kind: Place['kind']) => cache.read({ ...orders, kind }, ask);
    await read('lists');
    await read('schema');
    now = 29_900;
    expect(await read('lists')).toEqual({ value: { times: 1 }, ageSeconds: 29.9 });
    now = 30_000;
    expect(cache.entries().map(({ kind, expired }) => [kind, expired])).toContainEqual(['lists', true]);
    expect(await read('lists')).toEqual({ value: { times: 3 }, ageSeconds: 0 });
    expect(await read('schema')).toEqual({ value: { times: 2 }, ageSeconds: 30 });
    now = 120_000;
    expect(cache.last({ ...orders, kind: 'schema' })).toEqual({ value: { times: 2 }, ageSeconds: 120 });
    expect(await read('schema')).toEqual({ value: { times: 4 }, ageSeconds: 0 });
  });

  it('is passed by where somebody asks anew, and replaced by what that brings', async () => {
    const cache = cacheOf();
    let asked = 0;
    const ask = async () => ({ times: ++asked });
    await cache.read(orders, ask);
    expect((await cache.read(orders, ask, { fresh: true })).value).toEqual({ times: 2 });
    expect((await cache.read(orders, ask)).value).toEqual({ times: 2 });
  });

  it('takes no more bytes than it may: what was read longest ago goes', async () => {
    const cache = cacheOf(10_000);
    const place = (name: string) => ({ ...orders, name });
    const ask = async () => ({ text: 'x'.repeat(3000) });
    for (const name of ['a', 'b', 'c']) await cache.read(place(name), ask);
    await cache.read(place('a'), ask);
    await cache.read(place('d'), ask);
    expect(
      cache
        .entries()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['a', 'c', 'd']);
    await cache.read(place('too large'), async () => ({ text: 'x'.repeat(20_000) }));
    const kept = cache.entries();
    expect(kept.map(({ name }) => name)).not.toContain('too large');
    expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(10_000);
  });

  it('is forgotten by how its key begins, of one server or one kind', async () => {
    const cache = cacheOf();
    const ask = async () => ({});
    const places: Place[] = [
      orders,
      { ...orders, kind: 'definitions', name: 'index 5' },
      { ...orders, database: 'books' },
      { ...orders, server: 'one-b' },
      { kind: 'settings', server: 'one', database: null, name: 'settings' },
    ];
    for (const place of places) await cache.read(place, ask);
    expect(cache.entries('one:shop:').map(({ key }) => key)).toEqual(
      expect.arrayContaining(['one:shop:public.orders', 'one:shop:index 5']),
    );
    expect(cache.clear('one:shop:public.')).toBe(1);
    expect(cache.clear('one:', ({ kind }) => kind === 'settings')).toBe(1);
    expect(cache.clear('one:')).toBe(2);
    expect(cache.entries().map(({ key }) => key)).toEqual(['one-b:shop:public.orders']);
    cache.forget('one-b');
    expect(cache.clear()).toBe(0);
    expect(cache.figures().map(({ server }) => server)).not.toContain('one-b');
  });
});
