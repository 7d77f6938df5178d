import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadMask, maskStatement } from '@/lib/masking/statement';
import { topics } from '@/lib/topics/index';
import type { AnyTopic, Raw } from '@/lib/topics/topic';
import { keepMoments } from './moments';
import { keptTimes, type PastSource, pastAnswer } from './past';
import { Reader } from './reader';
import { ServerHistory } from './server-history';
import { type StoreStage, startStore } from './test-stage';
import { Writer } from './writer';

const minute = 60;
/** Epoch seconds, in the middle of today's partition. */
const start = Math.floor(Date.now() / 1000) - 40 * minute;

let stage: StoreStage;
let server: ServerHistory;
let writer: Writer;

const topic = (id: string) => topics[id as keyof typeof topics] as AnyTopic;
const keep = (id: string, database: string | null, at: number, rows: Raw[]) =>
  server.take(topic(id), database, { rows, partial: undefined, sampledAt: at * 1000, windowSeconds: 10 }, 10_000);
/** A reader remembers its answers for a few seconds: each question of these tests has a new one. */
const source = (): PastSource => ({
  reader: new Reader(stage.store, { rawDays: 2, minuteDays: 14, hourDays: 400 }),
  store: stage.store,
  status: () => ({ kind: 'external', reason: null }),
});
const at = (id: string, seconds: number, database: string | null = null) =>
  pastAnswer(source(), 'shop', topic(id), database, seconds);

beforeAll(async () => {
  await loadMask();
  stage = await startStore({ major: 14 });
  server = new ServerHistory('shop');
  server.cluster = '42';
  server.recording = true;
  keepMoments(server, false);
  writer = new Writer({ store: stage.store, servers: () => [server], mask: maskStatement });
});
afterAll(() => stage?.stop());

test('before anything was kept it says so', async () => {
  expect(await at('tables', start, 'shop')).toEqual({
    topic: 'tables',
    server: 'shop',
    database: 'shop',
    at: new Date(start * 1000).toISOString(),
    status: 'unavailable',
    reason: 'history',
    hint: 'No moment of Tables is kept yet: one is taken every 30 minutes.',
  });
  expect(await keptTimes(source(), 'shop', topic('tables'), 'shop', { at: start }, 10)).toEqual({
    before: null,
    after: null,
  });
});

test('the nearest answer is given with its distance, its statements without values and its rows as they were', async () => {
  keep('tables', 'shop', start, [{ relname: 'orders', total_bytes: 8192, dead_rows_share: 0.25 }]);
  keep('tables', 'other', start + 5, []);
  keep('slow-queries', null, start, [{ sid: '-7', query: `select ${'a, '.repeat(300)} 'Hunter2'`, calls: 3 }]);
  await expect
    .poll(async () => {
      await writer.tick(true);
      return (await at('slow-queries', start)).status;
    })
    .toBe('ok');
  expect(await at('tables', start + 90, 'shop')).toMatchObject({
    status: 'ok',
    at: new Date((start + 90) * 1000).toISOString(),
    sampledAt: new Date(start * 1000).toISOString(),
    distanceSeconds: -90,
    ageSeconds: 90,
    windowSeconds: 10,
    rows: [{ relname: 'orders', total_bytes: 8192, dead_rows_share: 0.25 }],
  });
  expect(await at('tables', start - 30, 'shop')).toMatchObject({ distanceSeconds: 30, ageSeconds: 0 });
  expect(await at('tables', start, 'other')).toMatchObject({ status: 'ok', rows: [], distanceSeconds: 5 });
  const [text] = ((await at('slow-queries', start)) as { rows: Raw[] }).rows.map(({ query }) => query as string);
  expect(text).toHaveLength(200);
  await stage.store.query(
    `insert into pgdeck.statement (server_id, sid, dbid, userid, queryid, toplevel, query, first_seen, last_seen)
values ($1, -7, 1, 1, 1, true, 'the whole text', now(), now())`,
    [server.serverId],
  );
  expect(await at('slow-queries', start)).toMatchObject({ rows: [{ query: 'the whole text', calls: 3 }] });
});

test('where none is near, it says what is kept and why this is not', async () => {
  const words = `${new Date(start * 1000).toISOString().slice(0, 19).replace('T', '\u00a0')}\u00a0UTC`;
  const hint = async (seconds: number) => {
    const answer = await at('tables', seconds, 'shop');
    return answer.status === 'unavailable' ? `${answer.reason}: ${answer.hint}` : answer.status;
  };
  expect(await hint(start - 86_400)).toBe(
    `history: Moments of Tables are kept from ${words} to ${words}: this one is older than what is kept.`,
  );
  expect(await hint(start + 7200)).toContain('none is kept of this time yet');
  expect(await at('pools', start)).toMatchObject({ status: 'unavailable', reason: 'history' });
  const off = { ...source(), store: { on: false }, status: () => ({ kind: 'off' as const, reason: null }) };
  expect(await pastAnswer(off, 'shop', topic('tables'), 'shop', start)).toMatchObject({
    hint: 'Nothing is stored: PGDECK_HISTORY is off. What was is not known.',
  });
});

test('of quiet and close moments the nearest counts, and both are in the list', async () => {
  await stage.store.query(
    `insert into pgdeck.moment_raw select server_id, ts + interval '60 s', topic, database, rows, partial, body from pgdeck.moment_1m as m
where m.topic = (select w.word_id from pgdeck.word as w where w.kind = 'topic' and w.word = 'tables')
  and m.database = (select w.word_id from pgdeck.word as w where w.kind = 'database' and w.word = 'shop')`,
  );
  const times = (asked: Parameters<typeof keptTimes>[4]) =>
    keptTimes(source(), 'shop', topic('tables'), 'shop', asked, 10);
  expect(await times({ from: start - 600, to: start + 600 })).toEqual({
    moments: [
      { at: start, close: false },
      { at: start + 60, close: true },
    ],
  });
  expect(await times({ at: start })).toEqual({ before: null, after: start + 60 });
  expect(await times({ at: start + 60 })).toEqual({ before: start, after: null });
  expect(await times({ at: start + 30 })).toEqual({ before: start, after: start + 60 });
});
