import { spawn } from 'node:child_process';
import { Agent, type IncomingMessage, request } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, type Poll } from './polling';

/** Browsers that have pages open for some time; `people`: each is somebody else, as a proxy says who that is. */
export type CrowdOptions = {
  port: number;
  browsers: number;
  seconds: number;
  polls: Poll[];
  /** Headers of every request, `{n}` being the number of the browser. */
  headers: Record<string, string>;
};

/** How it went; times in milliseconds. */
export type Crowd = {
  browsers: number;
  seconds: number;
  requests: number;
  /** With the time in which they came. */
  whole: { seconds: number; requests: number };
  unchanged: number;
  errors: number;
  /** The first few, each once. */
  errorTexts: string[];
  p50: number;
  p95: number;
  p99: number;
  longest: number;
  /** While they came: the first request over each connection waits until that is taken. */
  arrivalP95: number;
  bytes: number;
  /** Of each path, the slowest first. */
  byPath: { path: string; requests: number; p95: number }[];
  /** The browsers' own process: whether what is measured is theirs. */
  own: { cpuShare: number; latenessP99: number };
};

/** People do not all come in the same second; what is measured begins when all are there and have their connections, ms. */
const arriveWithinMs = 10_000;
const settledAfterMs = 20_000;

/** What a browser's address bar gives it to send with each request, as Chromium does. */
const asChromium = {
  accept: '*/*',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-US,en;q=0.9',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
};

/** Lets a crowd of browsers poll from a process of its own, so that it takes nothing from the clock that measures. */
export function crowd(options: CrowdOptions): Promise<Crowd> {
  const code = `const { browse } = await import(${JSON.stringify(import.meta.url)});
    process.send(await browse(${JSON.stringify(options)}), () => process.disconnect());`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (result) => resolve(result as Crowd));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the browsers of the bench ended with ${code}`)));
  });
}

/** The browsers themselves, in this process. */
export async function browse({ port, browsers, seconds, polls, headers }: CrowdOptions): Promise<Crowd> {
  const took = new Map<string, number[]>(polls.map(({ path }) => [path, []]));
  const errorTexts = new Set<string>();
  const totals = { unchanged: 0, errors: 0, bytes: 0 };
  const arrivals: number[] = [];
  const opened = performance.now();
  const from = opened + settledAfterMs;
  const until = from + seconds * 1000;
  const failed = (text: string) => {
    totals.errors++;
    if (errorTexts.size < 5) errorTexts.add(text);
  };

  const open = (browser: number) => {
    // As many connections as a browser opens to one place, kept for the next request.
    const agent = new Agent({ keepAlive: true, maxSockets: 6 });
    const own = Object.entries(headers).map(([name, value]) => [name, value.replace('{n}', String(browser))]);
    const sent = { ...asChromium, ...Object.fromEntries(own) };
    const tags = new Map<string, string>();
    const arrives = Math.random() * arriveWithinMs;
    const ask = async (poll: Poll) => {
      const path = addressOf(poll);
      const tag = tags.get(path);
      const started = performance.now();
      try {
        const { status, etag, length } = await get({
          port,
          agent,
          path,
          headers: { ...sent, ...(tag && { 'if-none-match': tag }) },
        });
        const ms = performance.now() - started;
        if (started < from) arrivals.push(ms);
        else {
          took.get(poll.path)?.push(ms);
          totals.bytes += length;
          if (status === 304) totals.unchanged++;
        }
        if (status !== 200 && status !== 304) failed(`${poll.path}: ${status}`);
        if (etag) tags.set(path, etag);
      } catch (error) {
        failed(`${poll.path}: ${(error as Error).message}`);
      }
    };
    const follow = async (poll: Poll) => {
      const everyMs = poll.everySeconds * 1000;
      const left = () => until - performance.now();
      await sleep(arrives + Math.random() * Math.min(everyMs, seconds * 1000));
      while (left() > 0) {
        await ask(poll);
        // As react-query does: the interval begins with the answer.
        await sleep(Math.max(0, Math.min(everyMs, left())));
      }
    };
    return Promise.all(polls.map(follow)).finally(() => agent.destroy());
  };

  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: browsers }, (_, browser) => open(browser)));
  const elapsedMs = performance.now() - opened;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();

  const all = [...took.values()].flat().sort((a, b) => a - b);
  const byPath = [...took]
    .map(([path, times]) => ({
      path,
      requests: times.length,
      p95: at(
        times.sort((a, b) => a - b),
        0.95,
      ),
    }))
    .sort((a, b) => b.p95 - a.p95);
  return {
    browsers,
    seconds: (elapsedMs - settledAfterMs) / 1000,
    requests: all.length,
    whole: { seconds: elapsedMs / 1000, requests: all.length + arrivals.length },
    ...totals,
    errorTexts: [...errorTexts],
    p50: at(all, 0.5),
    p95: at(all, 0.95),
    p99: at(all, 0.99),
    longest: all.at(-1) ?? 0,
    arrivalP95: at(
      arrivals.sort((a, b) => a - b),
      0.95,
    ),
    byPath,
    own: { cpuShare: (user + system) / 1000 / elapsedMs, latenessP99: Math.max(0, delay.percentile(99) / 1e6 - 10) },
  };
}

const at = (sorted: number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

type Get = { port: number; agent: Agent; path: string; headers: Record<string, string> };

/** Reads an answer to its end; a connection that was closed while nobody used it is replaced, as browsers do. */
function get(asked: Get): Promise<{ status: number; etag: string | undefined; length: number }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', ...asked }, (response: IncomingMessage) => {
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, etag: response.headers.etag, length }));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(get(asked));
      else reject(error);
    });
    sent.end();
  });
}
