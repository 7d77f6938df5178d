import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServerHistory } from '@/lib/history/server-history';
import type { Store } from '@/lib/history/store';
import { Writer } from '@/lib/history/writer';
import { allSeries, topics } from '@/lib/topics/index';
import type { AnyTopic, Raw } from '@/lib/topics/topic';
import { heavy } from './history-data';
import { cpuMsOfServer } from './server-processes';

/** What writing the samples of many servers costs, at their own pace; shares are of one processor. */
export type Ingest = {
  servers: number;
  seconds: number;
  nodeShare: number;
  /** Of it what the bench itself takes to make the samples. */
  makingShare: number;
  postgresShare: number;
  /** Lateness of the event loop, ms. */
  late: { p50: number; p99: number; most: number };
  rows: number;
};

const resolutionMs = 5;
const random = (most: number) => Math.floor(Math.random() ** 3 * most);

/** Snapshots as a busy server gives them: the same few over and over, so that making them costs next to nothing. */
function snapshots() {
  const variants = <T>(make: () => T): T[] => Array.from({ length: 6 }, make);
  const rates = (topic: AnyTopic) =>
    Object.fromEntries((topic.counters ?? []).map((column) => [`${column}_per_second`, random(500)]));
  const rows = (count: number, row: (at: number) => Raw) => Array.from({ length: count }, (_, at) => row(at + 1));
  const classes = ['IO', 'Lock', 'LWLock', 'Client'];
  return {
    load: variants(() =>
      rows(heavy.sessions, (at) => ({
        pid: 1000 + at,
        dbid: '5',
        userid: '10',
        queryid: String(1 + random(heavy.statements)),
        datname: `database${at % 3}`,
        usename: `user${at}`,
        application_name: `app ${at % 7}`,
        client_addr: `10.0.0.${at}`,
        wait_event_type: at % 2 ? null : classes[random(4)],
        wait_event: at % 2 ? null : `Event${random(8)}`,
        blocked_by: [],
      })),
    ),
    databases: variants(() =>
      rows(heavy.databases, (at) => ({ datname: `database${at}`, datid: at, ...rates(topics.databases) })),
    ),
    'statement-counters': variants(() =>
      rows(heavy.statements, (at) => ({
        ...{ dbid: '5', userid: '10', queryid: String(at), toplevel: true },
        ...{ datname: 'database1', usename: 'user1', query: `select ${at}` },
        ...rates(topics['statement-counters']),
      })),
    ),
    tables: variants(() =>
      rows(heavy.relations / 2, (at) => ({
        ...{ relid: 20_000 + at, schemaname: 'public', relname: `table_${at}`, relkind: 'r' },
        ...{ total_bytes: random(1e9), n_live_tup: random(1e6) },
        ...rates(topics.tables),
      })),
    ),
    'index-usage': variants(() =>
      rows(heavy.relations / 2, (at) => ({
        ...{ relid: 20_000 + at, indexrelid: 40_000 + at, schemaname: 'public', indexrelname: `index_${at}` },
        size_bytes: random(1e9),
        ...rates(topics['index-usage']),
      })),
    ),
  };
}

/** A topic whose series are all that are drawn: their values cost nothing to make. */
const figures: AnyTopic = {
  ...topics.pools,
  id: 'bench',
  series: allSeries().map(({ series }) => ({ ...series, point: () => series.columns.map(() => random(1000)) })),
};

/** Lets `count` servers tell what they see for `seconds`, and writes it as pgdeck does. */
export async function measureIngest(store: Store, count: number, seconds: number): Promise<Ingest> {
  const servers = Array.from({ length: count }, (_, at) => {
    const server = new ServerHistory(`ingest-${at}`);
    server.cluster = 'bench';
    return server;
  });
  const writer = new Writer({ store, servers: () => servers, mask: (text) => text });
  writer.start();
  const taken = snapshots();
  let makingMs = 0;
  const give = (server: ServerHistory, topic: AnyTopic, rows: Raw[], windowSeconds: number) =>
    server.take(
      topic,
      'database1',
      { rows, partial: undefined, sampledAt: Date.now(), windowSeconds },
      topic.cadenceSeconds * 1000,
    );
  const every = [
    { topic: topics.load as AnyTopic, seconds: 1 },
    { topic: { ...topics.databases, series: [] } as AnyTopic, seconds: 10 },
    { topic: topics['statement-counters'] as AnyTopic, seconds: 60 },
    { topic: topics.tables as AnyTopic, seconds: 60 },
    { topic: topics['index-usage'] as AnyTopic, seconds: 60 },
  ];
  const turn = (tenth: number) =>
    servers.forEach((server, at) => {
      const started = performance.now();
      // Servers are spread over their cadence, as they are when they were not all begun at once.
      for (const { topic, seconds: cadence } of every)
        if ((tenth + at * 7) % (cadence * 10) === 0) {
          const variants = taken[topic.id as keyof typeof taken];
          const rows = variants[(tenth + at) % variants.length] as Raw[];
          makingMs += performance.now() - started;
          give(server, topic, rows, cadence);
        }
      if ((tenth + at * 7) % 100 === 0) give(server, figures, [], 10);
    });
  const begun = performance.now();
  let tenth = 0;
  const timer = setInterval(() => {
    for (const due = Math.floor((performance.now() - begun) / 100); tenth < due; tenth++) turn(tenth);
  }, 50);
  try {
    // The first interval of each server is only known when it is over.
    await sleep(12_000);
    const delay = monitorEventLoopDelay({ resolution: resolutionMs });
    const before = { node: process.cpuUsage(), postgres: await cpuMsOfServer(store.query), at: performance.now() };
    delay.enable();
    await sleep(seconds * 1000);
    delay.disable();
    const ms = performance.now() - before.at;
    const node = process.cpuUsage(before.node);
    const postgres = (await cpuMsOfServer(store.query)) - before.postgres;
    const late = (percentile: number) => Math.max(0, delay.percentile(percentile) / 1e6 - resolutionMs);
    clearInterval(timer);
    await writer.stop();
    const [written] = await store.query<{ rows: number }>(
      `select count(*)::int8 as rows from pgdeck.session_raw as r
join pgdeck.server as s on s.server_id = r.server_id where s.system_identifier = 'bench' and s.id like 'ingest-%'`,
    );
    return {
      servers: count,
      seconds: ms / 1000,
      nodeShare: (node.user + node.system) / 1000 / ms,
      makingShare: makingMs / ms,
      postgresShare: postgres / ms,
      late: { p50: late(50), p99: late(99), most: Math.max(0, delay.max / 1e6 - resolutionMs) },
      rows: written?.rows ?? 0,
    };
  } finally {
    clearInterval(timer);
  }
}
