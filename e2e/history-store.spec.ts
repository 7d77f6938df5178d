import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { readPidFile } from '@/lib/embedded/pidfile';
import type { HistoryStatus } from '@/lib/history/answers';
import { Asker, until } from './fixtures/ask';
import { type App, type Stack, startApp, startStack } from './fixtures/stack';

test.describe.configure({ timeout: 240_000 });

/** Its own pgdeck keeps no history; others on the same server do. */
let stack: Stack;
let app: App | undefined;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  stack = await startStack({ env: { PGDECK_HISTORY: 'off' } });
});
test.afterEach(async () => {
  await app?.stop();
  app = undefined;
});
test.afterAll(() => stack?.stop());

/** A folder of its own for the state of a pgdeck, which PostgreSQL's user can enter. */
function newFolder(): string {
  const folder = mkdtempSync(join(stack.folder, 'other-'));
  chmodSync(folder, 0o755);
  return folder;
}

async function start(folder: string): Promise<Asker> {
  const { user, password, host, port, database } = stack.login('pgdeck_read');
  app = await startApp(folder, { DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/${database}` });
  return new Asker(app.url);
}

const status = async (ask: Asker): Promise<HistoryStatus> => (await ask.get('/api/history')).body;
const isOn = (ask: Asker) =>
  until(
    'the history is on',
    async () => {
      expect(await status(ask)).toMatchObject({ state: 'on' });
      return true;
    },
    60_000,
  );

async function liveGoesOn(ask: Asker): Promise<void> {
  await until('the server is watched', async () => (await ask.state()) === 'ok', 10_000);
  await until('sessions are read', async () => (await ask.topic('sessions')).status === 'ok', 10_000);
  expect((await ask.get('/default/sessions')).status).toBe(200);
  const points = async () => (await ask.get('/api/servers/default/series/connections')).body.points;
  await until('charts have points', async () => (await points()).length > 0, 30_000);
}

test('PGDECK_HISTORY=off: no second PostgreSQL, and everything else', async () => {
  const ask = new Asker(stack.url);
  const { state, kind, reason } = await status(ask);
  expect([state, kind]).toEqual(['off', 'off']);
  expect(reason).toMatch(/PGDECK_HISTORY/);
  await liveGoesOn(ask);
  expect(existsSync(join(stack.folder, 'state', 'history'))).toBe(false);
});

test('a corrupt store is moved aside and told while the pages work; one that was killed comes back', async () => {
  const folder = newFolder();
  const history = join(folder, 'state', 'history');
  const data = join(history, 'pgdata-18');
  const first = await start(folder);
  await isOn(first);
  expect(await status(first)).toMatchObject({ kind: 'embedded', reason: null, engine: 'plain', notices: [] });
  // An end may fall between two looks at the store, a second apart: it is ended again until one met it.
  let killed: number | undefined;
  const isTold = async () => {
    if ((await status(first)).state === 'failing') return true;
    const store = readPidFile(data);
    if (store?.status !== 'ready' || store.pid === killed) return false;
    process.kill(store.pid, 'SIGKILL');
    killed = store.pid;
    return false;
  };
  await until('its end is told', isTold, 30_000);
  await liveGoesOn(first);
  await isOn(first);
  await app?.stop();

  truncateSync(join(data, 'global', 'pg_control'), 0);
  const second = await start(folder);
  await liveGoesOn(second);
  await isOn(second);
  const moved = readdirSync(history).filter((name) => name.startsWith('pgdata-18.corrupt-'));
  expect(moved).toHaveLength(1);
  const { notices } = await status(second);
  expect(notices.map(({ text }) => text).join('\n')).toContain(`It was moved to PGDECK_STATE_DIR/history/${moved[0]}`);
  await until('the terminal says it', () => app?.output().includes('a new history begins'), 5000);
});

test.describe('a disk that is full', () => {
  const canMount = process.getuid?.() === 0 && process.platform === 'linux';
  test.skip(!canMount, 'a small disk can only be mounted by root on Linux');

  test('turns the history off with a reason, live pages go on, and it comes back when there is room', async () => {
    const folder = newFolder();
    const history = join(folder, 'state', 'history');
    mkdirSync(history, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=755', 'tmpfs', history]);
    try {
      const ask = await start(folder);
      const isFull = (reason: RegExp) => async () => {
        const { state, reason: said } = await status(ask);
        return state === 'failing' && reason.test(said ?? '');
      };
      await until('it is off', isFull(/the disk that holds the history below \S+ is full\. Make room/), 60_000);
      await liveGoesOn(ask);
      execFileSync('mount', ['-o', 'remount,size=200m', history]);
      await isOn(ask);

      fill(join(history, 'filler'));
      const mark = (title: string) =>
        ask.post('/api/annotations', { title, detail: { noise: randomBytes(1500).toString('hex') } });
      await until(
        'a write finds no room',
        async () => {
          for (let i = 0; i < 10; i++) expect((await mark(`mark ${i}`)).status).toBe(201);
          return (await status(ask)).state === 'failing';
        },
        30_000,
      );
      await until('it says why', isFull(/disk .*is full.*[Mm]ake room/), 5000);
      await liveGoesOn(ask);
      rmSync(join(history, 'filler'));
      await isOn(ask);
      // On a busy machine the first write after the outage may still meet the end of it.
      const stored = async () => ((await mark('room again')).body as { stored?: boolean }).stored === true;
      await until('a mark is stored again', stored, 20_000);
      await app?.stop();
    } finally {
      execFileSync('umount', ['-l', history]);
    }
  });
});

function fill(file: string): void {
  const handle = openSync(file, 'w');
  for (const bytes of [1_048_576, 4_096]) {
    const chunk = Buffer.alloc(bytes);
    try {
      while (writeSync(handle, chunk) === bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(handle);
}
