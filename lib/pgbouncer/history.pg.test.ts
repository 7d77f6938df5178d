import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryHistory } from '@/lib/history/memory';
import { keepMoments } from '@/lib/history/moments';
import { readMoment } from '@/lib/history/read-moment';
import { readSeries } from '@/lib/history/read-series';
import { Reader } from '@/lib/history/reader';
import { ServerHistory } from '@/lib/history/server-history';
import { type StoreStage, startStore, until } from '@/lib/history/test-stage';
import { startWatched, TestClock, type WatchStage } from '@/lib/history/test-watch';
import { Writer } from '@/lib/history/writer';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { targetFromUrl } from '@/lib/postgres/target';
import { Question } from '@/lib/sampler/question';
import { Remembered } from '@/lib/sampler/remembered';
import { allSeries, findTopic } from '@/lib/topics/index';
import { Console } from './console';
import { hasPgBouncer, TestPgBouncer } from './test-pgbouncer';

// Without PgBouncer there is nothing to remember.
describe.skipIf(!hasPgBouncer)('the history of PgBouncer', () => {
  let store: StoreStage;
  let watched: WatchStage;
  let pooler: TestPgBouncer;
  let connections: ServerConnections;
  let console: Console;
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    store = await startStore();
    watched = await startWatched(18);
    const { host, port } = watched.server;
    pooler = await TestPgBouncer.start({
      databases: { shop: { host, port, dbname: 'postgres', user: 'watcher', more: 'password=watched pool_size=1' } },
      users: { looker: 'looker', ann: 'ann' },
      settings: { stats_users: 'looker', pool_mode: 'transaction' },
    });
    const config = { ...watched.config, pgbouncer: targetFromUrl('pgbouncerUrl', pooler.url('looker')) };
    connections = new ServerConnections(config, 1);
    console = new Console(() => config);
  });
  afterAll(async () => {
    for (const client of clients) client.end().catch(() => {});
    console?.close();
    connections?.close();
    await pooler?.remove();
    await watched?.stop();
    await store?.stop();
  });
  const client = async () => {
    const one = new pg.Client({ connectionString: pooler.url('ann', 'shop') });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  };

  test('pools, waits and traffic are kept as points, and the pools as moments', async () => {
    const clock = new TestClock();
    // What would be kept of the time to come is not shown.
    clock.set(-3600);
    const history = new ServerHistory('pooled');
    const writer = new Writer({ store: store.store, servers: () => [history], mask: (text) => text, clock });
    keepMoments(history, false);
    history.recording = true;
    history.identified(await connections.probe());
    const parts = { connections, console, remembered: new Remembered(), other: () => undefined };
    const questions = ['pgbouncer-pools', 'pgbouncer-stats'].map((id) => {
      const topic = findTopic(id);
      if (!topic) throw new Error(id);
      return new Question(topic, '', parts, () => 1, clock);
    });
    const minute = async () => {
      clock.pass(60);
      for (const question of questions) {
        await question.ask();
        expect(question.failure).toBeUndefined();
        if (question.snapshot) history.take(question.topic, null, question.snapshot, 60_000);
      }
      await writer.tick();
    };
    const started = clock.now() / 1000;
    const holder = await client();
    await holder.query('begin');
    const waiting = (await client()).query('select 1');
    await until(async () => (await console.send('SHOW POOLS')).rows.some(({ cl_waiting }) => cl_waiting !== 0));
    await minute();
    await holder.query('commit');
    await waiting;
    await minute();
    await minute();

    const reader = new Reader(store.store, { rawDays: 2, minuteDays: 14, hourDays: 400 });
    const range = { from: started, to: clock.now() / 1000, step: 60 };
    const points = async (id: string) => {
      const found = allSeries().find(({ series }) => series.id === id);
      if (!found || history.serverId === undefined) throw new Error(id);
      const { points } = await readSeries(reader, history.serverId, found.series, new MemoryHistory(), range);
      return points.map(([, ...values]) => values).filter((values) => values.some((value) => value !== null));
    };
    expect((await points('pgbouncer-pools')).some(([, waiting, active]) => waiting === 1 && active === 1)).toBe(true);
    expect((await points('pgbouncer-maxwait')).some(([seconds]) => (seconds ?? 0) > 0)).toBe(true);
    expect((await points('pgbouncer-traffic')).some(([, statements]) => (statements ?? 0) > 0)).toBe(true);

    const pools = findTopic('pgbouncer-pools');
    if (!pools || history.serverId === undefined) throw new Error('no topic');
    const kept = await readMoment(reader, history.serverId, pools, null, started + 60);
    expect(kept?.snapshot.rows).toMatchObject([{ database: 'shop', datname: 'postgres', cl_waiting: 1 }]);
  });
});
