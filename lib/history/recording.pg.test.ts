import { chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Console } from '@/lib/pgbouncer/console';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { Question } from '@/lib/sampler/question';
import { Remembered } from '@/lib/sampler/remembered';
import { findTopic } from '@/lib/topics/index';
import { ServerHistory } from './server-history';
import { type StoreStage, startStore } from './test-stage';
import { startWatched, TestClock, type WatchStage } from './test-watch';
import { Writer } from './writer';

let stage: StoreStage;
beforeAll(async () => {
  stage = await startStore();
});
afterAll(() => stage?.stop());

const closing: (() => void)[] = [];
let servers = 0;

/** A pgdeck that watches a server, asks when it is told to, and goes by a clock of its own. */
function pgdeck(watched: WatchStage, id = `s${servers++}`) {
  const clock = new TestClock();
  const connections = new ServerConnections(watched.config, 1);
  closing.push(() => connections.close());
  const history = new ServerHistory(id);
  const parts = {
    connections,
    console: new Console(() => watched.config),
    remembered: new Remembered(),
    other: (id: string) => questions.get(id),
  };
  const writer = new Writer({ store: stage.store, servers: () => [history], mask: (text) => text, clock });
  history.recording = true;
  const questions = new Map<string, Question>();
  connections.onServerChange = (before, after) => {
    history.identified(after);
    if (before) for (const question of questions.values()) question.newEpoch();
  };
  const ask = async (topicId: string) => {
    const topic = findTopic(topicId);
    if (!topic) throw new Error(topicId);
    const database = topic.scope === 'server' ? '' : 'postgres';
    const question = questions.get(topicId) ?? new Question(topic, database, parts, () => 1, clock);
    questions.set(topicId, question);
    await question.ask();
    if (question.failure) return question.failure.sentence;
    // It is asked each minute.
    if (question.snapshot) history.take(topic, database || null, question.snapshot, 60_000);
    return 'ok';
  };
  return {
    clock,
    connections,
    history,
    writer,
    /** Lets a minute pass, asks, and writes what is whole. */
    async minute(...topics: string[]) {
      clock.pass(60);
      for (const topic of topics) expect(await ask(topic)).toBe('ok');
      await writer.tick();
    },
    ask,
  };
}

type Deck = ReturnType<typeof pgdeck>;

/** What is stored of one statement: calls by row, and the time that rows cover. */
async function calls(deck: Deck, like: string) {
  const rows = await stage.store.query<{ ts: number; seconds: number; calls: number | null }>(
    `select extract(epoch from r.ts)::float8 as ts, r.seconds,
  (select sum(u.calls) from unnest(r.key, r.calls) as u(key, calls)
    join pgdeck.statement as s on s.server_id = r.server_id and s.sid = u.key where s.query like $2)::float8 as calls
from pgdeck.statement_raw as r where r.server_id = $1 order by r.ts`,
    [deck.history.serverId, like],
  );
  return rows.map((row) => row.calls);
}
const total = (values: (number | null)[]) => values.reduce((sum: number, value) => sum + (value ?? 0), 0);

describe.each([14, 17, 18])('PostgreSQL %i', (major) => {
  let watched: WatchStage;
  beforeAll(async () => {
    watched = await startWatched(major, { 'pg_stat_statements.max': '100', 'pg_stat_statements.track_planning': 'on' });
    await watched.run('create table kept (n int); create table other (n int)');
  });
  afterAll(async () => {
    for (const close of closing.splice(0)) close();
    await watched?.stop();
  });

  const kept = 'select count(*) from kept where n > $1';
  const times = async (count: number, text = kept, values: unknown[] = [1]) => {
    for (let n = 0; n < count; n++) await watched.run(text, values);
  };
  /** Waits until the server counts what was done: a session tells it when a second has passed since it told last. */
  const told = async () => {
    await sleep(1100);
    await watched.run('select 1');
    await sleep(200);
  };
  /** Pushes every other statement out of pg_stat_statements. */
  const evict = async () => {
    for (let round = 0; round < 12; round++)
      for (let columns = 1; columns <= 110; columns++) {
        await watched.run(`select ${Array(columns).fill('1').join(', ')}`);
        await watched.run(`select ${Array(columns).fill('1').join(', ')}`);
      }
  };

  test('what is stored of every statement is what the server counted, and its text stands beside it', async () => {
    const deck = pgdeck(watched);
    await times(3);
    await deck.minute('statement-counters');
    const counted = async () =>
      (
        await watched.run<{ calls: number; time: number }>(
          "select sum(calls)::float8 as calls, sum(total_exec_time)::float8 as time from pg_stat_statements where query like '%kept%' or query like '%other%'",
        )
      )[0];
    const before = await counted();
    for (const count of [5, 0, 7]) {
      await times(count);
      await times(count, 'select count(*) from other', []);
      await deck.minute('statement-counters');
    }
    const after = await counted();
    await deck.minute('statement-counters');
    await deck.minute('statement-counters');
    expect(total(await calls(deck, '%kept%')) + total(await calls(deck, '%from other%'))).toBe(
      (after?.calls ?? 0) - (before?.calls ?? 0),
    );
    expect(await calls(deck, 'select count(*) from kept where n > $1')).toEqual([5, null, 7, null]);
    const [row] = await stage.store.query<{ seconds: number; time: number }>(
      `select sum(r.seconds)::float8 as seconds, (select sum(u.t) from pgdeck.statement_raw as q,
  unnest(q.key, q.total_exec_time) as u(key, t) join pgdeck.statement as s on s.sid = u.key and s.server_id = $1
  where q.server_id = $1 and (s.query like '%from kept%' or s.query like '%from other%'))::float8 as time
from pgdeck.statement_raw as r where r.server_id = $1`,
      [deck.history.serverId],
    );
    expect(row?.seconds).toBe(240);
    expect(row?.time).toBeCloseTo((after?.time ?? 0) - (before?.time ?? 0), 2);
  });

  test('a statement that was evicted and comes back counts what it did since', async () => {
    const deck = pgdeck(watched);
    const rare = 'select count(*) from kept where n < $1';
    await times(1, rare);
    await deck.minute('statement-counters');
    await times(1, rare);
    await deck.minute('statement-counters');
    await evict();
    await deck.minute('statement-counters');
    const there =
      "select count(*)::int as n from pg_stat_statements where query like 'select count(*) from kept where n <%'";
    expect(await watched.run(there)).toEqual([{ n: 0 }]);
    await times(9, rare);
    await deck.minute('statement-counters');
    await deck.minute('statement-counters');
    await deck.minute('statement-counters');
    expect(await calls(deck, rare)).toEqual([1, null, 9, null]);
  });

  test('a reset of all or of one statement is a gap, never a spike and never negative', async () => {
    const deck = pgdeck(watched);
    await times(20);
    await deck.minute('statement-counters');
    await times(4);
    await deck.minute('statement-counters');
    await watched.run('select pg_stat_statements_reset()');
    await times(30);
    await deck.minute('statement-counters');
    await times(6);
    await deck.minute('statement-counters');
    await watched.run(
      "select pg_stat_statements_reset(userid, dbid, queryid) from pg_stat_statements where query like '%from kept%'",
    );
    await times(2);
    await deck.minute('statement-counters');
    await times(3);
    await deck.minute('statement-counters');
    await deck.minute('statement-counters');
    await deck.minute('statement-counters');
    const found = await calls(deck, kept);
    expect(found.map((value) => value ?? 0)).toEqual([4, 0, 6, 0, 3, 0]);
    const [least] = await stage.store.query<{ n: number; negative: number }>(
      `select count(*)::int as n, count(*) filter (where u.calls < 0)::int as negative
from pgdeck.statement_raw as r, unnest(r.calls) as u(calls) where r.server_id = $1`,
      [deck.history.serverId],
    );
    expect(least?.n).toBeGreaterThan(0);
    expect(least?.negative).toBe(0);
  });

  test('a server that was away for an hour leaves a gap, not a spike', async () => {
    const deck = pgdeck(watched);
    await told();
    await deck.minute('databases', 'tables', 'statement-counters');
    await times(5);
    await told();
    await deck.minute('databases', 'tables', 'statement-counters');
    await times(300);
    await told();
    deck.clock.pass(3600);
    await deck.minute('databases', 'tables', 'statement-counters');
    await times(6);
    await told();
    await deck.minute('databases', 'tables', 'statement-counters');
    for (let n = 0; n < 3; n++) await deck.minute('databases', 'tables', 'statement-counters');
    const found = await calls(deck, kept);
    expect(total(found)).toBe(11);
    const rows = await stage.store.query<{ ts: number; seconds: number }>(
      'select extract(epoch from r.ts)::float8 as ts, r.seconds from pgdeck.statement_raw as r where r.server_id = $1 order by r.ts',
      [deck.history.serverId],
    );
    const gaps = rows.flatMap(({ ts }, at) => (at > 0 ? [ts - (rows[at - 1]?.ts ?? 0)] : []));
    expect(Math.max(...gaps)).toBeGreaterThanOrEqual(3600);
    expect(rows.every(({ seconds }) => seconds <= 60)).toBe(true);
    const [scans] = await stage.store.query<{ most: number }>(
      `select max(u.n)::float8 as most from pgdeck.table_raw as r, unnest(r.seq_scan) as u(n) where r.server_id = $1`,
      [deck.history.serverId],
    );
    expect(scans?.most).toBeGreaterThanOrEqual(6);
    expect(scans?.most).toBeLessThan(20);
  });

  test('a restart begins anew: no rate over it, and all goes on', async () => {
    const deck = pgdeck(watched);
    await times(5);
    await deck.minute('databases', 'statement-counters', 'wal');
    await times(5);
    await deck.minute('databases', 'statement-counters', 'wal');
    await times(50);
    await watched.restart();
    await deck.connections.heartbeat().catch(() => {});
    await expect.poll(() => deck.ask('databases'), { interval: 300 }).toBe('ok');
    await deck.minute('databases', 'statement-counters', 'wal');
    await times(7);
    for (let n = 0; n < 4; n++) await deck.minute('databases', 'statement-counters', 'wal');
    expect(total(await calls(deck, kept))).toBe(12);
    const [stored] = await stage.store.query<{ least: number }>(
      'select min(u.n)::float8 as least from pgdeck.database_raw as r, unnest(r.xact_commit) as u(n) where r.server_id = $1',
      [deck.history.serverId],
    );
    expect(stored?.least).toBeGreaterThanOrEqual(0);
  });

  test('a promoted standby begins anew, and pg_stat_reset() makes no spike', async () => {
    const signal = join(watched.server.dataDir, 'standby.signal');
    writeFileSync(signal, '');
    const { uid, gid } = statSync(watched.server.dataDir);
    chownSync(signal, uid, gid);
    await watched.restart();
    const deck = pgdeck(watched);
    await deck.minute('databases', 'wal', 'replication');
    await deck.minute('databases', 'wal', 'replication');
    await watched.run('select pg_promote()');
    await deck.connections.heartbeat();
    expect(deck.connections.capabilities?.inRecovery).toBe(false);
    for (let n = 0; n < 3; n++) await deck.minute('databases', 'wal', 'replication');
    await watched.run('insert into kept select generate_series(1, 1000)');
    await told();
    await deck.minute('databases', 'wal', 'replication');
    await watched.run('select pg_stat_reset()');
    for (let n = 0; n < 4; n++) await deck.minute('databases', 'wal', 'replication');
    const rows = await stage.store.query<{ least: number; most: number }>(
      `select min(u.n)::float8 as least, max(u.n)::float8 as most
from pgdeck.database_raw as r, unnest(r.tup_inserted) as u(n) where r.server_id = $1 and u.n is not null`,
      [deck.history.serverId],
    );
    expect(rows[0]?.least).toBeGreaterThanOrEqual(0);
    expect(rows[0]?.most).toBe(1000);
    const places = new Map(
      (await stage.store.query<{ idx: number; name: string }>('select idx, name from pgdeck.metric')).map((row) => [
        row.name,
        row.idx,
      ]),
    );
    const values = await stage.store.query<{ v: number | null }>(
      'select r.v[$2::int4]::float8 as v from pgdeck.metric_raw as r where r.server_id = $1 order by r.ts',
      [deck.history.serverId, places.get('transactions.commits')],
    );
    expect(values.length).toBeGreaterThan(4);
    expect(values.every(({ v }) => v === null || v >= 0)).toBe(true);
  });
});
