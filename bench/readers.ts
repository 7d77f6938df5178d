import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@/lib/topics/index';
import { App } from './app';
import { grownStatements, moreStatements, statementsOf } from './backends';
import { startWatchedServer } from './watched-server';

/** How long reads took; times in milliseconds. */
export type Latency = {
  readers: number;
  rhythm: string;
  requestsPerSecond: number;
  requests: number;
  errors: number;
  p50: number;
  p95: number;
  p99: number;
  appCpuShare: number;
  kilobytesPerRequest: number;
};

/** Part (b). `statements` are those on the watched server in two windows of the same length. */
export type Readers = {
  tables: number;
  windowSeconds: number;
  latencies: Latency[];
  statements: { oneReader: number; hundredReaders: number; more: string[] };
};

const pathOf = (topic: string) => `/api/servers/default/${topic}`;
const paths = Object.keys(topics).map(pathOf);

/** Reads the topic API of the running application over HTTP with one and with a hundred readers. */
export async function measureReaders(
  root: string,
  options: { tables: number; statements: number; windowSeconds: number },
): Promise<Readers> {
  const server = await startWatchedServer(options.tables, options.statements);
  let app: App | undefined;
  try {
    const target = await server.newWatcher('pgdeck_readers');
    app = await App.start(root, target);
    const running = app;
    for (const path of [...paths, ...paths]) await running.get(path);
    await sleep(5000);
    const window = async (readers: number, paced: boolean) => {
      const before = await statementsOf(server.admin, target.user);
      const started = performance.now();
      const latency = await read(running, readers, options.windowSeconds, paced);
      const seconds = (performance.now() - started) / 1000;
      return { latency, seconds, grown: grownStatements(before, await statementsOf(server.admin, target.user)) };
    };
    const one = await window(1, false);
    const hundred = await window(100, false);
    const paced = await window(100, true);
    const calls = (grown: typeof one.grown) => [...grown.values()].reduce((sum, figures) => sum + figures.calls, 0);
    return {
      tables: options.tables,
      windowSeconds: options.windowSeconds,
      latencies: [one.latency, hundred.latency, paced.latency],
      statements: {
        oneReader: calls(one.grown),
        hundredReaders: calls(hundred.grown),
        more: moreStatements(one, hundred),
      },
    };
  } finally {
    await app?.stop();
    await server.stop();
  }
}

/** `paced`: each topic at its cadence, as open pages do; else each reader asks again as soon as it is answered. */
async function read(app: App, readers: number, seconds: number, paced: boolean): Promise<Latency> {
  const took: number[] = [];
  let errors = 0;
  let bytes = 0;
  const until = performance.now() + seconds * 1000;
  const ask = async (path: string) => {
    try {
      const answer = await app.get(path);
      took.push(answer.ms);
      bytes += answer.body.length;
      if (answer.status !== 200 || !answer.body.length) errors++;
    } catch {
      errors++;
    }
  };
  const loop = async (reader: number) => {
    for (let turn = reader; performance.now() < until; turn++) await ask(paths[turn % paths.length] as string);
  };
  const poll = async (topic: string, everyMs: number) => {
    await sleep(Math.min(Math.random() * everyMs, until - performance.now()));
    while (performance.now() < until) {
      const started = performance.now();
      await ask(pathOf(topic));
      await sleep(Math.max(0, Math.min(everyMs - (performance.now() - started), until - performance.now())));
    }
  };
  const cpuBefore = app.cpuSeconds();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: readers }, (_, reader) =>
      paced
        ? Promise.all(Object.values(topics).map(({ id, cadenceSeconds }) => poll(id, cadenceSeconds * 1000)))
        : loop(reader),
    ),
  );
  const elapsed = (performance.now() - started) / 1000;
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  return {
    readers,
    rhythm: paced ? 'as open pages do' : 'without a pause',
    requestsPerSecond: took.length / elapsed,
    requests: took.length,
    errors,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    appCpuShare: (app.cpuSeconds() - cpuBefore) / elapsed,
    kilobytesPerRequest: took.length > 0 ? bytes / took.length / 1024 : 0,
  };
}
