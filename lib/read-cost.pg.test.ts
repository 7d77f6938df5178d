import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { everything } from '@/lib/access/test-access';
import { ensurePartitions } from '@/lib/history/partitions';
import { Reader } from '@/lib/history/reader';
import { ServerHistory } from '@/lib/history/server-history';
import { type StoreStage, startStore } from '@/lib/history/test-stage';
import { writeIdentities } from '@/lib/history/write-identities';
import { loadMask, maskStatement } from '@/lib/masking/statement';
import { readCost } from './read-cost';
import { type Runtime, type Server, shared } from './runtime';

const now = Math.floor(Date.now() / 60_000) * 60;
const range = { from: now - 1800, to: now };
const config = { kind: 'external' as const, rawDays: 2, minuteDays: 14, hourDays: 400 };

let stage: StoreStage;
let history: ServerHistory;
let latest: unknown;

/** The parts of pgdeck that a cost is read from; the server is never asked. */
function start(on: boolean): void {
  history = new ServerHistory('one');
  const server = {
    config: { id: 'one', read: { database: 'shop' } },
    connections: { pools: () => [{ in_use: 1, idle: 2 }] },
    sampler: { history, slowedDown: 2, latest: () => latest },
  };
  Object.assign(shared(), {
    config: { budgetPercent: 1 },
    servers: new Map([['one', server as unknown as Server]]),
    history: {
      config: on ? config : { ...config, kind: 'off' },
      store: on ? stage.store : { on: false, state: { reason: null } },
      reader: new Reader(stage.store, config),
    },
  } as unknown as Partial<Runtime>);
}

beforeAll(async () => {
  await loadMask();
  stage = await startStore();
  const { store } = stage;
  if (!store.engine) throw new Error('the store is not on');
  await ensurePartitions(store.transaction, store.engine, (now - 86_400) * 1000, now * 1000);
  await store.query(
    "insert into pgdeck.server (id, system_identifier, first_seen) values ('one', '1', 'epoch'), ('two', '1', 'epoch')",
  );
  const statement = (sid: string, query: string) => ({
    sid,
    dbid: '5',
    userid: '10',
    queryid: sid,
    toplevel: true,
    datname: 'shop',
    usename: 'watcher',
    query,
  });
  await writeIdentities(
    store.query,
    1,
    {
      statements: [
        statement(
          '11',
          "select /* pgdeck:load */ a.pid from pg_catalog.pg_stat_get_activity(null) as a where 'x' = $1",
        ),
        statement('12', 'with /* pgdeck:load */ a as (select 1) select 1'),
        statement('13', 'select /* pgdeck:locks */ 1'),
        statement('14', 'select 1 /* pgdeck:locks */'),
      ],
      relations: [],
    },
    maskStatement,
    now * 1000,
  );
  const columns =
    'calls, rows, total_exec_time, total_plan_time, shared_blks_hit, shared_blks_read, shared_blks_dirtied, shared_blks_written, temp_blks_read, temp_blks_written, blk_read_time, blk_write_time, wal_bytes';
  const zeros = '{0,0,0,0}';
  for (const server of [1, 2])
    for (let ts = range.from; ts < range.to; ts += 60)
      await store.query(
        `insert into pgdeck.statement_raw (server_id, ts, seconds, key, ${columns})
values ($1, $2::timestamptz, 60, '{11,12,13,14}', '{60,1,6,100}', '${zeros}', '{30,5,2,900}'${`, '${zeros}'`.repeat(10)})`,
        [server, new Date(ts * 1000).toISOString()],
      );
});
beforeEach(() => {
  latest = undefined;
});
afterAll(async () => {
  await stage?.stop();
  for (const part of ['servers', 'config', 'history'] as const) delete shared()[part];
});

/** A minute of what the server counts, as the sampler takes it. */
const count = (series: string, values: (number | null)[]) => {
  for (let at = range.from; at < range.to; at += 10) history.memory.add(series, at * 1000, values);
};

test('what the server counted: sums of the range, the share of all, statements by their tag', async () => {
  start(true);
  count('statement-time', [1000, 8]);
  count('own-work', [2, 30, 1]);
  const cost = await readCost(everything, 'one', range);
  expect(cost).toMatchObject({
    statements: 2 * 1800,
    share: 0.008,
    blocks_hit: 30 * 1800,
    blocks_read: 1800,
    connections: 3,
    budgetPercent: 1,
    slowedDown: 2,
    unknownBecause: null,
    byTopic: [
      { topic: 'load', calls: 30 * 61, exec_ms: 30 * 35 },
      { topic: 'locks', calls: 30 * 6, exec_ms: 30 * 2 },
    ],
  });
  expect(cost.exec_ms).toBeCloseTo(8 * 1800);
  expect(cost.stored.map(({ table }) => table)).toEqual(['statement_raw']);
  // 30 rows in half an hour are 1,440 a day; each is more than its four keys and calls, and less than a page.
  expect(cost.bytesPerDay).toBeGreaterThan(1440 * 100);
  expect(cost.bytesPerDay).toBeLessThan(1440 * 8192);
});

test('statements of others are hidden: the share is not known, and why', async () => {
  start(true);
  count('statement-time', [1000, 8]);
  latest = { status: 'ok', rows: [], partial: [{ reason: 'privilege', hint: 'Run the statement below.' }] };
  expect(await readCost(everything, 'one', range)).toMatchObject({
    share: null,
    unknownBecause: 'Run the statement below.',
  });
});

test('without the store and its counts: what pgdeck measured in the last hour, and why no more', async () => {
  start(false);
  count('own-statements', [3]);
  count('own-time', [4]);
  const added = (at: number) =>
    history.own.add([{ statement: 'load', calls_per_second: 1, server_ms_per_second: 2 }], at * 1000, 10);
  for (let at = range.from; at < range.to; at += 10) added(at + 10);
  latest = { status: 'unavailable', hint: 'The extension pg_stat_statements is not installed in database shop.' };
  const cost = await readCost(everything, 'one', range);
  expect(cost).toMatchObject({
    statements: 3 * 1800,
    exec_ms: 4 * 1800,
    share: null,
    blocks_hit: null,
    byTopic: [{ topic: 'load', calls: 1800, exec_ms: 3600 }],
    stored: [],
    bytesPerDay: null,
  });
  expect(cost.unknownBecause).toBe(
    'The extension pg_stat_statements is not installed in database shop. Statements and time are as pgdeck measures them, less what the quickest answer takes.',
  );
});

test('of a time that nobody knows nothing is made up', async () => {
  start(false);
  expect(await readCost(everything, 'one', { from: now - 90_000, to: now - 86_400 })).toMatchObject({
    statements: null,
    exec_ms: null,
    share: null,
    byTopic: [],
  });
});
