import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EmbeddedOptions } from './options';
import { isAlive, parentOf, readPidFile } from './pidfile';
import { type Embedded, startEmbedded } from './server';

const superuserPassword = 'only-for-this-test';
let folder: string;
let running: Embedded[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-embedded-'));
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  const dataDir = join(folder, 'data');
  const server = await startEmbedded({ major: 18, dataDir, superuserPassword, settings: { fsync: 'off' }, ...options });
  running.push(server);
  return server;
}

async function ask(server: Embedded, sql: string, password = superuserPassword): Promise<unknown> {
  const client = new pg.Client({
    host: server.host,
    port: server.port,
    user: 'postgres',
    database: 'postgres',
    password,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

async function until(true_: () => boolean, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!true_()) {
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await sleep(50);
  }
}

test.each([14, 15, 16, 17, 18])(
  'PostgreSQL %i starts with its settings, asks for the password, and is gone after stop',
  async (major) => {
    const server = await start({ major, settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements' } });
    expect(server.initialised).toBe(true);
    expect(Number(await ask(server, 'show server_version_num')) / 10000).toBeCloseTo(major, 0);
    expect(await ask(server, 'show shared_preload_libraries')).toBe('pg_stat_statements');
    await expect(ask(server, 'select 1', 'wrong')).rejects.toMatchObject({ code: '28P01' });
    const { pid } = server;
    await server.stop();
    expect(pid && isAlive(pid)).toBe(false);
    expect(existsSync(join(server.dataDir, 'postmaster.pid'))).toBe(false);
  },
);

test('a restart keeps data and port; the next start finds the data', async () => {
  const first = await start();
  await ask(first, 'create table kept as select 42 as answer');
  const { port } = first;
  await first.restart();
  expect(first.port).toBe(port);
  expect(await ask(first, 'select answer from kept')).toBe(42);
  await first.stop();
  const temporary = await start({ dataDir: join(folder, 'temporary'), temporary: true });
  await temporary.restart();
  expect(await ask(temporary, 'select 1')).toBe(1);
  await temporary.stop();
  expect(existsSync(temporary.dataDir)).toBe(false);
  const second = await start();
  expect(second.initialised).toBe(false);
  expect(await ask(second, 'select answer from kept')).toBe(42);
});

test('a server that was killed comes back on its port', async () => {
  const changes: string[] = [];
  const server = await start({ onChange: (change) => changes.push(change) });
  const { pid, port } = server;
  process.kill(pid as number, 'SIGKILL');
  await until(() => changes.some((change) => change.includes('up again')));
  expect(server.port).toBe(port);
  expect(await ask(server, 'select 1')).toBe(1);
});

test('a taken port is named; a second server on the same data is refused and the first one lives on', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  await expect(start({ port })).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`);
  taken.close();
  const first = await start();
  await expect(start()).rejects.toThrow('already running');
  expect(await ask(first, 'select 1')).toBe(1);
});

test('data of another major version is refused, and so is a folder with something else in it', async () => {
  const server = await start();
  await server.stop();
  writeFileSync(join(server.dataDir, 'PG_VERSION'), '13\n');
  await expect(start()).rejects.toThrow('holds data of PostgreSQL 13');
  writeFileSync(join(folder, 'something'), '');
  await expect(start({ dataDir: folder })).rejects.toThrow('not empty');
});

test('a pidfile whose pid now belongs to another program does not stop the start', async () => {
  const first = await start();
  const file = readFileSync(join(first.dataDir, 'postmaster.pid'), 'utf8');
  await first.stop();
  // The same user as the server's, which PostgreSQL by itself would take for a living postmaster.
  const stranger = spawn('sleep', ['60'], process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {});
  try {
    writeFileSync(join(first.dataDir, 'postmaster.pid'), file.replace(/^\d+/, String(stranger.pid)));
    const second = await start();
    expect(await ask(second, 'select 1')).toBe(1);
    expect(isAlive(stranger.pid as number)).toBe(true);
  } finally {
    stranger.kill();
  }
});

test('a server that lost its supervisor is taken over and still ends with us', async () => {
  const changes: string[] = [];
  const server = await start({ onChange: (change) => changes.push(change) });
  const { pid, port } = server;
  const shell = parentOf(pid as number)?.pid as number;
  const watcher = execFileSync('ps', ['-o', 'pid=,comm=', '--ppid', String(shell)], { encoding: 'utf8' });
  for (const line of watcher.trim().split('\n'))
    if (line.trim().endsWith('sh')) process.kill(Number.parseInt(line, 10), 'SIGKILL');
  process.kill(shell, 'SIGKILL');
  await until(() => changes.some((change) => change.includes('up again')));
  expect(server.adopted).toBe(true);
  expect([server.pid, server.port]).toEqual([pid, port]);
  expect(await ask(server, 'select 1')).toBe(1);
  await server.stop();
  expect(isAlive(pid as number)).toBe(false);
});

test('after a kill -9 of its process the server and its temporary data are gone', async () => {
  const dataDir = join(tmpdir(), `pgdeck-killed-${process.pid}`);
  const script = join(folder, 'parent.mjs');
  await build({
    stdin: {
      contents: `import { startEmbedded } from './server';
        const server = await startEmbedded({ major: 18, dataDir: process.argv[2], superuserPassword: 'x', temporary: true, settings: { fsync: 'off' } });
        console.log('up'); setInterval(() => server, 1000);`,
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: script,
  });
  const parent = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => parent.stdout.once('data', resolve));
  const pid = readPidFile(dataDir)?.pid as number;
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid) && !existsSync(join(dataDir, 'PG_VERSION')));
  rmSync(dataDir, { recursive: true, force: true });
});
