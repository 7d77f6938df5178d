import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { ServerHistory } from '@/lib/history/server-history';
import { TestClock } from '@/lib/history/test-watch';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { ownCost } from '@/lib/topics/own-cost';
import { statementCounters } from '@/lib/topics/statement-counters';
import { type AnyTopic, defineTopic } from '@/lib/topics/topic';
import { Sampler } from './sampler';

const superuserPassword = 'only-for-this-test';
const folder = mkdtempSync(join(tmpdir(), 'pgdeck-budget-'));
let server: Embedded;
let admin: pg.Client;

beforeAll(async () => {
  server = await startEmbedded({
    major: 18,
    dataDir: join(folder, 'data'),
    temporary: true,
    superuserPassword,
    settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements' },
  });
  admin = new pg.Client({
    host: server.host,
    port: server.port,
    user: 'postgres',
    password: superuserPassword,
    database: 'postgres',
  });
  await admin.connect();
  await admin.query(
    "create extension pg_stat_statements; create role watcher login password 'watcher' in role pg_monitor; create table public.cost (seconds float8); insert into cost values (0.005); grant select on cost to watcher",
  );
});
afterAll(async () => {
  await admin?.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A question that takes as long as the table says: each little enough not to be asked less often for its own sake. */
const burning = (number: number): AnyTopic => ({
  ...defineTopic({
    id: `burn-${number}`,
    title: 'Burn',
    summary: 'Takes time.',
    scope: 'server',
    cadenceSeconds: 1,
    requires: [],
    sources: [],
    always: true,
    sql: { 14: 'select /* pgdeck:burn */ 1 as n, pg_sleep(c.seconds)::text as slept from public.cost as c' },
    row: z.object({ n: z.number() }),
    key: ['n'],
  }),
});

test.each([
  ['by what the server counts', true],
  ['by what pgdeck measures', false],
])('pgdeck slows down when it is expensive, says so, and goes back: %s', async (_, counted) => {
  await admin.query('update cost set seconds = 0.005');
  const read: Target = {
    host: server.host,
    port: server.port,
    database: 'postgres',
    user: 'watcher',
    password: 'watcher',
    tls: { mode: 'disable' },
  };
  const config: ServerConfig = {
    id: 'tested',
    name: 'tested',
    environment: undefined,
    tags: [],
    demo: false,
    read,
    action: read,
  };
  const connections = new ServerConnections(config, 1);
  const history = new ServerHistory('tested');
  const topics: AnyTopic[] = [
    ...Array.from({ length: 20 }, (_, number) => burning(number)),
    { ...ownCost, cadenceSeconds: 1 },
    ...(counted ? [{ ...statementCounters, cadenceSeconds: 1, always: true }] : []),
  ];
  const byId = Object.fromEntries(topics.map((topic) => [topic.id, topic]));
  const bugs: unknown[] = [];
  const clock = new TestClock();
  const budget = { percent: 4, windowMs: 2500 };
  const sampler = new Sampler('tested', connections, byId, (error) => bugs.push(error), history, budget, clock);
  sampler.start();
  const burn = byId['burn-0'] as AnyTopic;
  /** Everything is asked again and again, each time after as many seconds as are told, until it is so. */
  const look = async (until: () => boolean, seconds: () => number) => {
    for (let times = 0; times < 400 && !until(); times++) {
      clock.pass(seconds());
      // What the server counts comes first: what pgdeck measures only decides while there is none of that.
      for (const some of [topics.filter(({ id }) => id === statementCounters.id), topics])
        await Promise.all(some.map((topic) => sampler.read(topic, null, { waitMs: 30_000 })));
    }
    expect(until()).toBe(true);
  };
  const cadences = () => topics.map((topic) => sampler.cadenceMs(topic, null));
  // Asked as often as it may be each takes a two-hundredth of the time, however slow the machine is: twenty a tenth. What
  // has its turn less often, for a moment in which the machine was slow, is asked when that has come.
  const soonest = () => Math.ceil(Math.min(...cadences()) + 1) / 1000;
  try {
    await look(() => sampler.slowedDown > 1, soonest);
    expect(sampler.cadenceMs(burn, null)).toBeGreaterThanOrEqual(2000);
    await admin.query('update cost set seconds = 0');
    // What they take is next to nothing of a long time. It grows by steps: counts that stay away are not waited for.
    let seconds = Math.ceil(Math.max(...cadences()) + 1) / 1000;
    const longer = () => {
      seconds = Math.min(120, 3 * seconds);
      return seconds;
    };
    await look(() => sampler.slowedDown === 1, longer);
    const { events } = await history.changes.read({ from: 0, to: Date.now() / 1000 + 60, limit: 10, kind: 'pgdeck' });
    const took = `its own statements took \\S+ % of ${counted ? 'the statement time of this server' : 'one processor'}$`;
    expect(events.at(-1)?.title).toMatch(new RegExp(`^pgdeck asks 2 times less often than it would: ${took}`));
    expect(events[0]?.title).toMatch(new RegExp(`^pgdeck asks as often as it should: ${took}`));
    expect(bugs).toEqual([]);
  } finally {
    sampler.stop();
    connections.close();
  }
});
