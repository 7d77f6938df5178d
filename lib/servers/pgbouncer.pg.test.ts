import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Audit } from '@/lib/audit/audit';
import { AnswerCache } from '@/lib/cache/answer-cache';
import { readConfig } from '@/lib/config';
import { History } from '@/lib/history/history';
import { startWatched, type WatchStage } from '@/lib/history/test-watch';
import { log } from '@/lib/metrics/log';
import { hasPgBouncer, TestPgBouncer } from '@/lib/pgbouncer/test-pgbouncer';
import { Runner } from '@/lib/runner/runner';
import type { Server } from '@/lib/runtime';
import { topics } from '@/lib/topics/index';
import type { AnyTopic } from '@/lib/topics/topic';
import { FileServers } from './file-servers';
import { beginServer, makeServer, restServer } from './server';

const consoleTopics = (Object.values(topics) as AnyTopic[]).filter((topic) => topic.console);
// What is asked once a minute: its own turn comes when a test that read it is over.
const limitMs = 60_000;
const onceAMinute = consoleTopics.filter(({ cadenceSeconds }) => cadenceSeconds * 1000 >= limitMs);
const inTime = { timeout: limitMs };

// Without PgBouncer there is none to name.
describe.skipIf(!hasPgBouncer)('a file of servers that names another PgBouncer when it is read again', () => {
  let watched: WatchStage;
  let first: TestPgBouncer;
  let second: TestPgBouncer;
  let folder: string;
  let deck: ReturnType<typeof start>;
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    watched = await startWatched(16);
    const { host, port } = watched.server;
    const pooler = (name: string) =>
      TestPgBouncer.start({
        databases: { [name]: { host, port, dbname: 'postgres', user: 'watcher', more: 'password=watched' } },
        users: { looker: 'looker', ann: 'ann' },
        settings: { stats_users: 'looker', pool_mode: 'transaction' },
      });
    [first, second] = await Promise.all([pooler('first'), pooler('second')]);
    for (const [one, name] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      const client = new pg.Client({ connectionString: one.url('ann', name) });
      client.on('error', () => {});
      clients.push(client);
      await client.connect();
      await client.query('select 1');
    }
  });
  afterAll(async () => {
    for (const client of clients) client.end().catch(() => {});
    await first?.remove();
    await second?.remove();
    await watched?.stop();
  });
  beforeEach(() => {
    log.level = 'silent';
    folder = mkdtempSync(join(tmpdir(), 'pgdeck-servers-'));
  });
  afterEach(async () => {
    first.thaw();
    second.thaw();
    restServer(deck.server);
    deck.server.connections.close();
    await deck.audit.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (pooler: TestPgBouncer | undefined) => {
    const { host, port } = watched.config.read;
    const url = `postgres://watcher:watched@${host}:${port}/postgres?sslmode=disable`;
    const server = { id: 'shop', url, ...(pooler && { pgbouncerUrl: pooler.url('looker') }) };
    writeFileSync(join(folder, 'pgdeck.config.json'), JSON.stringify({ servers: [server] }), { mode: 0o600 });
  };
  /** A pgdeck as the instrumentation would start it. */
  function start(pooler: TestPgBouncer | undefined) {
    write(pooler);
    const file = join(folder, 'pgdeck.config.json');
    const env = { PGDECK_CONFIG: file, PGDECK_STATE_DIR: folder, PGDECK_HISTORY: 'off' };
    const config = readConfig(env);
    const history = new History(config.history, { kind: 'off', notices: [] });
    const cache = new AnswerCache(config.cache);
    const audit = new Audit(folder);
    const servers = new Map<string, Server>();
    for (const each of config.servers) servers.set(each.id, makeServer(each, { config, history, cache }));
    const runner = new Runner(() => ({ config, servers, audit, history }));
    const list = new FileServers(file, env, { config, servers, history, cache, runner, audit });
    const server = servers.get('shop');
    if (!server) throw new Error('no server');
    beginServer(server);
    const reload = async (to: TestPgBouncer | undefined) => {
      write(to);
      await list.reload();
      expect(servers.get('shop')).toBe(server);
    };
    return { server, audit, reload };
  }
  /** What is told of a topic now, without asking: its status, and whose rows those are. */
  const told = ({ id }: AnyTopic) => {
    const answer = deck.server.sampler.latest(id);
    const rows = answer?.status === 'ok' ? answer.rows : (answer?.last?.rows ?? []);
    const ports = rows.filter(({ key }) => key === 'listen_port').map(({ value }) => Number(value));
    const text = JSON.stringify(rows);
    return {
      status: answer?.status === 'ok' ? 'ok' : (answer?.reason ?? 'unknown'),
      first: text.includes('"first"') || ports.includes(first.port),
      second: text.includes('"second"') || ports.includes(second.port),
    };
  };
  const ofFirst = { status: 'ok', first: true, second: false };
  const ofSecond = { status: 'ok', first: false, second: true };
  const read = async () => {
    for (const topic of consoleTopics) await deck.server.sampler.read(topic, null);
  };

  test('what is asked once a minute does not wait for its turn', inTime, async () => {
    expect(onceAMinute.map(({ id }) => id)).toContain('pgbouncer-databases');
    deck = start(first);
    await read();
    for (const topic of consoleTopics) expect(told(topic), topic.id).toEqual(ofFirst);
    await deck.reload(second);
    // Nobody asks for them: who looks at a page finds them new.
    for (const topic of onceAMinute) await expect.poll(() => told(topic), inTime).toEqual(ofSecond);
    await deck.reload(first);
    await read();
    for (const topic of consoleTopics) expect(told(topic), topic.id).toEqual(ofFirst);
  });

  test('the rows of the one before are not told as those of one that does not answer yet', async () => {
    deck = start(first);
    await read();
    second.freeze();
    const reloaded = deck.reload(second);
    await reloaded;
    for (const topic of consoleTopics)
      expect(told(topic), topic.id).toEqual({ status: 'unknown', first: false, second: false });
    for (const topic of consoleTopics) {
      const answer = await deck.server.sampler.read(topic, null);
      expect(answer, topic.id).toMatchObject({ status: 'unavailable', hint: expect.stringContaining('PgBouncer') });
      expect(answer, topic.id).not.toHaveProperty('last');
    }
    second.thaw();
    for (const topic of consoleTopics) await expect.poll(() => told(topic), inTime).toEqual(ofSecond);
  });

  test('what is under way at the one before is not waited for, and never told', async () => {
    deck = start(first);
    await read();
    first.freeze();
    deck.server.sampler.refresh(consoleTopics.map(({ id }) => id));
    await deck.reload(second);
    let wasTold = false;
    for (const topic of consoleTopics)
      await expect
        .poll(() => {
          const now = told(topic);
          wasTold ||= now.first;
          return now;
        }, inTime)
        .toEqual(ofSecond);
    expect(wasTold).toBe(false);
    first.thaw();
    await read();
    for (const topic of consoleTopics) expect(told(topic), topic.id).toEqual(ofSecond);
  });

  test('one that is named no more, and one that is named for the first time', async () => {
    deck = start(first);
    await read();
    await deck.reload(undefined);
    for (const topic of consoleTopics)
      await expect.poll(() => told(topic), inTime).toEqual({ status: 'setting', first: false, second: false });
    await deck.reload(second);
    for (const topic of consoleTopics) await expect.poll(() => told(topic), inTime).toEqual(ofSecond);
  });

  test('pools that are told beside those of applications are those of now', async () => {
    deck = start(first);
    const services = () =>
      deck.server.sampler.read(topics['application-pools'], null).then((answer) => JSON.stringify(answer));
    await expect.poll(services, inTime).toContain('first');
    await deck.reload(second);
    const after = await services();
    expect(after).not.toContain('first');
    await expect.poll(services, inTime).toContain('second');
  });
});
