import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensurePartitions } from './partitions';
import { readLoad } from './read-load';
import { Reader } from './reader';
import { dimensions } from './recordings';
import { restKey } from './roll-up';
import { type StoreStage, startStore } from './test-stage';

let stage: StoreStage;
beforeAll(async () => {
  stage = await startStore();
});
afterAll(() => stage?.stop());

test('a statement that was not among the greatest of an hour has a gap there, not nothing', async () => {
  const hour = Math.floor(Date.now() / 3_600_000) * 3600 - 4 * 3600;
  const { query, transaction, engine } = stage.store;
  if (!engine) throw new Error('the store is not on');
  await ensurePartitions(transaction, engine, hour * 1000, Date.now());
  const row = (at: number, key: string[], seconds: number[]) =>
    query(
      `insert into pgdeck.load_1h (server_id, ts, dimension, covered, key, wait, seconds)
values (1, $1::timestamptz, $2::int2, 3600, $3::int8[], array_fill(1, array[$4::int4]), $5::float4[])`,
      [new Date(at * 1000).toISOString(), dimensions.statement, key, key.length, seconds],
    );
  await query("insert into pgdeck.word (kind, word) values ('wait', 'CPU')");
  await row(hour, ['77', restKey], [1800, 60]);
  await row(hour + 3600, ['5', restKey], [3600, 60]);
  await row(hour + 7200, ['5'], [3600]);
  await query(
    `insert into pgdeck.watermark (rollup, upto) values ('load_10m', $1::timestamptz), ('load_1h', $1::timestamptz)
on conflict (rollup) do update set upto = excluded.upto`,
    [new Date((hour + 3 * 3600) * 1000).toISOString()],
  );
  const reader = new Reader(stage.store, { rawDays: 2, minuteDays: 14, hourDays: 400 });
  const filters = [{ by: 'statement' as const, value: '77' }];
  const range = { from: hour, to: hour + 3 * 3600, step: 3600 };
  const { points } = await readLoad(reader, 1, 'class', filters, range);
  expect(points.map(([at, cpu]) => [at, cpu])).toEqual([
    [hour, 0.5],
    [hour + 3600, null],
    [hour + 7200, 0],
  ]);
});
