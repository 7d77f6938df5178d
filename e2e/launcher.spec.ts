import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { freePort } from '@/lib/embedded/ports';
import { Asker, until } from './fixtures/ask';
import { removeFolder } from './fixtures/stack';

test.describe.configure({ timeout: 300_000 });

const root = resolve(import.meta.dirname, '..');
let folder: string;
const started: ChildProcess[] = [];

test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-launcher-'));
  chmodSync(folder, 0o755);
});
test.afterAll(async () => {
  for (const child of started) if (child.exitCode === null) child.kill('SIGKILL');
  await until('nothing of it runs', () => processesIn(folder).length === 0, 12_000).catch(() => {});
  removeFolder(folder);
});

type Run = { child: ChildProcess; said(): string; ended: Promise<number | null> };

function launch(env: Record<string, string>, clone = root): Run {
  return run([join(clone, 'bin', 'pgdeck.mjs'), 'start'], env, clone);
}

function run(words: string[], env: Record<string, string | undefined>, cwd = root): Run {
  const foreign = /^(PG|DATABASE_URL$|PORT$|NODE_ENV$|NODE_OPTIONS$|npm_)/;
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  const child = spawn(process.execPath, words, {
    cwd,
    env: { ...inherited, ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      text += chunk;
    });
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  return { child, said: () => text, ended };
}

/** Processes that work in a folder, or were started with it or with something in it. */
function processesIn(place: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => {
      if (!Number.isInteger(pid) || pid < 2 || pid === process.pid) return false;
      try {
        if (readlinkSync(`/proc/${pid}/cwd`).startsWith(place)) return true;
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place);
      } catch {
        return false;
      }
    });
}

const state = (name: string) => join(folder, name);

test('what cannot work is refused in plain words before anything is installed or built', async () => {
  // A clone as it is before its first start, with nothing but the set-up's own files.
  const clone = join(folder, 'clone');
  mkdirSync(clone);
  for (const path of ['bin', 'lib/config-early.mjs', 'package.json', 'package-lock.json'])
    cpSync(join(root, path), join(clone, path), { recursive: true });
  const taken = createServer();
  await new Promise<void>((ready) => taken.listen(0, '127.0.0.1', ready));
  const takenPort = String((taken.address() as { port: number }).port);
  const port = String(await freePort());
  const cases: [Record<string, string>, RegExp][] = [
    [{ PGDECK_HOST: '0.0.0.0' }, /Refusing to listen on 0\.0\.0\.0 without authentication/],
    [{ PGDECK_HOST: '::' }, /Refusing to listen on ::/],
    [{ PGDECK_HOST: '192.0.2.7' }, /Refusing to listen on 192\.0\.2\.7/],
    [{ PGDECK_PORT: takenPort }, /is taken by another program.*PGDECK_PORT=/s],
    [{ PGDECK_PORT: 'http' }, /PGDECK_PORT: a port is a whole number/],
    [{ DATABASE_URL: 'host=db password=hidden-word' }, /DATABASE_URL: a keyword string/],
    [{ DATABASE_URL: 'mysql://app:hidden-word@db/shop' }, /must begin with postgres:\/\//],
    [{ DATABASE_URL: 'postgres://app:hidden-word#x@db/shop' }, /percent-encoded/],
    [{ PGDECK_ACTION_URL: 'nonsense' }, /PGDECK_ACTION_URL: this is not a URL/],
    [{ PGDECK_PORT: 'http', PGDECK_BASE_PATH: '../x' }, /PGDECK_PORT: a port .*\nPGDECK_BASE_PATH: a path/],
  ];
  for (const [env, reason] of cases) {
    const { said, ended } = launch({ PGDECK_PORT: port, PGDECK_STATE_DIR: state('refused'), ...env }, clone);
    expect(await ended, said()).toBe(1);
    expect(said()).toMatch(reason);
    expect(said()).not.toMatch(/hidden-word|\n\s+at /);
  }
  taken.close();
  for (const made of ['node_modules', 'dist', '.next']) expect(existsSync(join(clone, made)), made).toBe(false);
  expect(existsSync(state('refused'))).toBe(false);
});

test('T25: what would let anybody in, or would not work, ends the start with the line that mends it', async () => {
  const port = String(await freePort());
  const proxy = { PGDECK_AUTH: 'proxy', PGDECK_VIEWER_GROUPS: '*' };
  const hidden = 'hidden-word';
  const cases: [Record<string, string>, RegExp][] = [
    [{ PGDECK_HOST: '0.0.0.0', PGDECK_AUTH: 'password' }, /PGDECK_PUBLIC_URL: say under which address/],
    [{ PGDECK_AUTH: 'password', PGDECK_PUBLIC_URL: 'http://deck.example' }, /or accept it with PGDECK_INSECURE_HTTP=1/],
    [proxy, /anybody could send the header with the name\. Set PGDECK_PROXY_SECRET/],
    [{ ...proxy, PGDECK_PROXY_SECRET: hidden }, /PGDECK_PROXY_SECRET: at least 32 bytes\. Make one: openssl/],
    [{ PGDECK_SECRET: `change-me-${hidden}-change-me-change-me` }, /PGDECK_SECRET: this looks like a placeholder/],
    [{ PGDECK_AUTH: 'embed' }, /name the portals in PGDECK_EMBED_ORIGINS/],
    [{ PGDECK_PUBLIC_URL: 'https://deck.example' }, /nobody signs in\. Set PGDECK_AUTH=/],
    [{ PGDECK_BASE_PATH: '../x' }, /PGDECK_BASE_PATH: a path such as/],
    [{ PGDECK_PORT: 'http', PGDECK_POOL_MAX: 'x' }, /PGDECK_PORT: a port .*\nPGDECK_POOL_MAX: a whole number/],
  ];
  for (const [env, reason] of cases) {
    const { said, ended } = launch({ PGDECK_PORT: port, PGDECK_STATE_DIR: state('open'), DATABASE_URL: '', ...env });
    expect(await ended, said()).toBe(1);
    expect(said()).toMatch(reason);
    expect(said()).not.toMatch(/hidden-word|\n\s+at /);
  }
  expect(existsSync(state('open'))).toBe(false);
});

test('T25: Next started without the launcher ends, for nothing would guard its port', async () => {
  const next = join(root, 'node_modules', 'next', 'dist', 'bin', 'next');
  for (const env of [{}, { PGDECK_HOST: '127.0.0.1', PGDECK_AUTH: 'password' }]) {
    const { said, ended } = run([next, 'start', '-p', String(await freePort())], env);
    expect(await ended, said()).toBe(1);
    expect(said()).toContain('pgdeck is started by its launcher, which guards the port: run npm start.');
  }
});

test('the demo: one for each state folder, ended whole by a signal, by a kill -9 too, and back with its data', async () => {
  const port = await freePort();
  const demo = { PGDECK_PORT: String(port), PGDECK_STATE_DIR: state('demo') };
  const ask = new Asker(`http://127.0.0.1:${port}`, 'demo');
  const up = async (run: Run) => {
    await until(
      'the demo answers',
      async () => {
        if (run.child.exitCode !== null) throw new Error(run.said());
        return (await ask.state()) === 'ok' && (await ask.topic('sessions')).status === 'ok';
      },
      120_000,
    );
    return ask.topic('sessions');
  };
  const first = launch(demo);
  expect((await up(first)).status).toBe('ok');
  expect(first.said()).toMatch(/is running: http:\/\/127\.0\.0\.1:/);
  expect(first.said()).toMatch(/The demo: 127\.0\.0\.1:\d+, database shop, role pgdeck_read/);

  const second = launch({ ...demo, PGDECK_PORT: String(await freePort()) });
  expect(await second.ended, second.said()).toBe(1);
  expect(second.said()).toMatch(/Another pgdeck \(process \d+, http:\/\/127\.0\.0\.1:\d+\) uses the state folder/);

  // The cluster's identifier is the first thing that its control file says.
  const control = join(state('demo'), 'demo', 'pgdata-18', 'global', 'pg_control');
  const identifier = () => readFileSync(control).readBigUInt64LE(0);
  const before = identifier();
  first.child.kill('SIGKILL');
  await first.ended;
  await until('nothing of it is left', () => processesIn(folder).length === 0, 20_000);

  const third = launch(demo);
  expect((await up(third)).status).toBe('ok');
  expect(identifier()).toBe(before);
  expect(third.said()).not.toMatch(/made anew/);
  const asked = performance.now();
  third.child.kill('SIGTERM');
  expect(await third.ended).toBe(0);
  expect(performance.now() - asked).toBeLessThan(5500);
  expect(third.said()).not.toContain('calling end on the pool');
  await until('nothing of it is left', () => processesIn(folder).length === 0, 5000);
});

test('Ctrl-C ends it within 5 s while readers hang on it and the server does not answer', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((ready) => silent.listen(0, '127.0.0.1', ready));
  const { port: nowhere } = silent.address() as { port: number };
  const port = await freePort();
  const run = launch({
    PGDECK_PORT: String(port),
    PGDECK_STATE_DIR: state('hanging'),
    DATABASE_URL: `postgres://a:b@127.0.0.1:${nowhere}/c`,
  });
  const ask = new Asker(`http://127.0.0.1:${port}`);
  await until('it serves', async () => (await ask.get('/api/health')).status === 200, 120_000);
  const hanging = ['sessions', 'locks', 'connections'].map((id) => ask.topic(id).catch(() => undefined));
  await sleep(300);
  const asked = performance.now();
  run.child.kill('SIGINT');
  expect(await run.ended).toBe(0);
  expect(performance.now() - asked).toBeLessThan(5500);
  await Promise.all(hanging);
  expect(run.said()).not.toMatch(/\n\s+at /);
  silent.close();
});
