import { afterEach, expect, test, vi } from 'vitest';
import { later } from './later';

afterEach(() => vi.useRealTimers());

test('a part is fetched once, and is there for everybody', async () => {
  let asked = 0;
  const part = later(async () => ({ asked: ++asked }));
  expect(part.get()).toBeUndefined();
  expect(await Promise.all([part.bring(), part.want(), part.want()])).toEqual([true, true, true]);
  expect(part.get()).toEqual({ asked: 1 });
  expect(part.awaited.get()).toBeUndefined();
});

test('one that nobody waits for may fail quietly; who waits is told, and it is asked for again', async () => {
  let works = false;
  const part = later(async () => {
    if (!works) throw new Error('no such file');
    return { here: true };
  });
  expect(await part.bring()).toBe(false);
  expect(part.awaited.get()).toBeUndefined();
  expect(await part.want()).toBe(false);
  expect(part.awaited.get()).toBe('failed');
  works = true;
  expect(await part.want()).toBe(true);
  expect(part.get()).toEqual({ here: true });
  expect(part.awaited.get()).toBeUndefined();
});

test('who joins a fetching that fails is told as well', async () => {
  const part = later(() => Promise.reject(new Error('no such file')));
  const quiet = part.bring();
  expect(await part.want()).toBe(false);
  expect(await quiet).toBe(false);
  expect(part.awaited.get()).toBe('failed');
});

test('what comes without being waited for ends the word that it did not come', async () => {
  let works = false;
  const part = later(() => (works ? Promise.resolve({ here: true }) : Promise.reject(new Error('no such file'))));
  await part.want();
  expect(part.awaited.get()).toBe('failed');
  works = true;
  await part.bring();
  expect(part.awaited.get()).toBeUndefined();
});

test('one that hangs is given up by who waits, told first that it is on its way, and may come later', async () => {
  vi.useFakeTimers();
  let arrive = (_: object) => {};
  const coming = new Promise<object>((resolve) => {
    arrive = resolve;
  });
  const part = later(() => coming);
  const wanted = part.want();
  await vi.advanceTimersByTimeAsync(500);
  expect(part.awaited.get()).toBe('coming');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await wanted).toBe(false);
  expect(part.awaited.get()).toBe('failed');
  arrive({ here: true });
  expect(await part.bring()).toBe(true);
  expect(part.awaited.get()).toBeUndefined();
});
