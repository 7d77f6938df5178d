import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import pg from 'pg';
import { Asker, type Got, until } from './fixtures/ask';
import { type App, removeFolder, type Stack, startApp } from './fixtures/stack';
import { test as base, expect } from './fixtures/test';

const secret = 'Vw4mQ8zT2kY6rB1xN9sL3hJ7dF5gC0pA';

/** What a proxy says of somebody who signed in. */
const said = (name: string, groups = name) => ({
  'x-pgdeck-proxy-secret': secret,
  'x-forwarded-user': name,
  'x-forwarded-groups': groups,
});

const people = { ann: said('ann', 'staff,dba'), sam: said('sam', 'staff'), vic: said('vic', 'readers') };

/**
 * A pgdeck with two servers (one PostgreSQL under two names): of `desk` ann is admin, sam admin of its database shop, and
 * vic sees the database books; of `vault` only ann knows.
 */
const test = base.extend<object, { deck: App }>({
  deck: [
    async ({ stack }, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'pgdeck-limits-'));
      await makeBooks(stack);
      const address = (user: string) => {
        const { password, host, port, database } = stack.login(user);
        return `postgres://${user}:${password}@${host}:${port}/${database}`;
      };
      const server = { url: address('pgdeck_read'), actionUrl: address('pgdeck_action'), environment: 'test' };
      const shop = {
        ...{ id: 'desk', name: 'Shop', ...server },
        access: [
          { who: ['dba'], role: 'admin' },
          { who: ['user:sam'], role: 'admin', databases: ['shop'] },
          { who: ['readers'], role: 'viewer', databases: ['books'] },
        ],
      };
      const vault = { ...{ id: 'vault', name: 'Vault', ...server }, access: [{ who: ['dba'], role: 'admin' }] };
      const file = join(folder, 'pgdeck.config.json');
      writeFileSync(file, JSON.stringify({ servers: [vault, shop] }), { mode: 0o600 });
      const app = await startApp(folder, {
        PGDECK_CONFIG: file,
        PGDECK_AUTH: 'proxy',
        PGDECK_PROXY_SECRET: secret,
        PGDECK_PROXY_GROUPS_HEADER: 'X-Forwarded-Groups',
        PGDECK_ADMIN_GROUPS: '*',
        PGDECK_ACTIONS: 'all',
      });
      const ask = new Asker(app.url, 'desk');
      for (const [database, person] of [
        ['shop', people.sam],
        ['books', people.vic],
      ] as const)
        await until(
          `the tables of ${database} are known`,
          async () => (await ask.get(`/api/servers/desk/tables?database=${database}`, person)).body.status === 'ok',
          150_000,
        );
      await use(app);
      await app.stop();
      removeFolder(folder);
    },
    { scope: 'worker', timeout: 400_000 },
  ],
  baseURL: async ({ deck }, use) => use(deck.url),
});

async function makeBooks({ admin }: Stack): Promise<void> {
  const run = async (database: string, ...statements: string[]) => {
    const client = new pg.Client({ ...admin, database });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  await run('shop', 'create database books');
  await run('books', 'create table public.novels as select n as id from generate_series(1, 100) as n');
}

const asker = (deck: App, name: keyof typeof people) => {
  const ask = new Asker(deck.url, 'desk');
  return {
    get: (path: string) => ask.get(path, people[name]),
    post: (path: string, body: unknown) => ask.post(path, body, people[name]),
  };
};
/** What tells two answers apart, without the name that was asked for. */
const wordsOf = ({ status, body }: Got, name: string) => ({
  status,
  code: body.error?.code,
  field: body.error?.field,
  message: body.error?.message.replaceAll(name, '…'),
});
const open = async (page: Page, name: keyof typeof people, path: string) => {
  await page.setExtraHTTPHeaders(people[name]);
  return page.goto(path);
};

// Fails when a handler asks past `serverFor()`.
test('T12: a server that one may not know of answers like one that is not there, wherever it is asked', async ({
  deck,
}) => {
  const { get, post } = asker(deck, 'sam');
  expect((await get('/api/servers')).body.servers.map(({ id }: { id: string }) => id)).toEqual(['desk']);
  const of = (id: string) => [
    get(`/api/servers/${id}/sessions`),
    get(`/api/servers/${id}/nothing`),
    get(`/api/servers/${id}/findings`),
    get(`/api/servers/${id}/series`),
    get(`/api/servers/${id}/series/load`),
    get(`/api/servers/${id}/top`),
    get(`/api/servers/${id}/changes`),
    get(`/api/servers/${id}/cost`),
    get(`/api/servers/${id}/rights`),
    get(`/api/servers/${id}/schedules`),
    get(`/api/servers/${id}/actions/choices?kind=relation`),
    get(`/api/health/db/test?server=${id}`),
    get(`/api/runs?server=${id}`),
    get(`/api/audit?server=${id}`),
    post(`/api/servers/${id}/actions/preview`, { action: 'checkpoint', target: { kind: 'server' } }),
    post(`/api/servers/${id}/actions/execute`, { previewId: 'x', idempotencyKey: 'y' }),
    post(`/api/servers/${id}/ddl`, { database: 'shop', sql: 'select 1' }),
    post('/api/annotations', { title: 'x', server: id }),
  ];
  const [hidden, missing] = await Promise.all([Promise.all(of('vault')), Promise.all(of('never'))]);
  expect(hidden.map((each) => wordsOf(each, 'vault'))).toEqual(missing.map((each) => wordsOf(each, 'never')));
  for (const { status } of hidden.slice(0, 12)) expect(status).toBe(404);
  expect((await get('/api/health/ready')).text + (await get('/api/history')).text).not.toContain('vault');
});

// Fails when `visibleAnswer()`, `databaseFor()` or `requireDatabase()` lets all through.
test('T12: who may see one database gets what belongs to it, and no word of the others', async ({
  deck,
  connect,
  stack,
}) => {
  test.slow();
  const here = await connect('app_shop', 'in-the-shop');
  await connect({ ...stack.admin, database: 'books' }, 'in-the-books');
  await here.query('select 1');
  const sam = asker(deck, 'sam');
  const vic = asker(deck, 'vic');
  const names = async ({ get }: typeof sam) =>
    ((await get('/api/servers/desk/sessions')).body.rows ?? []).map(
      (row: { application_name: string }) => row.application_name,
    );
  // A server that is slow to answer is asked less often.
  await expect
    .poll(async () => (await names(asker(deck, 'ann'))).sort(), { timeout: 90_000 })
    .toEqual(expect.arrayContaining(['in-the-books', 'in-the-shop']));
  expect(await names(sam)).toContain('in-the-shop');
  expect(await names(vic)).toContain('in-the-books');
  for (const [{ get }, own, other, application] of [
    [sam, 'shop', 'books', 'in-the-books'],
    [vic, 'books', 'shop', 'in-the-shop'],
  ] as const) {
    expect((await get('/api/servers')).body.servers[0]).toMatchObject({ databases: [own] });
    for (const topic of ['sessions', 'connections', 'locks', 'databases', 'slow-queries']) {
      const { status, body, text } = await get(`/api/servers/desk/${topic}`);
      expect([topic, status]).toEqual([topic, 200]);
      for (const row of body.rows ?? []) expect(row.datname).toBe(own);
      expect(text).not.toContain(application);
    }
    for (const topic of ['wal', 'replication', 'configuration', 'server', 'pools', 'application-pools'])
      expect([topic, (await get(`/api/servers/desk/${topic}`)).status]).toEqual([topic, 403]);
    expect((await get('/api/servers/desk/tables')).body).toMatchObject({ database: own });
    for (const path of [
      'tables?database=…',
      'index-usage?database=…',
      'series/table?oid=1&database=…',
      'series/database?database=…',
    ])
      expect(wordsOf(await get(`/api/servers/desk/${path.replace('…', other)}`), other), path).toEqual(
        wordsOf(await get(`/api/servers/desk/${path.replace('…', 'never')}`), 'never'),
      );
    for (const path of ['series/connections', 'compare?a=1,2&b=3,4', 'cost'])
      expect([path, (await get(`/api/servers/desk/${path}`)).status]).toEqual([path, 403]);
    const findings = await get('/api/servers/desk/findings');
    expect(findings.body).toMatchObject({ of: [own] });
    expect(findings.text).not.toContain(`"database":"${other}"`);
  }
});

test('T12: an action on what one may not see is refused as on what is not there, and runs of it are not told', async ({
  deck,
}) => {
  const ann = asker(deck, 'ann');
  const sam = asker(deck, 'sam');
  const novels = (await ann.get('/api/servers/desk/tables?database=books')).body.rows[0].relid;
  const preview = ({ post }: typeof sam, database: string) =>
    post('/api/servers/desk/actions/preview', {
      action: 'analyze',
      target: { kind: 'relation', database, oid: novels },
    });
  expect(wordsOf(await preview(sam, 'books'), 'books')).toEqual(wordsOf(await preview(sam, 'never'), 'never'));
  const shown = await preview(ann, 'books');
  expect(shown.status).toBe(200);
  const idempotencyKey = crypto.randomUUID();
  const execute = { previewId: shown.body.previewId, idempotencyKey };
  expect((await sam.post('/api/servers/desk/actions/execute', execute)).status).toBe(410);
  const run = await ann.post('/api/servers/desk/actions/execute', execute);
  expect(run.body).toMatchObject({ user: 'ann', databases: ['books'] });
  const path = `/api/runs/${run.body.runId}`;
  expect((await ann.get(path)).status).toBe(200);
  expect(wordsOf(await sam.get(path), run.body.runId)).toEqual(wordsOf(await sam.get('/api/runs/never'), 'never'));
  expect(wordsOf(await sam.post(`${path}/cancel`, {}), run.body.runId)).toMatchObject({ status: 404 });
  for (const list of ['/api/runs', '/api/audit', '/api/audit/export', '/api/servers/desk/changes'])
    expect((await sam.get(list)).text, list).not.toContain('novels');
  expect((await ann.get('/api/audit')).text).toContain('novels');
  const checkpoint = { action: 'checkpoint', target: { kind: 'server' } };
  expect((await sam.post('/api/servers/desk/actions/preview', checkpoint)).body.error).toMatchObject({
    code: 'forbidden',
    message: 'This needs the role admin; sam is not allowed there.',
  });
  await expect
    .poll(async () => (await ann.get('/api/audit?event=denied&server=desk')).body.entries)
    .toMatchObject([{ user: { name: 'sam', mode: 'proxy' }, action: 'checkpoint', status: 403 }]);
});

test('pages show what may be seen and say so; a server that may not be known is no page, and not in its list', async ({
  page,
  deck,
}) => {
  test.slow();
  await open(page, 'sam', '/');
  await expect(page).toHaveURL(`${deck.url}/desk/overview`);
  await expect(page.getByText('of what you may see: shop')).toBeVisible();
  await expect(page.getByText('Vault')).toHaveCount(0);
  await open(page, 'sam', '/desk/tables');
  await expect(page.getByRole('table', { name: 'Tables', exact: true })).toContainText('order_items');
  await open(page, 'vic', '/desk/tables');
  await expect(page.getByRole('table', { name: 'Tables', exact: true })).toContainText('novels');
  await open(page, 'vic', '/desk/load');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const response = await open(page, 'sam', '/vault/overview');
  expect(response?.status()).toBe(404);
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Overview of Shop' })).toBeVisible();
  expect(await page.content()).not.toMatch(/Vault/);
});
