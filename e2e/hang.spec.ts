import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import pg from 'pg';
import { pages } from '@/components/shell/pages';
import type { Answer, Partial } from '@/lib/topics/topic';
import { Asker, type Got, serverTopicIds, until } from './fixtures/ask';
import { Machine } from './fixtures/machine';
import { type App, type Stack, startApp, startStack } from './fixtures/stack';

test.describe.configure({ timeout: 180_000 });

let stack: Stack;
let ask: Asker;
let machine: Machine;
const holders: pg.Client[] = [];

/** What a topic's answer and a page's first byte may take here, beside what the machine is late. */
const topicMs = 4500 + 700;
const firstByteMs = 1000 + 2000;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  stack = await startStack();
  ask = new Asker(stack.url);
  // Somebody has looked before the trouble begins.
  machine = new Machine(ask);
  for (const id of serverTopicIds)
    await until(`${id} is read`, async () => (await ask.topic(id)).status === 'ok', 30_000);
  for (const { slug } of pages) await ask.get(`/default/${slug}`);
});
test.afterEach(async () => {
  await Promise.all(holders.splice(0).map((client) => client.end().catch(() => {})));
  await sleep(300);
});
test.afterAll(async () => {
  machine?.stop();
  await stack?.stop();
});

async function session(): Promise<{ client: pg.Client; pid: number }> {
  const client = new pg.Client({ ...stack.admin, application_name: 'holder' });
  client.on('error', () => {});
  await client.connect();
  holders.push(client);
  const { rows } = await client.query('select pg_backend_pid() as pid');
  return { client, pid: rows[0].pid };
}

/** Whether an answer tells of a moment or later: who asks anew is given what is known after 2 s. */
const isSince = (moment: number, { body }: Got) => body.status !== 'ok' || Date.parse(body.sampledAt) >= moment;

/** Asks every topic anew, all at once as open pages would; each must answer in time. */
async function readAll(): Promise<Record<string, Answer>> {
  const answers: Record<string, Answer> = {};
  const begun = Date.now();
  await Promise.all(
    serverTopicIds.map(async (id) => {
      let got = await ask.get(`/api/servers/default/${id}?fresh=1`);
      // By force each is asked once in five seconds.
      while (got.status === 429 || (!isSince(begun, got) && Date.now() - begun < 30_000)) {
        await sleep(500);
        got = await ask.get(`/api/servers/default/${id}${got.status === 429 ? '?fresh=1' : ''}`);
      }
      const { status, body, text, ms, at } = got;
      expect(status, `${id}: ${text}`).toBe(200);
      expect(ms - machine.slowMs(at, topicMs), id).toBeLessThan(topicMs);
      answers[id] = body;
    }),
  );
  return answers;
}

/** Opens every page; its first byte must come in time, with something of PostgreSQL in it. */
async function openAll(): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const { slug } of pages) {
    const started = performance.now();
    const response = await fetch(`${stack.url}/default/${slug}`);
    const firstByte = performance.now() - started;
    texts[slug] = await response.text();
    expect(response.status, slug).toBe(200);
    expect(firstByte - machine.slowMs(started, firstByteMs), slug).toBeLessThan(firstByteMs);
  }
  return texts;
}

const partialOf = (answer: Answer | undefined): Partial[] => (answer?.status === 'ok' && answer.partial) || [];
const rowsOf = (answer: Answer | undefined) => (answer?.status === 'ok' ? answer.rows : (answer?.last?.rows ?? []));

function expectTableNamed(answers: Record<string, Answer>, pid: number): void {
  for (const [id, answer] of Object.entries(answers))
    expect(answer.status, `${id}: ${answer.status === 'unavailable' ? answer.hint : ''}`).toBe('ok');
  for (const id of ['tables', 'index-usage'])
    expect(partialOf(answers[id]), id).toContainEqual(
      expect.objectContaining({ reason: 'locked', object: 'public.products', blockedBy: [pid] }),
    );
  // The rest is shown, and of the locked one what can be known.
  const tables = rowsOf(answers.tables);
  expect(tables.find(({ relname }) => relname === 'customers')).toMatchObject({ size_exact: true, locked_by: [] });
  expect(tables.find(({ relname }) => relname === 'products')).toMatchObject({ locked_by: [pid] });
}

test('ACCESS EXCLUSIVE held on a table: named with its holder on the page, the rest shown', async ({ page }) => {
  const { client, pid } = await session();
  await client.query('begin; lock table products in access exclusive mode');
  expectTableNamed(await readAll(), pid);
  await openAll();
  await page.goto(`${stack.url}/default/tables`);
  await expect(page.getByText(new RegExp(`products.*${pid}`)).first()).toBeVisible();
  await expect(page.getByText('customers').first()).toBeVisible();
});

test('ACCESS EXCLUSIVE merely queued behind a reader', async ({ page }) => {
  const reader = await session();
  await reader.client.query('begin; select count(*) from products');
  const { client, pid } = await session();
  client.query('alter table products add column more int').catch(() => {});
  const queued = () => reader.client.query('select from pg_locks where not granted and pid = $1', [pid]);
  await until('it is queued', async () => (await queued()).rowCount === 1, 10_000);
  const answers = await readAll();
  expectTableNamed(answers, pid);
  expect(rowsOf(answers.locks)).toContainEqual(expect.objectContaining({ pid, parent_pid: reader.pid }));
  await openAll();
  await page.goto(`${stack.url}/default/locks`);
  await expect(page.getByText(String(reader.pid)).first()).toBeVisible();
  await expect(page.getByText(String(pid)).first()).toBeVisible();
  await client.end();
});

test('DROP TABLE in an open transaction', async () => {
  const { client, pid } = await session();
  await client.query('begin; drop table products cascade');
  expectTableNamed(await readAll(), pid);
  await openAll();
});

for (const catalog of ['pg_class', 'pg_database', 'pg_authid'])
  test(`${catalog} locked: what cannot be read says so with the holder, and comes back`, async ({ page }) => {
    const { client, pid } = await session();
    // Whoever has looked at an action before has a connection for it; so has everyone once a session waits for a lock.
    await ask.action('terminate', { kind: 'backend', pid, backend_start_us: '1' });
    await client.query(`begin; lock table pg_catalog.${catalog} in access exclusive mode`);
    const answers = await readAll();
    for (const [id, answer] of Object.entries(answers)) {
      if (answer.status === 'ok') continue;
      expect(answer, id).toMatchObject({ reason: 'locked', hint: expect.stringContaining(`pg_catalog.${catalog}`) });
      expect(answer.hint, id).toContain(String(pid));
      expect(answer.last?.rows.length, id).toBeGreaterThan(0);
    }
    for (const id of ['sessions', 'connections', 'locks', 'slow-queries']) expect(answers[id]?.status, id).toBe('ok');
    await openAll();
    await page.goto(`${stack.url}/default/sessions`);
    await expect(page.getByText(String(pid)).first()).toBeVisible();
    // The way out is not shut.
    const holder = rowsOf(answers.sessions).find((row) => row.pid === pid);
    const target = { kind: 'backend', pid, backend_start_us: holder?.backend_start_us };
    const started = performance.now();
    const preview = await ask.action('terminate', target);
    expect(performance.now() - started - machine.slowMs(started, 5000)).toBeLessThan(5000);
    expect(preview.status, preview.text).toBe(200);
    await client.query('rollback');
    await until(
      'all is well again',
      async () => (await Promise.all(serverTopicIds.map((id) => ask.topic(id)))).every(({ status }) => status === 'ok'),
      // What has failed three times is asked again after 15 s, and then all that waited at once.
      15_000 + topicMs,
      machine,
    );
  });

test('pgdeck started while pg_authid is locked says so, and recovers when it is free', async () => {
  const { client } = await session();
  await client.query('begin; lock table pg_catalog.pg_authid in access exclusive mode');
  const { user, password, host, port, database } = stack.login('pgdeck_read');
  let app: App | undefined;
  let own: Machine | undefined;
  try {
    const started = performance.now();
    app = await startApp(stack.folder, {
      DATABASE_URL: `postgres://${user}:${password}@${host}:${port}/${database}`,
      PGDECK_STATE_DIR: `${stack.folder}/late`,
    });
    const late = new Asker(app.url);
    own = new Machine(late);
    const first = await late.get('/api/servers/default/sessions');
    expect(performance.now() - started).toBeLessThan(120_000);
    expect(first.status).toBe(200);
    expect(first.ms - own.slowMs(first.at, topicMs)).toBeLessThan(topicMs);
    expect(first.body).toMatchObject({ status: 'unavailable' });
    await late.get('/default/sessions'); // the first page of a process takes the time to load its code
    const page = await late.get('/default/sessions');
    expect(page.status).toBe(200);
    expect(page.ms - own.slowMs(page.at, firstByteMs)).toBeLessThan(firstByteMs);
    await until('the terminal says it', () => /does not answer/.test(app?.output() ?? ''), 8000, own);
    expect((await late.summary()).problem?.sentence).toMatch(/does not answer/);
    // One attempt in flight, though each lives on in the server: they do not pile up.
    const { rows } = await client.query(
      "select count(*)::int as n from pg_stat_get_activity(null) where backend_type = 'client backend' and usesysid is null",
    );
    expect(rows[0].n).toBeLessThan(10);
    await client.query('rollback');
    await until('it is connected', async () => (await late.state()) === 'ok', 9000, own);
    await until('sessions are read', async () => (await late.topic('sessions')).status === 'ok', topicMs, own);
  } finally {
    own?.stop();
    await app?.stop();
  }
});
