import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Capabilities } from '@/lib/postgres/capabilities';
import { findTopic } from '@/lib/topics/index';
import type { Raw } from '@/lib/topics/topic';
import { ServerHistory } from './server-history';
import { Store } from './store';
import { type StoreStage, startStore } from './test-stage';
import { TestClock } from './test-watch';
import { Writer } from './writer';

let stage: StoreStage;
beforeAll(async () => {
  stage = await startStore();
});
afterAll(() => stage?.stop());

let servers = 0;
const running = { pid: 1, dbid: '5', userid: '10', queryid: '77', datname: 'shop', usename: 'app', blocked_by: [] };
const row = (changes: Raw = {}): Raw => ({
  ...running,
  wait_event_type: null,
  wait_event: null,
  application_name: 'web',
  client_addr: '10.0.0.1',
  ...changes,
});

/** A pgdeck whose server answers as it is told. */
function pgdeck(options: { id?: string; clock?: TestClock; store?: Store; cluster?: string; fence?: number[] } = {}) {
  const clock = options.clock ?? new TestClock();
  const history = new ServerHistory(options.id ?? `w${servers++}`);
  history.identified({ systemIdentifier: options.cluster ?? '42' } as Capabilities);
  const store = options.store ?? stage.store;
  const writer = new Writer({
    store,
    servers: () => [history],
    mask: (text) => text.replaceAll(/'[^']*'/g, '?'),
    clock,
    ...(options.fence && { fence: async () => new Set(options.fence) }),
  });
  history.recording = true;
  const take = (id: string, rows: Raw[], windowSeconds: number | null = 1, cadenceMs = 1000) => {
    const topic = findTopic(id);
    if (!topic) throw new Error(id);
    history.take(topic, null, { rows, partial: undefined, sampledAt: clock.now(), windowSeconds }, cadenceMs);
  };
  return {
    clock,
    history,
    writer,
    take,
    /** Seconds with one sample of load each; what is whole is written after each ten. */
    async seconds(count: number, rows: () => Raw[] = () => [row()]) {
      for (let n = 0; n < count; n++) {
        clock.pass(1);
        take('load', rows());
        if ((clock.now() / 1000) % 10 === 1) await writer.tick();
      }
    },
  };
}

type Bin = { ts: number; covered: number; entries: number };
const bins = (id: string) =>
  stage.store.query<Bin>(
    `select extract(epoch from r.ts)::float8 as ts, r.covered, coalesce(cardinality(r.pid), 0) as entries
from pgdeck.session_raw as r join pgdeck.server as s using (server_id) where s.id = $1 order by r.ts`,
    [id],
  );
const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);

test('samples of load become one row for ten seconds, with words by number and the first blocker', async () => {
  const deck = pgdeck();
  const waits = row({ pid: 2, wait_event_type: 'Lock', wait_event: 'tuple', blocked_by: [9], client_addr: null });
  await deck.seconds(21, () => [row(), waits]);
  const rows = await bins(deck.history.id);
  expect(rows.map(({ covered, entries }) => [covered, entries])).toEqual([
    [9, 2],
    [10, 2],
  ]);
  const [entry] = await stage.store.query(
    `select w.word as wait, u.word as usr, a.word as app, d.word as db, e.client, e.blocker, e.seconds, st.queryid::text as queryid, st.query
from pgdeck.session_raw as r
cross join lateral unnest(r.pid, r.wait, r.usr, r.app, r.db, r.client, r.sid, r.blocker, r.seconds) as e(pid, wait, usr, app, db, client, sid, blocker, seconds)
join pgdeck.word as w on w.word_id = e.wait join pgdeck.word as u on u.word_id = e.usr
join pgdeck.word as a on a.word_id = e.app join pgdeck.word as d on d.word_id = e.db
join pgdeck.statement as st on st.server_id = r.server_id and st.sid = e.sid
where r.server_id = $1 and e.pid = 2 order by r.ts limit 1`,
    [deck.history.serverId],
  );
  expect(entry).toEqual({
    wait: 'Lock:tuple',
    usr: 'app',
    app: 'web',
    db: 'shop',
    client: 0,
    blocker: 9,
    seconds: 9,
    queryid: '77',
    query: null,
  });
  // Roll-ups look the class up.
  expect(await stage.store.query("select from pgdeck.word where kind = 'wait' and word = 'Lock'")).toHaveLength(1);
});

test('texts come with the counters, masked, and stay', async () => {
  const deck = pgdeck();
  await deck.seconds(11);
  const counters = {
    ...running,
    toplevel: true,
    calls_per_second: 1,
    query: "/* x */ select 'secret' from t",
  };
  deck.take('statement-counters', [counters], 60, 60_000);
  await deck.seconds(70);
  const told = await stage.store.query('select query, datname from pgdeck.statement where server_id = $1', [
    deck.history.serverId,
  ]);
  expect(told).toEqual([{ query: '/* x */ select ? from t', datname: 'shop' }]);
});

test('a clock that is set makes no interval twice, and no endless gap', async () => {
  const deck = pgdeck();
  await deck.seconds(61);
  deck.clock.set(-30);
  await deck.seconds(120);
  deck.clock.set(3600);
  await deck.seconds(60);
  deck.clock.set(-7200);
  await deck.seconds(60);
  const rows = await bins(deck.history.id);
  expect(new Set(rows.map(({ ts }) => ts)).size).toBe(rows.length);
  expect(rows.every(({ covered }) => covered <= 10)).toBe(true);
  // Of 300 seconds the 30 that came twice are there once; at each jump the bins on both sides are cut short.
  expect(sum(rows.map(({ covered }) => covered))).toBeGreaterThan(240);
  expect(sum(rows.map(({ covered }) => covered))).toBeLessThanOrEqual(270);
});

test('pgdeck ends in the middle of ten seconds: what it had is written, and never twice', async () => {
  const first = pgdeck({ id: 'again' });
  await first.seconds(15);
  await first.writer.stop();
  expect((await bins('again')).map(({ covered }) => covered)).toEqual([9, 6]);
  const second = pgdeck({ id: 'again', clock: first.clock });
  await second.seconds(16);
  expect((await bins('again')).map(({ covered }) => covered)).toEqual([9, 6, 10]);
});

test('another cluster under the same id begins anew, an unknown one goes on', async () => {
  await pgdeck({ id: 'moved', cluster: '' }).seconds(11);
  const known = pgdeck({ id: 'moved', cluster: '7' });
  await known.seconds(11);
  expect(await stage.store.query("select system_identifier from pgdeck.server where id = 'moved'")).toEqual([
    { system_identifier: '7' },
  ]);
  const before = known.history.serverId;
  known.history.identified({ systemIdentifier: '8' } as Capabilities);
  await known.seconds(20);
  expect(known.history.serverId).not.toBe(before);
  expect(await stage.store.query("select from pgdeck.server where id = 'moved'")).toHaveLength(2);
});

test('what this instance may not write is dropped', async () => {
  const deck = pgdeck({ fence: [] });
  await deck.seconds(31);
  expect(await bins(deck.history.id)).toEqual([]);
  expect(deck.writer.waiting).toMatchObject({ batches: 0, bytes: 0 });
});

test('two that begin at once agree on words, servers and places of figures', async () => {
  const decks = Array.from({ length: 6 }, (_, n) => pgdeck({ id: `together${n % 2}` }));
  const words = Array.from({ length: 40 }, (_, n) => `job ${n}`);
  for (const deck of decks) {
    deck.clock.pass(5);
    deck.take(
      'load',
      words.map((application_name) => row({ application_name })),
    );
    for (const { database, ...rest } of [{ database: 'shop', xact_commit_per_second: 1, xact_rollback_per_second: 0 }])
      deck.take('databases', [{ datname: database, datid: 5, xid_age: 1, mxid_age: 1, ...rest }], 10, 10_000);
    deck.clock.pass(30);
  }
  await Promise.all(decks.map(({ writer }) => writer.tick()));
  const twice = await stage.store.query(
    'select kind, word from pgdeck.word group by kind, word having count(*) > 1 union all select name, null from pgdeck.metric group by name having count(*) > 1',
  );
  expect(twice).toEqual([]);
  expect(await stage.store.query("select from pgdeck.server where id like 'together%'")).toHaveLength(2);
  const ids = await stage.store.query<{ apps: number }>(
    `select count(distinct e.app)::int as apps from pgdeck.session_raw as r, unnest(r.app) as e(app)
join pgdeck.word as w on w.word_id = e.app where r.server_id = $1 and w.word like 'job %'`,
    [decks[0]?.history.serverId],
  );
  expect(ids).toEqual([{ apps: 40 }]);
});

test('one row that cannot be stored takes nothing else with it', async () => {
  const deck = pgdeck();
  const table = { name: 'metric_raw', columns: [['v', 'float4[]']] as const };
  await deck.seconds(21);
  deck.history.recorder.add({ table, ts: 0, words: [], values: () => ['not an array'], bytes: 1 });
  await deck.seconds(10);
  const broken = () => (null as unknown as unknown[]).slice();
  deck.history.recorder.add({ table, ts: 0, words: [], values: broken, bytes: 1 });
  await deck.seconds(30);
  // The ten seconds that it came with go with it.
  expect((await bins(deck.history.id)).map(({ covered }) => covered)).toEqual([9, 10, 10, 10]);
  expect(deck.writer.waiting.batches).toBe(0);
  expect(stage.store.notices.some(({ text }) => text.includes(deck.history.id))).toBe(true);
});

test('samples of another day find their place', async () => {
  const deck = pgdeck();
  deck.clock.set(-40 * 86_400);
  await deck.seconds(31);
  expect(await bins(deck.history.id)).toHaveLength(3);
});

test('while the store is away nothing is lost for ten minutes; then the oldest goes, and it is told', async () => {
  let there = true;
  const store = new Store({ place: () => (there ? stage.target : { problem: 'It is away.' }) });
  store.start();
  await expect.poll(() => store.on).toBe(true);
  const away = async () => {
    there = false;
    await expect.poll(() => store.on).toBe(false);
  };
  const back = async () => {
    there = true;
    await expect.poll(() => store.on).toBe(true);
  };
  const deck = pgdeck({ store });
  await deck.seconds(21);
  await away();
  await deck.seconds(300);
  expect(deck.writer.waiting.batches).toBe(30);
  await back();
  await deck.seconds(10);
  const rows = await bins(deck.history.id);
  expect(sum(rows.map(({ covered }) => covered))).toBe(329);
  await away();
  await deck.seconds(500);
  deck.clock.pass(200);
  await deck.seconds(10);
  expect(deck.history.recording).toBe(false);
  expect(deck.writer.waiting.batches).toBeLessThanOrEqual(61);
  expect(store.notices.some(({ text }) => text.includes('longer than pgdeck can keep'))).toBe(true);
  await back();
  await deck.writer.flush();
  await deck.seconds(20);
  expect(deck.history.recording).toBe(true);
  expect(deck.writer.waiting.batches).toBe(0);
  await store.close();
});

test("the store's server is stopped in the middle of it and comes back: nothing is lost", async () => {
  const deck = pgdeck();
  await deck.seconds(21);
  const restart = stage.server.restart(1000);
  await expect
    .poll(
      async () => {
        await deck.seconds(10);
        return stage.store.on;
      },
      { interval: 50 },
    )
    .toBe(false);
  await deck.seconds(30);
  await restart;
  await expect.poll(() => stage.store.on).toBe(true);
  await deck.seconds(20);
  await deck.writer.stop();
  const rows = await bins(deck.history.id);
  const begun = rows[0]?.ts ?? 0;
  expect(rows.map(({ ts }) => ts)).toEqual(rows.map((_, at) => begun + 10 * at));
  expect(sum(rows.map(({ covered }) => covered))).toBe(deck.clock.now() / 1000 - begun);
});
