import { afterEach, expect, test } from 'vitest';
import { awaited, later } from './later';

afterEach(() => awaited.set(undefined));

test('a part is fetched once, and is there for everybody', async () => {
  let asked = 0;
  const part = later(async () => ({ asked: ++asked }));
  expect(part.get()).toBeUndefined();
  expect(await Promise.all([part.bring(), part.want(), part.want()])).toEqual([true, true, true]);
  expect(part.get()).toEqual({ asked: 1 });
  expect(awaited.get()).toBeUndefined();
});

test('one that nobody waits for may fail quietly; who waits is told, and it is asked for again', async () => {
  let works = false;
  const part = later(async () => {
    if (!works) throw new Error('no such file');
    return { here: true };
  });
  expect(await part.bring()).toBe(false);
  expect(awaited.get()).toBeUndefined();
  expect(await part.want()).toBe(false);
  expect(awaited.get()).toBe('failed');
  works = true;
  expect(await part.want()).toBe(true);
  expect(part.get()).toEqual({ here: true });
  expect(awaited.get()).toBeUndefined();
});

test('who joins a fetching that fails is told as well', async () => {
  const part = later(() => Promise.reject(new Error('no such file')));
  const quiet = part.bring();
  expect(await part.want()).toBe(false);
  expect(await quiet).toBe(false);
  expect(awaited.get()).toBe('failed');
});
