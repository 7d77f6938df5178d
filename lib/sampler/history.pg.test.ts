import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Clock, systemClock } from '@/lib/history/clock';
import { ServerHistory } from '@/lib/history/server-history';
import { type StoreStage, startStore } from '@/lib/history/test-stage';
import { startWatched, type WatchStage } from '@/lib/history/test-watch';
import { Writer } from '@/lib/history/writer';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { findTopic } from '@/lib/topics/index';
import type { AnyTopic } from '@/lib/topics/topic';
import { Sampler } from './sampler';

let watched: WatchStage;
let stage: StoreStage;
const running: (() => void)[] = [];
beforeAll(async () => {
  [watched, stage] = await Promise.all([startWatched(18), startStore()]);
  await watched.run('create table held (n int); insert into held values (1)');
  await watched.run('create database second');
});
afterEach(() => {
  for (const stop of running.splice(0)) stop();
});
afterAll(async () => {
  await watched?.stop();
  await stage?.stop();
});

const topic = (id: string, changes: Partial<AnyTopic> = {}): AnyTopic => {
  const found = findTopic(id);
  if (!found) throw new Error(id);
  return { ...found, ...changes };
};

function sample(id: string, topics: AnyTopic[], clock: Clock = systemClock) {
  const connections = new ServerConnections(watched.config, 1);
  const history = new ServerHistory(id);
  const byId = Object.fromEntries(topics.map((each) => [each.id, each]));
  const sampler = new Sampler(id, connections, byId, () => {}, history, undefined, clock);
  const taken: string[] = [];
  history.onTake(({ id: of }, database) => taken.push(database ? `${of} ${database}` : of));
  running.push(() => {
    sampler.stop();
    connections.close();
  });
  sampler.start();
  return { sampler, history, connections, taken };
}

test('what is asked for history alone is asked while there is a store, and in other databases now and then', async () => {
  const topics = ['statement-counters', 'databases', 'tables'].map((id) => topic(id));
  const { history, taken } = sample('gated', topics);
  await expect.poll(() => taken).toContain('tables postgres');
  await sleep(1000);
  expect(taken).not.toContain('statement-counters');
  expect(taken).not.toContain('tables second');
  history.recording = true;
  await expect.poll(() => taken).toContain('statement-counters');
  await expect.poll(() => taken).toContain('tables second');
  await sleep(1000);
  expect(taken.filter((each) => each === 'tables second')).toHaveLength(1);
});

test('load is what it is: sessions that sleep and wait for a lock, by whom they are held up', async () => {
  const { sampler, history } = sample('loaded', [topic('load')]);
  const writer = new Writer({ store: stage.store, servers: () => [history], mask: (text) => text });
  history.recording = true;
  const holder = await watched.session('holder');
  await holder.query('begin; update held set n = 2');
  const [{ pid }] = (await holder.query('select pg_backend_pid() as pid')).rows;
  const sleepers = await Promise.all([1, 2, 3].map(() => watched.session('sleeper')));
  const waiters = await Promise.all([1, 2].map(() => watched.session('waiter')));
  const seconds = 26;
  const work = [
    ...sleepers.map((client) => client.query(`select pg_sleep(${seconds})`)),
    ...waiters.map((client) => client.query('update held set n = 3')),
  ];
  // On a busy machine a session may begin its statement late: the time that is looked at begins when all are there.
  const looker = await watched.session('looker');
  const working = `select count(*)::int as n from pg_stat_activity
where application_name = any('{sleeper,waiter}') and state = 'active' and wait_event is not null`;
  await expect.poll(async () => (await looker.query(working)).rows[0].n, { timeout: 5000 }).toBe(5);
  // One row of the store is ten seconds, and an entry of it tells only when it began: a whole row is looked at.
  const from = Math.ceil((Date.now() / 1000 + 1) / 10) * 10;
  await sleep((from + 11) * 1000 - Date.now());
  // Somebody waits: it is looked at each second.
  expect(sampler.cadenceMs(topic('load'), null)).toBe(1000);
  await holder.query('rollback');
  await Promise.all(work);
  await writer.tick(true);
  const rows = await stage.store.query<{
    wait: string;
    app: string;
    seconds: number;
    samples: number;
    blockers: number[];
  }>(
    `select w.word as wait, a.word as app, sum(e.seconds)::float8 as seconds, count(distinct r.ts + e.at * interval '1 s')::int as samples,
  array_agg(distinct e.blocker) as blockers
from pgdeck.session_raw as r
cross join lateral unnest(r.at, r.seconds, r.wait, r.app, r.blocker) as e(at, seconds, wait, app, blocker)
join pgdeck.word as w on w.word_id = e.wait join pgdeck.word as a on a.word_id = e.app
where r.server_id = $1 and r.ts = to_timestamp($2) group by 1, 2 order by 1, 2`,
    [history.serverId, from],
  );
  const [stood] = await stage.store.query<{ covered: number }>(
    'select r.covered from pgdeck.session_raw as r where r.server_id = $1 and r.ts = to_timestamp($2)',
    [history.serverId, from],
  );
  // The first sample's share begins before the row.
  const span = stood?.covered ?? 0;
  expect(span).toBeGreaterThan(7);
  expect(span).toBeLessThan(15);
  const load = (app: string) => (rows.find((row) => row.app === app)?.seconds ?? 0) / span;
  expect(rows.map(({ wait, app }) => `${wait} ${app}`)).toEqual([
    'Lock:transactionid waiter',
    'Lock:tuple waiter',
    'Timeout:PgSleep sleeper',
  ]);
  expect(load('sleeper')).toBeCloseTo(3, 1);
  const waiting = rows.filter(({ app }) => app === 'waiter');
  expect(waiting.reduce((sum, row) => sum + row.seconds, 0) / span).toBeCloseTo(2, 0);
  // The first waits for who holds the row, the second for the first.
  expect(waiting[0]?.blockers).toEqual([pid]);
  expect(waiting[1]?.blockers).not.toEqual([pid]);
  const bins = history.load.read({ from: 0, to: Number.POSITIVE_INFINITY });
  const covered = bins.reduce((sum, bin) => sum + bin.covered, 0);
  expect(covered).toBeGreaterThan(10);
});

test('a time of day that jumps neither stops the asking nor makes a rate', async () => {
  let set = 0;
  const clock: Clock = { now: () => Date.now() + set, elapsed: systemClock.elapsed };
  const { sampler, history } = sample('jumping', [topic('databases', { cadenceSeconds: 1 })], clock);
  const read = async () => {
    const answer = await sampler.read(topic('databases'), null);
    return answer.status === 'ok' ? answer : undefined;
  };
  for (const jump of [-3_600_000, 7_200_000, -86_400_000]) {
    await expect.poll(async () => (await read())?.windowSeconds ?? null, { timeout: 5000 }).toBeGreaterThan(0.5);
    set += jump;
    const before = Date.now();
    const label = async () => Math.abs(Date.parse((await read())?.sampledAt ?? '') - clock.now()) < 3000;
    await expect.poll(label, { timeout: 5000 }).toBe(true);
    expect(Date.now() - before).toBeLessThan(4000);
    const answer = await read();
    expect(answer?.ageSeconds).toBeLessThan(3);
    expect(answer?.windowSeconds ?? 1).toBeLessThan(5);
    for (const row of answer?.rows ?? []) expect(Number(row.xact_commit_per_second)).toBeGreaterThanOrEqual(0);
  }
  expect(history.memory.bucket('transactions', Math.floor(clock.now() / 10_000) * 10, 'average')).toBeDefined();
});
