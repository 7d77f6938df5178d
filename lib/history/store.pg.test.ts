import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionedTables } from './migrate';
import { listPartitions } from './partitions';
import { type StoreStage, startStore } from './test-stage';

describe.each([14, 18])('PostgreSQL %i', (major) => {
  let stage: StoreStage;
  beforeAll(async () => {
    stage = await startStore({ major });
  });
  afterAll(() => stage?.stop());

  test('comes on in its newest shape, with the partitions of the days ahead', async () => {
    const { store } = stage;
    expect(store.state).toMatchObject({ status: 'on', engine: 'plain' });
    const partitions = await store.transaction(listPartitions);
    const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
    for (const { name, tier } of partitionedTables()) {
      const own = partitions.filter(({ table }) => table === name);
      expect(
        own.some(({ from, to }) => from <= today && today < to),
        name,
      ).toBe(true);
      expect(own.length, name).toBeGreaterThanOrEqual(tier === 'hour' ? 1 : 4);
    }
  });
});
