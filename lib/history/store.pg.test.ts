import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partitionedTables } from './migrate';
import { listPartitions } from './partitions';
import { Store, StoreOff } from './store';
import { type StoreStage, startStore, until } from './test-stage';

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

  test('closed it is off, and says so to who still asks', async () => {
    const store = new Store({ place: () => stage.target, retryMs: [500] });
    store.start();
    await until(() => store.on);
    const asking = store.query('select pg_catalog.pg_sleep(5)').catch((error) => error);
    await store.close();
    expect(await asking).toBeInstanceOf(Error);
    expect([store.on, store.state.status]).toEqual([false, 'on']);
    const closed = [StoreOff, 'pgdeck is being stopped.'] as const;
    for (const ask of [() => store.query('select 1'), () => store.transaction((run) => run('select 1'))]) {
      const error = await ask().catch((thrown) => thrown);
      expect(error).toBeInstanceOf(closed[0]);
      expect(error.message).toBe(closed[1]);
    }
  });
});
