import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { HistoryServer } from '@/bin/history-server';
import type { HistoryConfig } from '@/lib/config';
import { MemoryHistory } from '@/lib/history/memory';
import { partitionedTables } from '@/lib/history/migrate';
import type { Tier } from '@/lib/history/migrations/index';
import { readCompare } from '@/lib/history/read-compare';
import { readKeyed } from '@/lib/history/read-keyed';
import { readLoad } from '@/lib/history/read-load';
import { readSeries } from '@/lib/history/read-series';
import { readTop } from '@/lib/history/read-top';
import { Reader } from '@/lib/history/reader';
import { Store } from '@/lib/history/store';
import { allSeries } from '@/lib/topics/index';
import { App } from './app';
import { copyDay, generateDay, generateNames, heavy, type Ids, markRolledUp, ordinary } from './history-data';
import { type Ingest, measureIngest } from './history-ingest';
import { dataFolderOf, memoryOfServer } from './server-processes';
import { startWatchedServer } from './watched-server';

/** Part (e): the history store with months of data of some servers, the first of them a heavy one. */
export type HistoryFigures = {
  servers: number;
  generateSeconds: number;
  /** Bytes of a day of the heavy server, with indexes. */
  stored: { table: string; tier: Tier; bytesPerDay: number }[];
  /** Best of five for each span, ms. */
  reads: { what: string; ms: number[] }[];
  ingest: Ingest;
  /** From the start of PostgreSQL until the store can be used, ms. */
  restartMs: number;
  memory: { app: number; postgres: number };
};

const daySeconds = 86_400;
const days: Record<Tier, number> = { raw: 2, minute: 14, hour: 400 };
const config: HistoryConfig = {
  kind: 'embedded',
  url: undefined,
  rawDays: days.raw,
  minuteDays: days.minute,
  hourDays: days.hour,
  maxBytes: Number.POSITIVE_INFINITY,
  literals: false,
};

/** The spans that are read, in seconds. */
export const spans = [900, daySeconds, 30 * daySeconds, 399 * daySeconds];

/** Starts the product's own history server, fills it, and measures. */
export async function measureHistory(
  root: string,
  options: { servers: number; ingestSeconds: number; appSeconds: number },
): Promise<HistoryFigures> {
  const stateDir = mkdtempSync(join(tmpdir(), 'pgdeck-bench-history-'));
  // PostgreSQL may run as another user than this.
  chmodSync(stateDir, 0o755);
  let running = await open(stateDir, root);
  try {
    const begun = performance.now();
    const { store } = running;
    const day = Math.floor(Date.now() / 1000 / daySeconds) * daySeconds - daySeconds;
    const names = Array.from({ length: options.servers }, (_, at) => `server-${at + 1}`);
    const { ids, servers } = await generateNames(store.query, names);
    const [first = 0, second, ...others] = servers;
    await generateDay(store, first, day, ids, heavy);
    await copyDay(store, { server: first, day }, { servers: [first], days });
    const stored = await bytesPerDay(store);
    if (second !== undefined) {
      await generateDay(store, second, day, ids, ordinary);
      await copyDay(store, { server: second, day }, { servers: [second, ...others], days });
    }
    await markRolledUp(store.query, day + daySeconds);
    const generateSeconds = (performance.now() - begun) / 1000;
    const reads = await measureReads(store, first, day + daySeconds, ids);
    const ingest = await measureIngest(store, 100, options.ingestSeconds);
    await running.close();
    const started = performance.now();
    running = await open(stateDir, root);
    const restartMs = performance.now() - started;
    const dataFolder = await dataFolderOf(running.store.query);
    await running.close();
    const memory = await measureWhole(root, stateDir, dataFolder, options.appSeconds);
    return { servers: options.servers, generateSeconds, stored, reads, ingest, restartMs, memory };
  } finally {
    await running.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

type Running = { store: Store; close(): Promise<void> };

async function open(stateDir: string, root: string): Promise<Running> {
  const server = new HistoryServer({ stateDir, root, say: () => {} });
  server.start();
  const store = new Store({ place: () => server.place.target });
  store.start();
  while (!store.on) {
    if (server.place.problem) throw new Error(server.place.problem);
    await sleep(10);
  }
  return {
    store,
    async close() {
      await store.close();
      await server.stop();
    },
  };
}

async function bytesPerDay(store: Store): Promise<HistoryFigures['stored']> {
  const rows = await store.query<{ table: string; bytes: number }>(
    `select i.inhparent::regclass::text as table, sum(pg_total_relation_size(i.inhrelid))::float8 as bytes
from pg_inherits as i join pg_class as c on c.oid = i.inhparent where c.relkind = 'p' group by 1`,
  );
  const bytes = new Map(rows.map((row) => [row.table, row.bytes]));
  return partitionedTables().map(({ name, tier }) => ({
    table: name,
    tier,
    bytesPerDay: (bytes.get(`pgdeck.${name}`) ?? 0) / days[tier],
  }));
}

async function measureReads(store: Store, server: number, to: number, ids: Ids): Promise<HistoryFigures['reads']> {
  const [sid = ''] = ids.statements;
  const connections = allSeries().find(({ series }) => series.id === 'connections')?.series;
  if (!connections) throw new Error('there is no series connections');
  const memory = new MemoryHistory();
  type Range = { from: number; to: number };
  const asked: Record<string, (reader: Reader, range: Range) => Promise<unknown>> = {
    'connections by state': (reader, range) => readSeries(reader, server, connections, memory, range),
    'load by wait class': (reader, range) => readLoad(reader, server, 'class', [], range),
    'load by wait event': (reader, range) => readLoad(reader, server, 'wait', [], range),
    'load of one statement': (reader, range) =>
      readLoad(reader, server, 'class', [{ by: 'statement', value: sid }], range),
    'top statements': (reader, range) => readTop(reader, server, 'statement', [], range),
    'one statement': (reader, range) => readKeyed(reader, server, 'statement', sid, range),
    'compare statements': (reader, { from }) => {
      const half = Math.min(15 * daySeconds, Math.floor((to - from) / 2));
      const [a, b] = [
        { from: to - 2 * half, to: to - half },
        { from: to - half, to },
      ];
      return readCompare(reader, server, 'slow-queries', a, b);
    },
  };
  const reads: HistoryFigures['reads'] = [];
  for (const [what, ask] of Object.entries(asked)) {
    const ms: number[] = [];
    for (const span of spans) {
      const times: number[] = [];
      for (let at = 0; at < 5; at++) {
        // A reader of its own remembers nothing of the last time.
        const reader = new Reader(store, config);
        const started = performance.now();
        await ask(reader, { from: to - span, to });
        times.push(performance.now() - started);
      }
      ms.push(Math.min(...times));
    }
    reads.push({ what, ms });
  }
  return reads;
}

/** pgdeck as people run it, on the store with all that data, while charts are read. */
async function measureWhole(
  root: string,
  stateDir: string,
  dataFolder: string,
  seconds: number,
): Promise<HistoryFigures['memory']> {
  const watched = await startWatchedServer(50, 500);
  let app: App | undefined;
  try {
    app = await App.start(root, await watched.newWatcher('pgdeck_history'), 1, stateDir);
    const until = performance.now() + seconds * 1000;
    let most = { app: 0, postgres: 0 };
    while (performance.now() < until) {
      const now = Math.floor(Date.now() / 1000);
      for (const span of spans)
        for (const path of ['series/connections', 'series/load', 'top', 'series/wal'])
          await app.get(`/api/servers/default/${path}?from=${now - span}&to=${now}`);
      const memory = { app: app.residentBytes(), postgres: memoryOfServer(dataFolder) };
      if (memory.app + memory.postgres > most.app + most.postgres) most = memory;
      await sleep(500);
    }
    return most;
  } finally {
    await app?.stop();
    await watched.stop();
  }
}
