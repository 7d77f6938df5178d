import { expect, test } from 'vitest';
import { Reader } from './reader';

const kept = { rawDays: 2, minuteDays: 14, hourDays: 400 };

test('the cluster that answers now is read, also where another came under the same id in between', async () => {
  let now: number | undefined;
  const store = { on: true, transaction: async () => [{ server_id: 8 }] as never };
  const reader = new Reader(store, kept, undefined, () => now);
  expect(await reader.serverId('shop')).toBe(8);
  now = 7;
  expect(await reader.serverId('shop')).toBe(7);
});
