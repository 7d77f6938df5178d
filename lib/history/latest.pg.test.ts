import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forgetUnwanted, publish, readLatest, readWanted, want, wantedForMs } from './latest';
import { type StoreStage, startStore } from './test-stage';

let stage: StoreStage;
beforeAll(async () => {
  stage = await startStore({ major: 14 });
});
afterAll(() => stage?.stop());

const now = 1_795_226_400_000;
const asItIs = (text: string) => text;
const sessions = { topic: 'sessions', database: '' };
const tables = { topic: 'tables', database: 'shop' };
const snapshot = {
  rows: [{ pid: 7, backend_start_us: '1795226400123456', query: "select 'é'", blocked_by: [8] }],
  partial: undefined,
  sampledAt: now - 1500,
  windowSeconds: 2.01,
};

test('what is published is read as it was, once, by those who want it', async () => {
  const { query } = stage.store;
  const failure = { reason: 'timeout' as const, sentence: 'It took too long.', hint: 'Wait.', sqlstate: '57014' };
  await publish(
    query,
    1,
    [
      { ...sessions, snapshot, failure: undefined, ageMs: 1500 },
      { ...tables, snapshot: undefined, failure, ageMs: 0 },
    ],
    now,
    asItIs,
  );
  const wanted = [
    { ...sessions, since: now - 1 },
    { ...tables, since: now - 1 },
  ];
  const [one, other] = (await readLatest(query, 1, wanted)).sort((a, b) => a.topic.localeCompare(b.topic));
  expect(one).toEqual({ ...sessions, snapshot, failure: undefined, ageMs: 1500, publishedAt: now });
  expect(other).toEqual({ ...tables, snapshot: undefined, failure, ageMs: 0, publishedAt: now });
  expect(await readLatest(query, 1, [{ ...sessions, since: now }])).toEqual([]);
  expect(await readLatest(query, 2, wanted)).toEqual([]);
  await publish(
    query,
    1,
    [{ ...sessions, snapshot: { ...snapshot, rows: [] }, failure, ageMs: 9 }],
    now + 2000,
    asItIs,
  );
  expect(await readLatest(query, 1, [{ ...sessions, since: now }])).toMatchObject([
    { snapshot: { rows: [] }, failure },
  ]);
});

test('texts are stored as the mask leaves them, and an instance that was stopped puts nothing old over what is newer', async () => {
  const { query } = stage.store;
  const told = (rows: (typeof snapshot)['rows']) => [
    { ...sessions, snapshot: { ...snapshot, rows }, failure: undefined, ageMs: 0 },
  ];
  await publish(query, 5, told(snapshot.rows), now, () => 'select ?');
  const read = async () => (await readLatest(query, 5, [{ ...sessions, since: 0 }]))[0]?.snapshot?.rows;
  expect(await read()).toEqual([{ ...snapshot.rows[0], query: 'select ?' }]);
  await publish(query, 5, told([]), now - 1, asItIs);
  expect(await read()).toHaveLength(1);
  await publish(query, 5, told([]), now + 1, asItIs);
  expect(await read()).toEqual([]);
});

test('an answer that is too large is passed on in part, and says so', async () => {
  const rows = Array.from({ length: 3000 }, () => ({ query: randomBytes(2000).toString('base64') }));
  await publish(
    stage.store.query,
    3,
    [{ ...tables, snapshot: { ...snapshot, rows }, failure: undefined, ageMs: 0 }],
    now,
    asItIs,
  );
  const [read] = await readLatest(stage.store.query, 3, [{ ...tables, since: 0 }]);
  expect(read?.snapshot?.rows.length).toBeLessThan(3000);
  expect(read?.snapshot?.rows.length).toBeGreaterThan(500);
  expect(read?.snapshot?.partial).toMatchObject([{ reason: 'history', hint: expect.stringContaining('of 3000 rows') }]);
  const [row] = await stage.store.query<{ bytes: number }>('select max(length(body)) as bytes from pgdeck.latest');
  expect(row?.bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
});

test('wishes of several instances add up, end when nobody repeats them, and what was published for them goes', async () => {
  const { query } = stage.store;
  await want(query, 1, [{ ...sessions, viewedAt: 0, freshAt: 0 }], now);
  await want(query, 1, [{ ...sessions, viewedAt: now + 1000, freshAt: now + 900 }], now + 1000);
  await want(query, 1, [{ ...sessions, viewedAt: 0, freshAt: 0 }], now + 500);
  expect(await readWanted(query, 1, now + 1000)).toEqual([{ ...sessions, viewedAt: now + 1000, freshAt: now + 900 }]);
  expect(await readWanted(query, 1, now + 1000 + wantedForMs)).toEqual([]);
  await forgetUnwanted(query, 1, now + 1001);
  expect(await readLatest(query, 1, [{ ...sessions, since: 0 }])).toHaveLength(1);
  await forgetUnwanted(query, 1, now + 5 * wantedForMs);
  expect(await readLatest(query, 1, [{ ...sessions, since: 0 }])).toEqual([]);
});
