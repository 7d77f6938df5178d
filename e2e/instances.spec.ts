import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import pg from 'pg';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import type { HistoryStatus } from '@/lib/history/answers';
import { Asker, topicIds, until } from './fixtures/ask';
import { Machine } from './fixtures/machine';
import { type App, removeFolder, type Stack, startApp, startStack } from './fixtures/stack';

test.describe.configure({ mode: 'serial', timeout: 300_000 });

/** A question whose answers take long is asked once a minute at least. */
const pacedMs = 65_000;

/** Two pgdecks that watch one server and keep one history, in a PostgreSQL of its own. */
type Instance = { app: App; ask: Asker };

let stack: Stack;
let folder: string;
let store: Embedded;
let storeClient: pg.Client;
let historyClient: pg.Client;
let storeUrl: string;
const running: App[] = [];

test.beforeAll(async () => {
  test.setTimeout(240_000);
  stack = await startStack({ env: { PGDECK_HISTORY: 'off' } });
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-instances-'));
  chmodSync(folder, 0o755);
  store = await startEmbedded({
    major: 14,
    dataDir: join(folder, 'store'),
    temporary: true,
    superuserPassword: 'store',
    settings: { fsync: 'off' },
  });
  const address = (database: string) => `postgres://${store.superuser}:store@${store.host}:${store.port}/${database}`;
  storeUrl = address('history');
  storeClient = new pg.Client(address('postgres'));
  await storeClient.connect();
  await storeClient.query('create database history');
  historyClient = new pg.Client(storeUrl);
  historyClient.on('error', () => {}); // the last test ends it
  await historyClient.connect();
});
test.afterAll(async () => {
  for (const app of running) await app.stop();
  await historyClient?.end().catch(() => {});
  await storeClient?.end();
  await store?.stop();
  await stack?.stop();
  removeFolder(folder);
});

async function start(name: string): Promise<Instance> {
  const { user, password, host, port, database } = stack.login('pgdeck_read');
  const app = await startApp(join(folder, name), {
    DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/${database}`,
    PGDECK_HISTORY_URL: storeUrl,
  });
  running.push(app);
  return { app, ask: new Asker(app.url) };
}

const status = async ({ ask }: Instance): Promise<HistoryStatus> => (await ask.get('/api/history')).body;
const holds = async (instance: Instance) => (await status(instance)).leases.some(({ own }) => own);

async function sorted(instances: Instance[]): Promise<{ holder: Instance; follower: Instance }> {
  let found: Instance[] = [];
  await until(
    'one has the lease and the other knows',
    async () => {
      const all = await Promise.all(instances.map(status));
      if (!all.every(({ leases }) => leases.length === 1)) return false;
      found = instances.filter((_, at) => all[at]?.leases[0]?.own);
      return found.length === 1;
    },
    30_000,
  );
  const holder = found[0] as Instance;
  return { holder, follower: instances.find((one) => one !== holder) as Instance };
}

/**
 * Samples since `from`: the longest time without one, and the most seconds that ten of them stand for, which is ten and
 * what the machine was late; one that stood for the time of another would have twenty.
 */
async function samples(from: Date): Promise<{ gap: number; covered: number; rows: number }> {
  const { rows } = await historyClient.query(
    `select coalesce(max(extract(epoch from s.ts - s.before)), 0)::float8 - 10 as gap, max(s.covered)::float8 as covered, count(*)::int4 as rows
from (select r.ts, r.covered, lag(r.ts) over (order by r.ts) as before from pgdeck.session_raw as r where r.ts >= $1) as s`,
    [from],
  );
  return rows[0];
}

/** What an instance has asked the server so far: how often, by what for. */
const asked = async ({ ask }: Instance) => {
  const moment = Date.now();
  let answer = await ask.topic('own-cost');
  // Counted every ten seconds.
  const isOfNow = async () => {
    answer = await ask.topic('own-cost');
    return answer.status === 'ok' && Date.parse(answer.sampledAt) > moment;
  };
  await until('its own statements are counted', isOfNow, pacedMs);
  return new Map(answer.status === 'ok' ? answer.rows.map(({ statement, calls }) => [statement, calls]) : []);
};

let a: Instance;
let b: Instance;

test('one asks the server, and both show what it knows', async () => {
  [a, b] = await Promise.all([start('a'), start('b')]);
  const { holder, follower } = await sorted([a, b]);
  for (const { ask } of [a, b]) await until('the server is watched', async () => (await ask.state()) === 'ok', 20_000);

  const { user, password, host, port, database } = stack.login('app_shop');
  const needle = new pg.Client({ user, password, host, port, database, application_name: 'needle' });
  await needle.connect();
  const sees = async ({ ask }: Instance) => {
    const answer = await ask.topic('sessions');
    return answer.status === 'ok' && answer.rows.some(({ application_name }) => application_name === 'needle');
  };
  await until('the follower shows the session', () => sees(follower), pacedMs);

  // For whoever looks, what the holder knows is known here two seconds later.
  await follower.ask.topic('sessions');
  await sleep(3000);
  const machine = new Machine(follower.ask);
  const sampledAt = async ({ ask }: Instance) => {
    const answer = await ask.topic('sessions');
    expect(answer.status).toBe('ok');
    return answer.status === 'ok' ? Date.parse(answer.sampledAt) : 0;
  };
  const known: { at: number; sampled: number }[] = [];
  const began = performance.now();
  const samples = () => new Set(known.map(({ sampled }) => sampled)).size;
  const goesOn = () => samples() < 2 && performance.now() - began < pacedMs;
  for (let look = 0; look < 20 || goesOn(); look++) {
    const at = performance.now();
    const shown = await sampledAt(follower);
    // What the holder had two seconds before this look, and what the machine was late.
    const before = at - 2000 - machine.slowMs(at - 4000, 4000);
    const had = known.filter((each) => each.at < before).map(({ sampled }) => sampled);
    expect(shown).toBeGreaterThanOrEqual(Math.max(0, ...had));
    const sampled = await sampledAt(holder);
    known.push({ at: performance.now(), sampled });
    await sleep(500);
  }
  machine.stop();
  expect(samples()).toBeGreaterThan(1);

  await until(
    'the follower has the tables',
    async () => {
      const answer = await follower.ask.topic('tables');
      return answer.status === 'ok' && answer.database === database;
    },
    30_000,
  );
  const asked = Date.now();
  await until(
    'it has them anew when somebody wants that',
    async () => {
      const answer = await follower.ask.topic('tables', '?fresh=1').catch(() => follower.ask.topic('tables'));
      return answer.status === 'ok' && Date.parse(answer.sampledAt) > asked;
    },
    15_000,
  );

  // The verdict is judged on each of them.
  const verdicts = async () =>
    Promise.all([holder, follower].map(async ({ ask }) => (await ask.get('/api/servers/default/findings')).body));
  await until(
    'both have the same verdict',
    async () => {
      const [one, other] = await verdicts();
      return (
        one.verdict === other.verdict &&
        JSON.stringify(one.notJudged) === JSON.stringify(other.notJudged) &&
        one.findings.length === other.findings.length
      );
    },
    pacedMs,
  );
  await needle.end();
  await until('the follower sees that it ended', async () => !(await sees(follower)), pacedMs);
});

test('the follower asks the server nothing but signs of life', async () => {
  const { holder, follower } = await sorted([a, b]);
  const asks = async (instance: Instance) => {
    const before = await asked(instance);
    const after = await asked(instance);
    return [...after.keys()].filter((statement) => after.get(statement) !== before.get(statement));
  };
  expect(await asks(holder)).toContain('load');
  // One whose store does not answer for five seconds asks by itself for a while, as it should.
  await expect(async () => {
    const statements = await asks(follower);
    expect(statements.length).toBeGreaterThan(0);
    for (const id of topicIds) expect(statements).not.toContain(id);
  }).toPass({ timeout: 120_000 });
});

test('a holder that is killed is followed by the other, and little is missing', async () => {
  const { holder, follower } = await sorted([a, b]);
  await until('samples are written', async () => (await samples(new Date(0))).rows >= 3, 60_000);
  const began = new Date(Date.now() - 30_000);
  process.kill(holder.app.pid, 'SIGKILL');
  const took = await until('the other has the lease', () => holds(follower), 17_000);
  expect(took).toBeLessThan(17_000);
  await until('it shows sessions', async () => (await follower.ask.topic('sessions')).status === 'ok', 15_000);
  const { rows } = await samples(began);
  await until('it writes', async () => (await samples(began)).rows >= rows + 3, 60_000);
  const after = await samples(began);
  expect(after.gap).toBeLessThanOrEqual(25);
  expect(after.covered).toBeLessThanOrEqual(15);
});

test('a holder that was stopped for a while writes nothing that the other writes', async () => {
  const survivor = (await holds(a).catch(() => false)) ? a : b;
  const other = await start('c');
  const { holder, follower } = await sorted([survivor, other]);
  expect(holder).toBe(survivor);
  const began = new Date();
  await until('it writes', async () => (await samples(began)).rows >= 1, 40_000);
  process.kill(holder.app.pid, 'SIGSTOP');
  try {
    await until('the other has the lease', () => holds(follower), 17_000);
    await sleep(8000);
  } finally {
    process.kill(holder.app.pid, 'SIGCONT');
  }
  await until('the first follows now', async () => !(await holds(holder)), 10_000);
  await until(
    'the first shows what the other asks',
    async () => (await holder.ask.topic('sessions')).status === 'ok',
    10_000,
  );
  const { rows } = await samples(began);
  await until('the other writes', async () => (await samples(began)).rows >= rows + 2, 45_000);
  const { covered, gap } = await samples(began);
  expect(covered).toBeLessThanOrEqual(15);
  expect(gap).toBeLessThanOrEqual(25);
});

test('without the store each of them asks by itself, and when it is back one of them does', async () => {
  const { holder, follower } = await sorted(await alive());
  const open = async (to: boolean) => {
    await storeClient.query("update pg_catalog.pg_database set datallowconn = $1 where datname = 'history'", [to]);
    if (!to)
      await storeClient.query(
        "select pg_terminate_backend(pid) from pg_catalog.pg_stat_activity where datname = 'history'",
      );
  };
  await open(false);
  for (const one of [holder, follower]) {
    await until('it says that the store is away', async () => (await status(one)).state === 'failing', 30_000);
    await until(
      'its live pages go on',
      async () => {
        const answer = await one.ask.topic('sessions');
        return answer.status === 'ok' && Date.now() - Date.parse(answer.sampledAt) < 5000;
      },
      pacedMs,
    );
  }
  await open(true);
  await sorted([holder, follower]);
});

async function alive(): Promise<Instance[]> {
  const found: Instance[] = [];
  for (const app of running) {
    const instance = { app, ask: new Asker(app.url) };
    if (await status(instance).then(Boolean, () => false)) found.push(instance);
  }
  return found;
}
