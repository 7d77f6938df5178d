import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type BrowserContext, expect, type Page, test } from '@playwright/test';
import pg from 'pg';
import type { AuditEntry, Run } from '@/lib/actions/protocol';
import { Asker, type Got, topicIds, until } from './fixtures/ask';
import { type Stack, startStack } from './fixtures/stack';

test.describe.configure({ mode: 'serial', timeout: 180_000 });

/** Stand in statements that run or ran, as values alone: nobody below may find them anywhere. */
const literal = 'Quokka4711';
/** Stands in the action of an admin. */
const ofAction = 'Numbat4711';
const password = 'Wombat4711';
const secret = randomBytes(32).toString('hex');

/** What the proxy says of somebody. */
const headersOf = (name: string) => ({ 'x-forwarded-user': name, 'x-pgdeck-proxy-secret': secret });

class Person extends Asker {
  constructor(
    url: string,
    readonly name: string,
  ) {
    super(url);
  }
  override get(path: string): Promise<Got> {
    return super.get(path, headersOf(this.name));
  }
  override post(path: string, body: unknown): Promise<Got> {
    return super.post(path, body, headersOf(this.name));
  }
}

let stack: Stack;
let [vera, otto, ada] = [] as unknown as [Person, Person, Person];
const clients: pg.Client[] = [];

/** A session as the shop's server knows it, in a transaction that stays open where it is begun. */
async function session(...statements: string[]): Promise<{ pid: number; client: pg.Client }> {
  const client = new pg.Client({ ...stack.admin, application_name: 'planted' });
  client.on('error', () => {});
  await client.connect();
  clients.push(client);
  const { rows } = await client.query('select pg_backend_pid() as pid');
  for (const statement of statements) await client.query(statement);
  return { pid: rows[0].pid, client };
}

let planted: { idle: number; waits: number; role: number; failed: string };

test.beforeAll(async () => {
  test.setTimeout(300_000);
  stack = await startStack({
    env: {
      PGDECK_AUTH: 'proxy',
      PGDECK_PROXY_SECRET: secret,
      PGDECK_VIEWER_GROUPS: 'user:vera',
      PGDECK_OPERATOR_GROUPS: 'user:otto',
      PGDECK_ADMIN_GROUPS: 'user:ada',
      PGDECK_ACTIONS: 'all',
      PGDECK_LOG_LEVEL: 'debug',
      // What is kept has its values, too: what is told of the past must be masked like what is now.
      PGDECK_HISTORY_LITERALS: 'on',
    },
  });
  [vera, otto, ada] = [new Person(stack.url, 'vera'), new Person(stack.url, 'otto'), new Person(stack.url, 'ada')];
  const setUp = await session(
    'create table public.planted (id int primary key, note text)',
    `insert into public.planted values (1, '${literal}')`,
    'create table public.unfit (note text)',
    'alter table public.unfit owner to pgdeck_action',
    `insert into public.unfit values ('${literal}')`,
    'select pg_stat_statements_reset()',
    // A utility statement stands with its values in pg_stat_statements.
    `comment on table public.planted is '${literal}'`,
    `create role planted_role password '${password}'`,
  );
  const idle = await session('begin', `update public.planted set note = '${literal}' where note = '${literal}'`);
  const waits = await session();
  waits.client.query(`update public.planted set note = '${literal}' || id`).catch(() => {});
  const builds = await session();
  builds.client
    .query(`create index concurrently planted_note on public.planted (id) where note <> '${literal}'`)
    .catch(() => {});
  const role = await session('begin', `alter role planted_role password '${password}'`);
  const runs = await session();
  runs.client.query(`select pg_sleep(600), '${literal}' /* ${literal} */`).catch(() => {});
  planted = { idle: idle.pid, waits: waits.pid, role: role.pid, failed: '' };
  const { rows } = await setUp.client.query("select 'public.unfit'::regclass::oid::int as oid");
  planted.failed = await failingRun(rows[0].oid);
});

test.afterAll(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => {})));
  await stack?.stop();
});

/** A run of which PostgreSQL says a value of a row, with a value of its own in its SQL. */
async function failingRun(oid: number): Promise<string> {
  await until('the server is watched', async () => (await ada.state()) === 'ok', 30_000);
  const previewed = await ada.post('/api/servers/default/actions/preview', {
    action: 'create-index',
    target: { kind: 'relation', database: stack.admin.database, oid },
    options: { columns: [{ expression: 'note::pg_catalog.int4' }], where: `note <> '${ofAction}'` },
  });
  expect(previewed.status, previewed.text).toBe(200);
  const executed = await ada.execute(previewed.body.previewId);
  expect(executed.status, executed.text).toBeLessThan(300);
  const { runId } = executed.body as Run;
  await until('the run failed', async () => (await ada.get(`/api/runs/${runId}`)).body.status === 'failed', 60_000);
  return runId;
}

const now = () => Math.floor(Date.now() / 1000);
const server = '/api/servers/default';
const loadBys = ['class', 'wait', 'statement', 'user', 'application', 'client', 'database'];

/** What is asked of each route that reads; a new one without a line here fails the walk. */
const walk: Record<string, () => Promise<string[]> | string[]> = {
  '/api/:path': () => ['/api/nothing'],
  '/api/actions': () => ['/api/actions'],
  '/api/audit': () => ['/api/audit', `/api/audit?search=${literal}`, '/api/audit?fleet=1', '/api/audit?event=preview'],
  '/api/audit/export': () => ['/api/audit/export', '/api/audit/export?format=csv'],
  '/api/health': () => ['/api/health'],
  '/api/health/cache': () => ['/api/health/cache', '/api/health/cache?prefix=default:'],
  '/api/health/db': () => ['/api/health/db'],
  '/api/health/db/test': () => ['/api/health/db/test', '/api/health/db/test?server=default'],
  '/api/health/ready': () => ['/api/health/ready'],
  '/api/history': () => ['/api/history'],
  '/api/oidc/callback': () => ['/api/oidc/callback'],
  '/api/oidc/start': () => ['/api/oidc/start'],
  '/api/openapi.json': () => ['/api/openapi.json'],
  '/api/performance/database': () => ['/api/performance/database', '/api/performance/database?server=default'],
  '/api/runs': () => ['/api/runs', '/api/runs?server=default'],
  '/api/runs/:run': () => [`/api/runs/${planted.failed}`],
  '/api/servers': () => ['/api/servers'],
  '/api/servers/:server/:topic': () =>
    topicIds.flatMap((id) => [
      `${server}/${id}`,
      `${server}/${id}?at=${now() - 5}`,
      `${server}/${id}?describe=1`,
      ...(id === 'slow-queries' ? [`${server}/${id}?min_mean_ms=0&limit=200`] : []),
    ]),
  '/api/servers/:server/actions/choices': () => [
    `${server}/actions/choices?kind=relation&search=${literal}`,
    `${server}/actions/choices?kind=relation`,
  ],
  '/api/servers/:server/actions/index-form': () => [`${server}/actions/index-form?database=shop&oid=16384`],
  '/api/servers/:server/changes': () => [`${server}/changes`],
  '/api/servers/:server/compare': () =>
    ['slow-queries', 'tables', 'load'].map(
      (topic) => `${server}/compare?topic=${topic}&a=${now() - 600},${now() - 60}&b=${now() - 120},${now()}`,
    ),
  '/api/servers/:server/cost': () => [`${server}/cost`],
  '/api/servers/:server/definition': async () => {
    const { body } = await ada.get(`${server}/table?schema=public&table=planted`);
    const [index] = body.table.indexes as { oid: number }[];
    return [`${server}/definition?kind=index&oid=${index?.oid}`, `${server}/definition?kind=view&oid=16384`];
  },
  '/api/servers/:server/findings': () => [`${server}/findings`, `${server}/findings?at=${now() - 5}`],
  '/api/servers/:server/moments': () => [`${server}/moments`, `${server}/moments?at=${now()}`],
  '/api/servers/:server/rights': () => [`${server}/rights`],
  '/api/servers/:server/schedules': () => [`${server}/schedules`],
  '/api/servers/:server/series': () => [`${server}/series`],
  '/api/servers/:server/series/:series': async () => {
    const { body } = await ada.get(`${server}/series`);
    const ids: string[] = body.series.map(({ id }: { id: string }) => id);
    const [row] = (await ada.get(`${server}/slow-queries?min_mean_ms=0`)).body.rows;
    return [
      ...ids.map((id) => `${server}/series/${id}?database=shop&oid=16384&sid=${row?.sid ?? 1}`),
      ...loadBys.flatMap((by) => [`${server}/series/load?by=${by}`, `${server}/series/load?by=${by}&format=csv`]),
    ];
  },
  '/api/servers/:server/settings': () => [`${server}/settings`],
  '/api/servers/:server/table': () => [`${server}/table?schema=public&table=planted`],
  '/api/servers/:server/top': () => loadBys.map((by) => `${server}/top?by=${by}`),
  '/api/session': () => ['/api/session'],
  '/metrics': () => ['/metrics'],
};

const root = resolve(import.meta.dirname, '..');
const below = (folder: string) => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });

/** Every route that answers GET, as its folders name it. */
function readRoutes(): string[] {
  return below('app')
    .filter((file) => file.endsWith('route.ts'))
    .filter((file) =>
      /^export const (GET = route\(|\{ GET, .* = nowhere\()/m.test(readFileSync(join(root, 'app', file), 'utf8')),
    )
    .map((file) => `/${file.replace(/\/?route\.ts$/, '')}`)
    .map((path) => path.replace(/\[\[\.\.\.(\w+)\]\]|\[(\w+)\]/g, (_, rest, one) => `:${rest ?? one}`));
}

/** The addresses of every page of a server. */
function pagePaths(): string[] {
  return below('app/(deck)/[server]')
    .filter((file) => file.endsWith('page.tsx'))
    .map((file) => `/default/${file.replace(/\/page\.tsx$/, '')}`);
}

const isPlanted = (text: string) => [literal, ofAction, password].filter((each) => text.includes(each));

/** Waits until what was planted is known wherever it can be. */
async function known(): Promise<void> {
  const plain = async (path: string, holds: RegExp) => {
    const { text } = await ada.get(path);
    return holds.test(text);
  };
  await until('the sessions are known', () => plain(`${server}/sessions`, /pg_sleep/), 90_000);
  await until('the chain is known', () => plain(`${server}/locks`, /update public.planted/), 90_000);
  await until('the build is known', () => plain(`${server}/progress`, /planted_note/), 90_000);
  const statements = `${server}/slow-queries?min_mean_ms=0&limit=200`;
  await until('the utility statement is known', () => plain(statements, /comment on table/), 90_000);
  await until('a moment is kept', () => plain(`${server}/sessions?at=${now() - 2}`, /pg_sleep/), 120_000);
}

// T16: fails with `shownAnswer` taken out of readTopic() (lib/read.ts), `shownWords` or `shownLabels` out of lib/read-history.ts,
// or `maskStatement` out of shownTo() (lib/runner/shown-to.ts).
test('T16: no value of a statement is in any answer or page for a viewer, an operator, or an admin who reveals nothing', async () => {
  test.setTimeout(600_000);
  await known();
  const routes = readRoutes();
  expect(routes.filter((route) => !(route in walk))).toEqual([]);
  const paths = [...(await Promise.all(routes.map((route) => walk[route]?.() ?? []))).flat(), ...pagePaths()];
  expect(paths.length).toBeGreaterThan(100);
  const answered = new Set<string>();
  for (const person of [vera, otto, ada])
    for (const path of paths) {
      const { status, text } = await person.get(path);
      expect(status, `${person.name}: ${path}`).not.toBe(500);
      if (status === 200) answered.add(path);
      // What an admin did themself is theirs to read; it is no statement that was watched.
      const found = isPlanted(text).filter((each) => !(each === ofAction && person === ada) && each !== ofAction);
      const ofAdmin = person === vera && text.includes(ofAction) ? [ofAction] : [];
      expect([...found, ...ofAdmin], `${person.name}: ${path}: ${text.slice(0, 300)}`).toEqual([]);
    }
  for (const path of [`${server}/sessions`, `${server}/locks`, `${server}/top?by=statement`])
    expect(answered).toContain(path);
});

test('T16: masked texts keep their shape, so that they are still of use', async () => {
  const query = async (topic: string, pid: number) =>
    (await vera.get(`${server}/${topic}`)).body.rows.find((row: { pid: number }) => row.pid === pid)?.query;
  expect(await query('sessions', planted.idle)).toBe('update public.planted set note = ? where note = ?');
  expect(await query('locks', planted.waits)).toBe('update public.planted set note = ? || id');
  expect(await query('sessions', planted.role)).toBe('alter role planted_role password ?');
});

test('T16: of a run that failed over a row nobody is told the row, and a viewer no value of its SQL', async () => {
  for (const person of [vera, otto, ada]) {
    const { body, text } = await person.get(`/api/runs/${planted.failed}`);
    expect(body).toMatchObject({ status: 'failed', sqlstate: '22P02' });
    expect(text).not.toContain(literal);
  }
  expect((await vera.get(`/api/runs/${planted.failed}`)).body.sql.join()).toContain('note <> ?');
});

async function keyOf(pid: number): Promise<{ pid: number; backend_start_us: string }> {
  const { rows } = (await ada.get(`${server}/sessions`)).body;
  const { backend_start_us } = rows.find((row: { pid: number }) => row.pid === pid);
  return { pid, backend_start_us };
}

// T16: fails where `audit.write` stands behind the answer, and where `requireReveal` is taken out of the route.
test('T16: a text is revealed to an admin alone, and that is written down without its values', async () => {
  const key = await keyOf(planted.idle);
  const asked = { topic: 'sessions', key, column: 'query' };
  for (const person of [vera, otto]) {
    const { status, text } = await person.post(`${server}/reveal`, asked);
    expect(status).toBe(403);
    expect(isPlanted(text)).toEqual([]);
  }
  const { status, body } = await ada.post(`${server}/reveal`, asked);
  expect(status).toBe(200);
  expect(body).toEqual({ text: `update public.planted set note = '${literal}' where note = '${literal}'` });
  const audit = (await ada.get('/api/audit?event=text_revealed')).body.entries as AuditEntry[];
  expect(audit).toHaveLength(1);
  expect(audit[0]).toMatchObject({
    user: { name: 'ada' },
    server: 'default',
    target: { topic: 'sessions', key, name: 'update public.planted set note = ? where note = ?' },
    textSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(isPlanted(JSON.stringify(audit))).toEqual([]);
  expect((await ada.post(`${server}/reveal`, { ...asked, key: { ...key, pid: 1 } })).status).toBe(404);
  expect((await ada.post(`${server}/reveal`, { ...asked, key: { pid: 1 } })).status).toBe(400);
  expect((await ada.post(`${server}/reveal`, { ...asked, column: 'usename' })).status).toBe(400);
});

// T16: fails without `withoutPasswords` in lib/sampler/question.ts and in revealed() (lib/access/query-text.ts).
test('T16: the password of a role is revealed to nobody', async () => {
  const asked = { topic: 'sessions', key: await keyOf(planted.role), column: 'query' };
  const { body } = await ada.post(`${server}/reveal`, asked);
  expect(body).toEqual({ text: "alter role planted_role password '…'" });
  const { rows } = (await ada.get(`${server}/slow-queries?min_mean_ms=0&limit=200`)).body;
  const created = rows.find(({ query }: { query: string | null }) => query?.startsWith('create role planted_role'));
  const { queryid, userid, dbid, toplevel } = created;
  const key = { queryid, userid, dbid, toplevel };
  const revealed = await ada.post(`${server}/reveal`, { topic: 'slow-queries', key, column: 'query' });
  expect(revealed.text).not.toContain(password);
});

test('T16: who makes a preview or looks at DDL is told who stands in the way without values', async () => {
  const { body } = await ada.post(`${server}/ddl`, {
    database: 'shop',
    sql: 'alter table public.planted add more int',
  });
  expect(JSON.stringify(body)).toContain('update public.planted set note = ?');
  expect(isPlanted(JSON.stringify(body))).toEqual([]);
});

test('T17: the log and the audit of pgdeck have none of it', async () => {
  const folder = join(stack.folder, 'state', 'audit');
  const audit = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  for (const text of [stack.output(), audit.join('')]) {
    expect(text).toContain('text_revealed');
    expect([literal, password].filter((each) => text.includes(each))).toEqual([]);
  }
});

async function pageOf(browser: { newContext(options: object): Promise<BrowserContext> }, name: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: stack.url, extraHTTPHeaders: headersOf(name) });
  return context.newPage();
}

test('a viewer is told that values are masked, and searches masked texts alone', async ({ browser }) => {
  const page = await pageOf(browser, 'vera');
  await page.goto(`/default/sessions?filter=${literal}`);
  await expect(page.getByText(/No session/).first()).toBeVisible();
  await page.goto(`/default/sessions?session=${planted.idle}`);
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('update public.planted set note = ? where note = ?');
  await expect(dialog).toContainText('Values are masked for your role.');
  await expect(dialog.getByRole('button', { name: 'Reveal values' })).toHaveCount(0);
  expect(isPlanted(await page.content())).toEqual([]);
  await page.context().close();
});

test('an admin reveals a statement on its page, hides it again, and finds that in the audit', async ({ browser }) => {
  const page = await pageOf(browser, 'ada');
  await page.goto(`/default/locks`);
  const line = page.locator(`tr[data-pid="${planted.waits}"]`);
  await expect(line).toContainText('update public.planted set note = ? || id');
  await line.getByRole('button', { name: /^Actions/ }).click();
  await page.getByRole('menuitem', { name: 'Reveal values…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('It is written down who sees them.');
  await dialog.getByRole('button', { name: 'Reveal values' }).click();
  await expect(dialog).toContainText(`set note = '${literal}' || id`);
  await dialog.getByRole('button', { name: 'Hide values' }).click();
  await expect(dialog).not.toContainText(literal);
  await page.goto('/default/audit');
  await expect(page.getByRole('table').first()).toContainText('Reveal the values of a statement');
  expect(isPlanted(await page.content()).filter((each) => each !== ofAction)).toEqual([]);
  await page.context().close();
});
