import { expect, test } from 'vitest';
import { isStoreSlow, Reader } from './reader';

const kept = { rawDays: 2, minuteDays: 14, hourDays: 400 };

test('the cluster that answers now is read, also where another came under the same id in between', async () => {
  let now: number | undefined;
  const store = { on: true, transaction: async () => [{ server_id: 8 }] as never };
  const reader = new Reader(store, kept, undefined, () => now);
  expect(await reader.serverId('shop')).toBe(8);
  now = 7;
  expect(await reader.serverId('shop')).toBe(7);
});

test('a store without a free connection is slow, and any copy of this code can tell', async () => {
  const store = {
    on: true,
    transaction: () => Promise.reject(new Error('timeout exceeded when trying to connect')),
  };
  const thrown = await new Reader(store, kept).rows('select 1').catch((error: unknown) => error);
  expect(isStoreSlow(thrown)).toBe(true);
  // The routes have a class of their own.
  expect(isStoreSlow(Object.assign(new Error('busy'), { name: 'StoreSlow' }))).toBe(true);
  expect(isStoreSlow(new Error('busy'))).toBe(false);
});
