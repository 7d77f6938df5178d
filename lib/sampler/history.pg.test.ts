import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ServerHistory } from '@/lib/history/server-history';
import { type StoreStage, startStore } from '@/lib/history/test-stage';
import { startWatched, TestClock, type WatchStage } from '@/lib/history/test-watch';
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

/** A sampler whose time only passes when the test says so. */
function sample(id: string, topics: AnyTopic[], clock: TestClock) {
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

/** The seconds after which a topic is asked again: whole milliseconds, for what is added to a clock is rounded. */
const cadence = (sampler: Sampler, of: AnyTopic) => Math.ceil(sampler.cadenceMs(of, null) + 1) / 1000;

/** However busy the machine is. */
const patience = { timeout: 30_000 };

test('what is asked for history alone is asked while there is a store, and in other databases now and then', async () => {
  const topics = ['statement-counters', 'databases', 'tables'].map((id) => topic(id));
  const clock = new TestClock();
  const { history, taken } = sample('gated', topics, clock);
  const times = (id: string) => taken.filter((each) => each === id).length;
  /** A minute passes, in which everything that has its turn is asked. */
  const minute = async () => {
    const before = times('databases');
    clock.pass(60);
    await expect.poll(() => times('databases'), patience).toBeGreaterThan(before);
  };
  await expect.poll(() => taken, patience).toContain('tables postgres');
  for (let minutes = 0; minutes < 3; minutes++) await minute();
  expect(taken).not.toContain('statement-counters');
  expect(taken).not.toContain('tables second');
  history.recording = true;
  await expect.poll(() => taken, patience).toContain('statement-counters');
  await expect.poll(() => taken, patience).toContain('tables second');
  for (let minutes = 0; minutes < 3; minutes++) await minute();
  expect(times('tables second')).toBe(1);
});

test('load is what it is: sessions that sleep and wait for a lock, by whom they are held up', async () => {
  const clock = new TestClock();
  const { sampler, history, taken } = sample('loaded', [topic('load')], clock);
  const writer = new Writer({ store: stage.store, servers: () => [history], mask: (text) => text, clock });
  history.recording = true;
  const holder = await watched.session('holder');
  await holder.query('begin; update held set n = 2');
  const [{ pid }] = (await holder.query('select pg_backend_pid() as pid')).rows;
  const sleepers = await Promise.all([1, 2, 3].map(() => watched.session('sleeper')));
  const waiters = await Promise.all([1, 2].map(() => watched.session('waiter')));
  const work = [
    // Until they are cancelled.
    ...sleepers.map((client) => client.query('select pg_sleep(600)').catch(() => {})),
    ...waiters.map((client) => client.query('update held set n = 3')),
  ];
  const looker = await watched.session('looker');
  const working = `select count(*)::int as n from pg_stat_activity
where application_name = any('{sleeper,waiter}') and state = 'active' and wait_event is not null`;
  await expect.poll(async () => (await looker.query(working)).rows[0].n, patience).toBe(5);
  // One row of the store is ten seconds: those are looked at in which all of them are there from the first look on.
  const from = clock.now() / 1000 + 10;
  let inRow = 0;
  while (clock.now() / 1000 < from + 10) {
    const before = taken.length;
    const seconds = cadence(sampler, topic('load'));
    clock.pass(seconds);
    await expect.poll(() => taken.length, patience).toBeGreaterThan(before);
    if (clock.now() / 1000 >= from && clock.now() / 1000 < from + 10) inRow += seconds;
  }
  const latest = sampler.latest('load');
  // Somebody waits, so it is looked at closely, whatever is usual there.
  expect(latest?.status === 'ok' && topic('load').quiet?.busy(latest.rows, 100)).toBe(true);
  await holder.query('rollback');
  await looker.query("select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'sleeper'");
  await Promise.all(work);
  await writer.tick(true);
  const rows = await stage.store.query<{ wait: string; app: string; seconds: number; blockers: number[] }>(
    `select w.word as wait, a.word as app, sum(e.seconds)::float8 as seconds, array_agg(distinct e.blocker) as blockers
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
  const span = stood?.covered ?? 0;
  expect(span).toBeCloseTo(inRow, 2);
  const load = (app: string) =>
    rows.filter((row) => row.app === app).reduce((sum, { seconds }) => sum + seconds, 0) / span;
  expect(rows.map(({ wait, app }) => `${wait} ${app}`)).toEqual([
    'Lock:transactionid waiter',
    'Lock:tuple waiter',
    'Timeout:PgSleep sleeper',
  ]);
  expect(load('sleeper')).toBeCloseTo(3, 2);
  expect(load('waiter')).toBeCloseTo(2, 2);
  const waiting = rows.filter(({ app }) => app === 'waiter');
  // The first waits for who holds the row, the second for the first.
  expect(waiting[0]?.blockers).toEqual([pid]);
  expect(waiting[1]?.blockers).not.toEqual([pid]);
  const bins = history.load.read({ from: 0, to: Number.POSITIVE_INFINITY });
  const covered = bins.reduce((sum, bin) => sum + bin.covered, 0);
  expect(covered).toBeGreaterThan(10);
});

test('a time of day that jumps neither stops the asking nor makes a rate', async () => {
  const clock = new TestClock();
  const databases = topic('databases', { cadenceSeconds: 1 });
  const { sampler, history } = sample('jumping', [databases], clock);
  /** The answer after one cadence, and how long that was. */
  const next = async () => {
    const seconds = cadence(sampler, databases);
    clock.pass(seconds);
    const answer = await sampler.read(databases, null, { waitMs: patience.timeout });
    if (answer.status !== 'ok') throw new Error(answer.hint);
    return { answer, seconds };
  };
  await next();
  for (const jump of [-3600, 7200, -86_400]) {
    const before = await next();
    expect(before.answer.windowSeconds).toBeCloseTo(before.seconds, 6);
    clock.set(jump);
    const { answer, seconds } = await next();
    // It was asked, though the last time seems to be in the time to come; and it says what time it is now.
    expect(Math.abs(Date.parse(answer.sampledAt) - clock.now())).toBeLessThanOrEqual(1);
    expect(answer.ageSeconds).toBe(0);
    if (answer.windowSeconds !== null) expect(answer.windowSeconds).toBeCloseTo(seconds, 6);
    for (const row of answer.rows) expect(Number(row.xact_commit_per_second)).toBeGreaterThanOrEqual(0);
  }
  expect(history.memory.bucket('transactions', Math.floor(clock.now() / 10_000) * 10, 'average')).toBeDefined();
});
