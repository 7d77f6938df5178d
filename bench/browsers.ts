import { setTimeout as sleep } from 'node:timers/promises';
import { App } from './app';
import { grownStatements, moreStatements, statementsOf, type Window } from './backends';
import { type Crowd, crowd } from './crowd';
import { pages, pollsOf } from './polling';
import { startWatchedServer, type WatchedServer } from './watched-server';

/** A crowd and what it did to pgdeck; lateness of its event loop in ms, as `/metrics` tells it. */
export type CrowdCost = Crowd & {
  cpuShare: number;
  memoryBytes: number;
  latenessP50: number | null;
  latenessP99: number | null;
  /** Of all reads of topics, how many were answered by the snapshot that was there. */
  hitRate: number;
  statements: number;
  /** Statements that one browser alone does not cause. */
  more: string[];
};

/** Part (f); times of scrapes in ms. */
export type Browsers = {
  tables: number;
  memoryAtStart: number;
  crowds: CrowdCost[];
  scrape: { p50: number; p95: number; kilobytes: number; cpuMs: number; more: string[] } | null;
};

type Options = { tables: number; statements: number; crowds: number[]; seconds: number };

const settleMs = 5000;
const scrapes = 30;

/** Measures pgdeck while crowds of browsers poll it, one after the other; the first is one browser, that the others are held against. */
export async function measureBrowsers(root: string, options: Options): Promise<Browsers> {
  const server = await startWatchedServer(options.tables, options.statements);
  let app: App | undefined;
  try {
    const target = await server.newWatcher('pgdeck_browsers');
    app = await App.start(root, target);
    const polls = pollsOf(pages.overview, pages.sessions);
    // A page was open before: what is asked for the first time is asked for once, whoever comes.
    await crowd({ port: app.port, browsers: 1, seconds: 10, polls, headers: {} });
    await sleep(settleMs);
    const memoryAtStart = app.residentBytes();
    const crowds: CrowdCost[] = [];
    let one: Window | undefined;
    for (const browsers of [1, ...options.crowds]) {
      await lateness(app);
      const before = await statementsOf(server.admin, target.user);
      const reads = await readsOf(app);
      const cpuBefore = app.cpuSeconds();
      const watch = follow(app);
      const result = await crowd({ port: app.port, browsers, seconds: options.seconds, polls, headers: {} });
      const memoryBytes = watch.stop();
      const late = await lateness(app);
      const { hits, misses } = await readsOf(app);
      const grown = grownStatements(before, await statementsOf(server.admin, target.user));
      const window = { grown, seconds: result.whole.seconds };
      one ??= window;
      crowds.push({
        ...result,
        cpuShare: (app.cpuSeconds() - cpuBefore) / result.whole.seconds,
        memoryBytes,
        latenessP50: late.p50,
        latenessP99: late.p99,
        hitRate: (hits - reads.hits) / Math.max(1, hits - reads.hits + misses - reads.misses),
        statements: [...grown.values()].reduce((sum, { calls }) => sum + calls, 0),
        more: moreStatements(one, window),
      });
      await sleep(settleMs);
    }
    return {
      tables: options.tables,
      memoryAtStart,
      crowds,
      scrape: await measureScrape(app, server, target.user),
    };
  } finally {
    await app?.stop();
    await server.stop();
  }
}

/** The most memory that the process has while it is looked at. */
function follow(app: App): { stop(): number } {
  let most = app.residentBytes();
  const timer = setInterval(() => {
    most = Math.max(most, app.residentBytes());
  }, 1000);
  return {
    stop: () => {
      clearInterval(timer);
      return Math.max(most, app.residentBytes());
    },
  };
}

/** How late the event loop was since this was asked before: the figures begin anew with each scrape. */
async function lateness(app: App): Promise<{ p50: number | null; p99: number | null }> {
  const { status, body } = await app.get('/metrics');
  const of = (name: string) => {
    const found = new RegExp(`^nodejs_eventloop_lag_${name}_seconds ([0-9.e+-]+)$`, 'm').exec(String(body));
    // Its clock ticks every ten milliseconds: one that is never late tells ten.
    return status === 200 && found ? Math.max(0, Number(found[1]) * 1000 - 10) : null;
  };
  return { p50: of('p50'), p99: of('p99') };
}

async function measureScrape(app: App, server: WatchedServer, role: string): Promise<Browsers['scrape']> {
  const before = await statementsOf(server.admin, role);
  await sleep(settleMs);
  const quiet = { grown: grownStatements(before, await statementsOf(server.admin, role)), seconds: settleMs / 1000 };
  const start = await statementsOf(server.admin, role);
  const started = performance.now();
  const took: number[] = [];
  let bytes = 0;
  let cpu = 0;
  while (took.length < scrapes) {
    const cpuBefore = app.cpuSeconds();
    const { status, body, ms } = await app.get('/metrics');
    cpu += app.cpuSeconds() - cpuBefore;
    if (status !== 200) return null;
    took.push(ms);
    bytes = body.length;
    await sleep(100);
  }
  const seconds = (performance.now() - started) / 1000;
  const grown = grownStatements(start, await statementsOf(server.admin, role));
  took.sort((a, b) => a - b);
  return {
    p50: took[Math.floor(took.length / 2)] ?? 0,
    p95: took[Math.floor(took.length * 0.95)] ?? 0,
    kilobytes: bytes / 1024,
    cpuMs: (cpu / scrapes) * 1000,
    more: moreStatements(quiet, { grown, seconds }),
  };
}

/** Reads of topics since the start, as pgdeck counts them. */
async function readsOf(app: App): Promise<{ hits: number; misses: number }> {
  const { body } = await app.get('/api/health/cache');
  return (JSON.parse(String(body)) as { snapshots: { hits: number; misses: number } }).snapshots;
}
