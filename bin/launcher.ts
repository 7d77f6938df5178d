import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pools } from '@/demo/pools';
import { startDemo } from '@/demo/start';
import { guardedServer } from '@/lib/access/http';
import { keptSecret } from '@/lib/access/keys';
import { shortWay } from '@/lib/access/short-way';
import { type Config, type DemoAddresses, readConfig, type Target } from '@/lib/config';
import { setting } from '@/lib/config-early.mjs';
import { openToAll } from '@/lib/config-warnings';
import type { HistoryPlace } from '@/lib/history/place';
import { log } from '@/lib/metrics/log';
import { shared } from '@/lib/runtime';
import { addressOf, announcement } from './announce';
import { takeHangUps } from './hang-up';
import { HistoryServer } from './history-server';
import { LaunchError } from './launch-error';
import { listen } from './listen';
import { makeStateFolder, serverFolder } from './state-folder';
import { lockStateFolder } from './state-lock';
import { nobodyCanSignIn } from './users-at-start';
import { watchServers } from './watch-servers';

/** How the set-up starts the application: `root` is the clone, `dev` means hot reload. */
export type StartOptions = { root: string; dev: boolean; demo: boolean };

const drainMs = 2_000;
const stopMs = 4_700;

const say = (text = '') => process.stdout.write(`${text}\n`);
// The terminal may be gone before we are.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

/** Throws `ConfigError` where a setting is wrong: asked before anything is built. */
export function checkSettings({ demo }: Pick<StartOptions, 'demo'>): void {
  readConfig(process.env, demo ? placeholder : undefined);
}

/** Starts everything in this process: the demo where asked for, Next behind the guarded HTTP server, and the way down. */
export async function start({ root, dev, demo: wantsDemo }: StartOptions): Promise<void> {
  const startedAt = Date.now();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  Object.assign(process.env, {
    NODE_ENV: dev ? 'development' : 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    NEXT_MANUAL_SIG_HANDLE: 'true',
  });
  const down = new WayDown();
  const reloads = !wantsDemo && setting(process.env, 'PGDECK_CONFIG') !== undefined;
  const takesHangUps = takeHangUps({ reloads, leave: (why) => down.leave(why), say });
  try {
    // The settings are checked before anything is started; with the demo its addresses are known only afterwards.
    const settings = readConfig(process.env, wantsDemo ? placeholder : undefined);
    makeStateFolder(settings.stateDir);
    down.last(lockStateFolder(settings.stateDir, addressOf(settings)));
    // A key that cannot be kept is told now, not to the first who signs in.
    if (asksWho(settings) && settings.access.secret === undefined) keptSecret(settings.stateDir);
    const history = bringUpHistory(root, settings, down);
    const demo = wantsDemo ? await bringUpDemo(root, settings, down) : undefined;
    const config = demo ? readConfig(process.env, demo) : settings;
    shared().launcher = {
      version,
      startedAt,
      bind: { host: config.host, port: config.port },
      history,
      ...(demo && { demo }),
    };
    await serve(root, dev, config, down);
    for (const line of announcement(version, config)) say(line);
    const nobody = await nobodyCanSignIn(config);
    if (nobody !== undefined) say(nobody);
    if (config.access.mode === 'anonymous') repeat(openToAll);
    if (reloads) say(`PGDECK_CONFIG is read again at: kill -HUP ${process.pid}`);
    takesHangUps();
    down.add(watchServers(say));
  } catch (error) {
    await down.go();
    throw error;
  }
}

/** Whether there are sessions or frames to be sealed. */
function asksWho({ access }: Config): boolean {
  return access.embed !== undefined || (access.mode !== 'local' && access.mode !== 'anonymous');
}

/** Says something in the log now and each hour. */
function repeat(warning: string): void {
  log.warn(warning);
  setInterval(() => log.warn(warning), 3_600_000).unref();
}

const nowhere: Target = { host: '', port: 0, database: '', user: '', password: undefined, tls: { mode: 'disable' } };
const placeholder: DemoAddresses = { read: nowhere, action: nowhere };

async function bringUpDemo(root: string, { stateDir }: Config, down: WayDown): Promise<DemoAddresses> {
  const folder = serverFolder(stateDir, 'demo');
  if (!folder.startsWith(stateDir)) {
    say(`PostgreSQL runs as another user, who cannot enter ${stateDir}; the demo's data is in ${folder}.`);
  }
  say('Starting the demo (PostgreSQL 18 on a free port) …');
  const demo = await startDemo({ stateDir: folder, root, say });
  down.add(() => demo.stop());
  return { read: demo.read, action: demo.action, applications: pools };
}

/** Begins to bring up the history's own PostgreSQL, where there is to be one: the pages do not wait for it. */
function bringUpHistory(root: string, { stateDir, history }: Config, down: WayDown): HistoryPlace {
  if (history.kind !== 'embedded') return { kind: history.kind, target: history.url, notices: [] };
  const server = new HistoryServer({ stateDir, root, say });
  server.start();
  down.after(() => server.stop());
  return server.place;
}

async function serve(root: string, dev: boolean, config: Config, down: WayDown): Promise<void> {
  const { host, port, allowedHosts, access } = config;
  // Loaded only now: Next reads NODE_ENV when it is loaded.
  const { default: next } = await import('next');
  // Next listens for WebSockets (hot reload) on the server that it is given: here it only hears those that were let in.
  const upgrades = new EventEmitter();
  const httpServer = upgrades as unknown as HttpServer;
  const quiet = { quiet: !dev }; // an option of Next's own start that its types leave out
  const app = next({ dev, dir: root, hostname: host, port, httpServer, ...quiet });
  await app.prepare();
  await instrumented();
  down.add(stopSampling);
  const handle = app.getRequestHandler();
  const server = guardedServer(
    { allowedHosts, access, dev },
    // In development what was found is replaced when its source changes.
    dev ? (request, response) => void handle(request, response).catch(() => response.destroy()) : shortWay(handle),
    dev ? (request, socket, head) => void upgrades.emit('upgrade', request, socket, head) : undefined,
  );
  await listen(server, host, port);
  down.first(() => closeServer(server));
}

/** Next runs the instrumentation shortly after it is prepared (in development when that is compiled). */
async function instrumented(): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!shared().runner) {
    if (Date.now() > deadline) throw new LaunchError('The application did not start; the lines above say why.');
    await sleep(20);
  }
}

/** Lets answers that are being written finish for a while, then cuts what is left (event streams, hanging readers). */
function closeServer(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** What was sampled last is still written; what uses the history store is stopped before it is closed. */
async function stopSampling(): Promise<void> {
  const { keeper, auditCopies } = shared();
  auditCopies?.stop();
  await keeper?.stop();
  for (const { sampler, connections } of shared().servers?.values() ?? []) {
    sampler.stop();
    connections.close();
  }
  await shared().history?.stop();
}

type Stop = () => void | Promise<void>;

/** Everything that must be stopped, once, whoever asks: a signal, the end of npm, or a failed start. */
class WayDown {
  #first: Stop[] = [];
  #middle: Stop[] = [];
  #after: Stop[] = [];
  #last: Stop[] = [];
  #going: Promise<void> | undefined;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.leave(signal));
    // npm does not pass on every signal, and a SIGKILL never: when it is gone, so are we. Started directly we stay.
    if (process.env.npm_lifecycle_event !== undefined) {
      const parent = process.ppid;
      setInterval(() => {
        if (process.ppid !== parent) this.leave('npm ended');
      }, 500).unref();
    }
  }

  /** Before everything else: what lets people in. */
  first(stop: Stop): void {
    this.#first.push(stop);
  }

  add(stop: Stop): void {
    this.#middle.push(stop);
  }

  /** When nobody reads and nothing is sampled any more. */
  after(stop: Stop): void {
    this.#after.push(stop);
  }

  /** When nothing runs any more. */
  last(stop: Stop): void {
    this.#last.push(stop);
  }

  go(): Promise<void> {
    this.#going ??= this.#run();
    return this.#going;
  }

  async #run(): Promise<void> {
    // The demo's server needs as long as it needs to write its data; readers are let go at the same time.
    await settled([...this.#first, ...this.#middle]);
    await settled(this.#after);
    await settled(this.#last);
  }

  /** Ends the process in order; once. */
  leave(why: string): void {
    if (this.#going) return;
    say(`\nStopping (${why}) …`);
    const late = setTimeout(() => {
      for (const stop of this.#last) stop();
      process.exit(0); // the embedded servers' death pipes end what is left
    }, stopMs);
    this.go().finally(() => {
      clearTimeout(late);
      process.exit(0);
    });
  }
}

async function settled(stops: Stop[]): Promise<void> {
  const results = await Promise.allSettled(stops.map(async (stop) => stop()));
  for (const result of results) if (result.status === 'rejected') console.error(result.reason);
}
