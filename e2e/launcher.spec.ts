import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { freePort } from '@/lib/embedded/ports';

// Each makes a demo of its own, which takes a while where other tests run beside it.
test.describe.configure({ timeout: 150_000 });

const root = resolve(import.meta.dirname, '..');

type Started = { child: ChildProcess; url: string; port: number; output(): string; ended: Promise<number | null> };

let stateDir: string;
const started: Started[] = [];

test.beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgdeck-launcher-'));
});
test.afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  await expect.poll(leftovers, { timeout: 12_000 }).toEqual([]);
  rmSync(stateDir, { recursive: true, force: true });
});

/** Processes of ours that work in this test's folder, or are the workload of a launcher of this test. */
function leftovers(): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(stateDir));
}

async function launch(env: Record<string, string> = {}, through: 'npm' | 'node' = 'node'): Promise<Started> {
  const port = Number(env.PGDECK_PORT ?? (await freePort()));
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PG|DATABASE_URL$|PORT$|NODE_ENV$|npm_)/.test(name)),
  );
  const all = {
    ...clean,
    PGDECK_PORT: String(port),
    PGDECK_STATE_DIR: stateDir,
    ...env,
  } as unknown as NodeJS.ProcessEnv;
  const options = { cwd: root, env: all, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
  const child =
    through === 'npm'
      ? spawn('npm', ['start'], options)
      : spawn(process.execPath, ['bin/pgdeck.mjs', 'start'], options);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const one = { child, port, url: `http://127.0.0.1:${port}`, output: () => said, ended };
  started.push(one);
  return one;
}

const isUp = ({ url }: Started) =>
  fetch(`${url}/api/health`).then(
    (response) => response.ok,
    () => false,
  );
const up = (one: Started) => expect.poll(() => isUp(one), { timeout: 60_000 }).toBe(true);

test('the demo: one command, its address in the terminal, no password; SIGTERM ends everything within 5 s', async () => {
  const one = await launch();
  await up(one);
  await expect.poll(one.output, { timeout: 10_000 }).toContain('connected, PostgreSQL 18');
  expect(one.output()).toContain(`is running: ${one.url}`);
  expect(one.output()).toContain('database shop, role pgdeck_read, actions as pgdeck_action');
  const { superuser, logins } = JSON.parse(readFileSync(join(stateDir, 'demo', 'passwords.json'), 'utf8'));
  for (const password of [superuser, ...Object.values(logins)]) expect(one.output()).not.toContain(password as string);
  const since = Date.now();
  one.child.kill('SIGTERM');
  expect(await one.ended).toBe(0);
  expect(Date.now() - since).toBeLessThan(5_000);
  expect(leftovers()).toEqual([]);
});

test('a second pgdeck on the state folder is refused; after a kill -9 nothing is left and the next start works', async () => {
  const one = await launch();
  await up(one);
  const two = await launch();
  expect(await two.ended).toBe(1);
  expect(two.output()).toContain(`Another pgdeck (process ${one.child.pid}, ${one.url}) uses the state folder`);
  expect(await isUp(one)).toBe(true);
  one.child.kill('SIGKILL');
  await one.ended;
  await expect.poll(leftovers, { timeout: 10_000 }).toEqual([]);
  const three = await launch();
  await up(three);
});

test('npm start: when npm is killed, so is pgdeck', async () => {
  const one = await launch({}, 'npm');
  await up(one);
  one.child.kill('SIGKILL');
  await expect.poll(() => isUp(one), { timeout: 8_000 }).toBe(false);
  await expect.poll(leftovers, { timeout: 8_000 }).toEqual([]);
});

test('an open page and an open connection do not hold up the end', async () => {
  const one = await launch();
  await up(one);
  const socket = (await import('node:net')).connect(one.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /api/health HTTP/1.1\r\nHost: 127.0.0.1');
  await sleep(200);
  const since = Date.now();
  one.child.kill('SIGINT');
  expect(await one.ended).toBe(0);
  expect(Date.now() - since).toBeLessThan(5_000);
  socket.destroy();
});

test('a taken port, a public address and a bad URL are refused in words, with an exit code', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const refused = async (env: Record<string, string>, words: string) => {
    const one = await launch(env);
    expect(await one.ended).toBe(1);
    expect(one.output()).toContain(words);
    expect(one.output()).not.toContain('    at ');
  };
  await refused({ PGDECK_PORT: String(port) }, `Port ${port} on 127.0.0.1 is taken`);
  taken.close();
  await refused({ PGDECK_HOST: '0.0.0.0' }, 'Refusing to listen on 0.0.0.0 without authentication');
  await refused({ DATABASE_URL: 'host=db password=secret-word' }, 'a keyword string (host=… user=…) is not read');
  await refused({ PGDECK_CONFIG: '/no/such/file' }, 'PGDECK_CONFIG: the file /no/such/file cannot be read');
});

test('a server that cannot be reached is said in the terminal, and pgdeck runs all the same', async () => {
  const nobody = await freePort();
  const one = await launch({ DATABASE_URL: `postgres://someone:secret-word@127.0.0.1:${nobody}/shop` });
  await up(one);
  await expect.poll(one.output, { timeout: 10_000 }).toContain('Nothing listens at the address of the server.');
  expect(one.output()).toContain(`127.0.0.1:${nobody}, database shop, role someone`);
  expect(one.output()).not.toContain('secret-word');
});
