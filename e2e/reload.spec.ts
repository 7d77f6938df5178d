import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import pg from 'pg';
import type { AuditEntry } from '@/lib/actions/protocol';
import { freePort } from '@/lib/embedded/ports';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { Asker, until } from './fixtures/ask';
import { type App, removeFolder, startApp } from './fixtures/stack';

test.describe.configure({ mode: 'serial', timeout: 240_000 });

const root = resolve(import.meta.dirname, '..');
let folder: string;
let file: string;
let postgres: Embedded;
let admin: pg.Client;
let app: App | undefined;

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-reload-'));
  chmodSync(folder, 0o755);
  file = join(folder, 'pgdeck.config.json');
  postgres = await startEmbedded({
    major: 18,
    dataDir: join(folder, 'data'),
    temporary: true,
    superuserPassword: 'super',
    settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements' },
  });
  admin = new pg.Client({ ...login, user: postgres.superuser, password: 'super', port: postgres.port });
  await admin.connect();
  await admin.query("create role reader login password 'hidden-word' in role pg_monitor");
  await admin.query('create extension pg_stat_statements');
  await admin.query('create database books');
});
test.afterAll(async () => {
  await app?.stop();
  await admin?.end();
  await postgres?.stop();
  removeFolder(folder);
});

const login = { host: '127.0.0.1', database: 'postgres', application_name: 'test' };
const server = (id: string, database: string, more: object = {}) => ({
  ...{ id, name: `Server ${id}` },
  url: `postgres://reader:hidden-word@127.0.0.1:${postgres.port}/${database}`,
  ...more,
});
const write = (...servers: object[]) => writeFileSync(file, JSON.stringify({ servers }, null, 2), { mode: 0o600 });
const backends = async (database: string): Promise<number[]> => {
  const { rows } = await admin.query<{ pid: number }>(
    "select pid from pg_stat_activity where application_name = 'pgdeck' and datname = $1",
    [database],
  );
  return rows.map(({ pid }) => pid);
};

test('SIGHUP adds, changes and removes servers under open pages, and a wrong file changes nothing', async ({
  page,
}) => {
  write(server('shop', 'postgres'));
  app = await startApp(folder, { PGDECK_CONFIG: file, PGDECK_HISTORY: 'off' });
  const { pid, url, output } = app;
  const ask = new Asker(url, 'shop');
  await until('shop answers', async () => (await ask.state()) === 'ok', 30_000);
  await expect.poll(output).toContain(`PGDECK_CONFIG is read again at: kill -HUP ${pid}`);
  const warm = await backends('postgres');
  expect(warm.length).toBeGreaterThan(0);

  await page.goto(`${url}/shop/overview`);
  await page.getByRole('button', { name: /Server shop/ }).click();
  const others = page.getByRole('navigation', { name: 'Other servers' });
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(others).toHaveCount(0);

  // Somebody reads all the time, and whatever happens is answered.
  const failed: unknown[] = [];
  let reading = true;
  const paths = ['/api/servers', '/api/servers/shop/sessions', '/api/session', '/shop/sessions'];
  const look = async (path: string) => {
    const { status, text } = await ask.get(path).catch((error) => ({ status: 0, text: String(error) }));
    return { isAnswered: status === 200 && !text.includes('"unavailable"'), said: [path, status, text.slice(0, 200)] };
  };
  for (const path of paths) await until(`${path} is answered`, async () => (await look(path)).isAnswered, 30_000);
  const readers = paths.map(async (path) => {
    while (reading) {
      const { isAnswered, said } = await look(path);
      if (!isAnswered) failed.push(said);
      await sleep(20);
    }
  });
  const hangUp = () => process.kill(pid, 'SIGHUP');
  const ids = async () => (await ask.get('/api/servers')).body.servers.map(({ id }: { id: string }) => id);

  for (let turn = 0; turn < 10; turn++) {
    write(server('shop', 'postgres', { tags: [`t${turn}`] }));
    hangUp();
    await until('it was read', async () => (await ask.summary()).tags[0] === `t${turn}`, 20_000);
  }
  write(server('shop', 'postgres', { tags: ['eu'] }), server('books', 'books'));
  hangUp();
  await until('books is watched', async () => (await backends('books')).length > 0, 30_000);
  await expect(others.getByText('Server books')).toBeVisible({ timeout: 20_000 });
  await page.keyboard.press('Escape');

  writeFileSync(file, '{ "servers": [ { "id": "shop", "url": "hidden-word"');
  hangUp();
  const banner = page.getByText('The file of PGDECK_CONFIG was not taken.');
  await expect(banner).toBeVisible({ timeout: 30_000 });
  const { configuration } = (await ask.get('/api/health/ready')).body;
  expect(configuration.refused.problems).toEqual([
    'line 1, column 52: The file ends here, and the { of line 1 is not closed.',
  ]);
  expect(await ids()).toEqual(['shop', 'books']);

  write(server('shop', 'postgres', { tags: ['eu'] }));
  hangUp();
  await until('books is left', async () => (await backends('books')).length === 0, 30_000);
  await expect(banner).toBeHidden({ timeout: 30_000 });
  expect(await ids()).toEqual(['shop']);
  reading = false;
  await Promise.all(readers);
  expect(failed).toEqual([]);
  expect(await backends('postgres')).toEqual(expect.arrayContaining(warm));

  const { entries } = (await ask.get('/api/audit?limit=100')).body as { entries: AuditEntry[] };
  const told = entries.map(({ event, server: of, message }) => `${event} ${of ?? ''}: ${message}`);
  expect(told).toContain('config_reloaded books: Added in PGDECK_CONFIG.');
  expect(told).toContain('config_reloaded books: Removed from PGDECK_CONFIG.');
  expect(told.filter((line) => line.startsWith('config_refused'))).toHaveLength(1);
  expect(entries.filter(({ event }) => event.startsWith('config_')).every(({ user }) => user?.name === 'SIGHUP')).toBe(
    true,
  );
  await expect.poll(output).toContain('PGDECK_CONFIG was read again. Added: books.');
  await expect.poll(output).toContain('Server books: not watched any more.');
  expect(JSON.stringify(entries) + output()).not.toContain('hidden-word');
});

test('the description of the file is served to editors, by who is signed in or not', async () => {
  const { status, text } = await new Asker(app?.url ?? '').get('/pgdeck.config.schema.json');
  expect(status).toBe(200);
  expect(text).toBe(readFileSync(join(root, 'public', 'pgdeck.config.schema.json'), 'utf8'));
});

/** Starts pgdeck in a terminal of its own, which is closed when `script` ends; its exit code is written to a file. */
function inTerminal(env: Record<string, string>, ended: string): { terminal: ChildProcess; said(): string } {
  // The shell outlives its terminal, so that somebody sees how pgdeck ended.
  const command = `trap '' HUP; '${process.execPath}' '${join(root, 'bin', 'pgdeck.mjs')}' start; echo $? > '${ended}'`;
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(PG|DATABASE_URL$|PORT$|NODE_ENV$|npm_)/.test(name)),
  );
  const terminal = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
    cwd: root,
    env: { ...inherited, PGDECK_HISTORY: 'off', ...env } as unknown as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  terminal.stdout?.on('data', (chunk) => {
    text += chunk;
  });
  return { terminal, said: () => text };
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test('in a terminal SIGHUP reads the file as well, and closing the terminal ends pgdeck', async () => {
  write(server('shop', 'postgres'));
  const env = {
    PGDECK_CONFIG: file,
    PGDECK_PORT: String(await freePort()),
    PGDECK_STATE_DIR: join(folder, 'terminal'),
  };
  const ended = join(folder, 'ended');
  const { terminal, said } = inTerminal(env, ended);
  const numberOf = () => Number(/kill -HUP (\d+)/.exec(said())?.[1] ?? 0);
  try {
    await until('it serves', () => numberOf() > 0, 120_000);
    const pid = numberOf();
    write(server('shop', 'postgres', { tags: ['eu'] }));
    process.kill(pid, 'SIGHUP');
    await until('it was read', () => said().includes('PGDECK_CONFIG was read again. Changed: shop (tags).'), 20_000);
    terminal.kill('SIGKILL');
    await until('it ended', () => !isAlive(pid), 20_000);
    await until('its exit code is known', () => existsSync(ended) && readFileSync(ended, 'utf8') !== '', 10_000);
    expect(readFileSync(ended, 'utf8')).toBe('0\n');
  } finally {
    terminal.kill('SIGKILL');
    if (numberOf() > 0 && isAlive(numberOf())) process.kill(numberOf(), 'SIGKILL');
  }
});

test('without a file there is nothing to read, and SIGHUP ends pgdeck', async () => {
  const { url } = server('shop', 'postgres');
  const own = await startApp(join(folder, 'none'), { DATABASE_URL: url, PGDECK_HISTORY: 'off' });
  process.kill(own.pid, 'SIGHUP');
  await until('it ended', () => own.output().includes('Stopping (SIGHUP)') && !isAlive(own.pid), 20_000);
});
