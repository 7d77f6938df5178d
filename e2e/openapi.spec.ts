import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { hashPassword } from '@/lib/access/password/hash';
import { auditEntry } from '@/lib/actions/protocol';
import type { AnyContract } from '@/lib/api/contract';
import { contracts } from '@/lib/api/index';
import { loadBys } from '@/lib/history/load-filter';
import { hasPgBouncer, TestPgBouncer } from '@/lib/pgbouncer/test-pgbouncer';
import { Asker, type Got, topicIds, until } from './fixtures/ask';
import { answered, hold } from './fixtures/documented';
import { type App, removeFolder, type Stack, startApp } from './fixtures/stack';
import { expect, test } from './fixtures/test';
import { builtRoutes, modes, walkProxy } from './fixtures/walk';

// Every documented route is asked live, and what it answers is held against the shape that documents it: a field that a
// shape forgot, or that is not there any more, fails here.

const server = '/api/servers/default';
const now = () => Date.now() / 1000;

class Person extends Asker {
  constructor(
    url: string,
    readonly headers: Record<string, string> = {},
    readonly origin = url,
  ) {
    super(url);
  }
  override get(path: string, headers: Record<string, string> = {}): Promise<Got> {
    return super.get(path, { ...this.headers, ...headers });
  }
  override post(path: string, body: unknown): Promise<Got> {
    return super.post(path, body, { ...this.headers, origin: this.origin });
  }
  async send(method: string, path: string, sent?: unknown): Promise<Got> {
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: { origin: this.origin, 'content-type': 'application/json', ...this.headers },
      ...(sent !== undefined && { body: JSON.stringify(sent) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    const body = isJson ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, text, body, ms: 0, at: 0 };
  }
}

/** A pgdeck of its own that watches the server of a stack, with more environment. */
async function withApp(stack: Stack, env: Record<string, string>, use: (app: App) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-openapi-'));
  const address = (name: string) => {
    const { host, port, database, user, password } = stack.login(name);
    return `postgres://${user}:${password}@${host}:${port}/${database}`;
  };
  const app = await startApp(folder, {
    DATABASE_URL: address('pgdeck_read'),
    PGDECK_ACTION_URL: address('pgdeck_action'),
    PGDECK_HISTORY: 'off',
    ...env,
  });
  try {
    await use(app);
  } finally {
    await app.stop();
    removeFolder(folder);
  }
}

test.describe.configure({ mode: 'serial', timeout: 480_000 });

test('every route and method of the build is documented', () => {
  const documented = Object.values<AnyContract>(contracts).map(({ path }) => path);
  const built = builtRoutes()
    .api.filter((path) => !path.includes('[['))
    .map((path) => path.replace(/\[(\w+)\]/g, '{$1}'));
  expect([...new Set(documented)].sort()).toEqual(built.sort());
});

/** Things of which each topic tells: a chain of locks, a build that waits, work that was counted. */
async function plant(admin: pg.Client, connect: (login: string) => Promise<pg.Client>): Promise<void> {
  await admin.query('create table if not exists public.told (id int primary key, note text)');
  await admin.query("insert into public.told select n, 'note' from generate_series(1, 50) as n on conflict do nothing");
  await admin.query('create index if not exists told_note on public.told (note)');
  const holds = await connect('app_shop');
  const waits = await connect('app_shop');
  await admin.query('grant all on public.told to public');
  await holds.query('begin');
  await holds.query("update public.told set note = 'held' where id = 1");
  waits.query("update public.told set note = 'wanted' where id = 1").catch(() => {});
  const builds = await connect('app_shop');
  builds.query('select pg_sleep(300)').catch(() => {});
}

test('what the server and its history tell has the shapes that are documented', async ({ stack, admin, connect }) => {
  const me = new Person(stack.url);
  await until('the server is watched', async () => (await me.state()) === 'ok', 30_000);
  await until('the history is on', async () => (await me.get('/api/history')).body.state === 'on', 60_000);
  await plant(admin, connect);
  const tells = (topic: string) => async () => (await me.get(`${server}/${topic}`)).text.includes('told');
  await until('the chain is known', tells('locks'), 90_000);
  await until('the sessions are known', tells('sessions'), 90_000);

  hold('health', await me.get('/api/health'));
  hold('ready', await me.get('/api/health/ready'));
  hold('healthDb', await me.get('/api/health/db'));
  hold('healthDbTest', await me.get('/api/health/db/test?server=default'));
  hold('servers', await me.get('/api/servers'));
  hold('session', await me.get('/api/session'));
  hold('history', await me.get('/api/history'));
  hold('metrics', await me.get('/metrics'));
  hold('actions', await me.get('/api/actions'));
  hold('findings', await me.get(`${server}/findings`));
  hold('findings', await me.get(`${server}/findings?at=${now() - 5}`), 'of the past');
  hold('rights', await me.get(`${server}/rights`));
  hold('seriesList', await me.get(`${server}/series`));
  hold('cost', await me.get(`${server}/cost`));
  hold('extendSession', await me.post('/api/session/extend', {}), 'without a session');

  const queryOf = (id: string) => (id === 'slow-queries' ? '?min_mean_ms=0' : '');
  for (const id of topicIds) {
    hold('topic', await me.get(`${server}/${id}${queryOf(id)}`), id);
    hold('topic', await me.get(`${server}/${id}?describe=1`), `${id}, described`);
    hold('topic', await me.get(`${server}/${id}?at=${now() - 2}`), `${id} of the past`);
  }
  // What is told of nothing that is there would hold for any shape.
  for (const id of [
    'connections',
    'sessions',
    'locks',
    'pools',
    'databases',
    'wal',
    'slow-queries',
    'tables',
    'index-usage',
    'server',
    'configuration',
    'schema',
  ])
    await until(
      `${id} tells something`,
      async () => {
        const { status, rows } = hold('topic', await me.get(`${server}/${id}${queryOf(id)}`), id);
        return status === 'ok' && rows.length > 0;
      },
      60_000,
    );
  const etag = (await me.get(`${server}/configuration`)).headers.get('etag') ?? '';
  hold('topic', await me.get(`${server}/configuration`, { 'if-none-match': etag }), 'that did not change');
  const document = await me.get('/api/openapi.json');
  hold('openapi', document);
  hold('openapi', await me.get('/api/openapi.json', { 'if-none-match': document.headers.get('etag') ?? '' }), 'again');

  const { series } = (await me.get(`${server}/series`)).body as { series: { id: string }[] };
  const { rows } = (await me.get(`${server}/slow-queries?min_mean_ms=0`)).body;
  const { rows: tables } = (await me.get(`${server}/tables`)).body;
  const { rows: indexes } = (await me.get(`${server}/index-usage`)).body;
  for (const { id } of series) {
    const oid = id === 'index' ? indexes[0].indexrelid : tables[0].relid;
    hold('series', await me.get(`${server}/series/${id}?database=shop&oid=${oid}&sid=${rows[0].sid}`), id);
  }
  hold('series', await me.get(`${server}/series/connections?format=csv`), 'as CSV');
  for (const by of loadBys) {
    hold('series', await me.get(`${server}/series/load?by=${by}`), `load by ${by}`);
    hold('top', await me.get(`${server}/top?by=${by}`), by);
  }
  const window = `a=${now() - 600},${now() - 60}&b=${now() - 120},${now()}`;
  for (const topic of ['slow-queries', 'tables', 'load'])
    hold('compare', await me.get(`${server}/compare?topic=${topic}&${window}`), topic);
  await until(
    'a moment is kept',
    async () => hold('moments', await me.get(`${server}/moments`))?.moments.length > 0,
    90_000,
  );
  hold('moments', await me.get(`${server}/moments?at=${now()}`), 'next to now');

  hold('cacheHealth', await me.get('/api/health/cache'));
  hold('table', await me.get(`${server}/table?schema=public&table=told`));
  // Of the others one may have been dropped since they were sampled.
  const kept = indexes.find(({ indexrelname }: { indexrelname: string }) => indexrelname === 'orders_pkey');
  hold('definition', await me.get(`${server}/definition?kind=index&oid=${kept.indexrelid}`));
  hold('settings', await me.get(`${server}/settings`));
  hold('databasePerformance', await me.get('/api/performance/database'));
  hold('cacheHealth', await me.get('/api/health/cache'), 'with entries');
  hold('clearCache', await me.post('/api/health/cache/clear', { prefix: 'default:' }));

  const sleeper = async () =>
    (await me.get(`${server}/sessions`)).body.rows?.find(({ query }: { query: string | null }) =>
      query?.includes('pg_sleep'),
    );
  await until('the sleeper is known', sleeper, 90_000);
  const session = await sleeper();
  const key = { pid: session.pid, backend_start_us: session.backend_start_us };
  hold('reveal', await me.post(`${server}/reveal`, { topic: 'sessions', key, column: 'query' }));
  hold('annotate', await me.post('/api/annotations', { title: 'deploy 1', detail: { version: '1' } }));
  await admin.query("alter system set random_page_cost = '2.5'");
  await admin.query('select pg_reload_conf()');
  try {
    await until(
      'changes are known',
      async () => hold('changes', await me.get(`${server}/changes`)).events.length > 1,
      90_000,
    );
  } finally {
    // Other tests change it on the same server.
    await admin.query('alter system reset random_page_cost');
    await admin.query('select pg_reload_conf()');
  }
});

test('what acts answers in the shapes that are documented', async ({ stack, admin, connect }) => {
  const me = new Person(stack.url);
  await until('the server is watched', async () => (await me.state()) === 'ok', 30_000);
  await plant(admin, connect);
  const { rows } = await admin.query("select 'public.told'::regclass::oid::int as oid");
  const relation = { kind: 'relation', database: 'shop', oid: rows[0].oid };

  const choices = hold('actionChoices', await me.get(`${server}/actions/choices?kind=relation`));
  expect(choices.choices.length).toBeGreaterThan(0);
  hold('indexForm', await me.get(`${server}/actions/index-form?database=shop&oid=${rows[0].oid}`));
  const sql = 'alter table public.told add column more int not null default 1; create index on public.told (id);';
  hold('ddl', await me.post(`${server}/ddl`, { database: 'shop', sql }));
  hold('ddl', await me.post(`${server}/ddl`, { database: 'shop', sql: 'no sql' }), 'that is none');

  const analyze = { action: 'analyze', target: relation };
  const previewed = hold('previewAction', await me.post(`${server}/actions/preview`, analyze));
  const execute = { previewId: previewed.previewId, idempotencyKey: randomUUID() };
  const run = hold('executeAction', await me.post(`${server}/actions/execute`, execute));
  await until('it ended', async () => hold('oneRun', await me.get(`/api/runs/${run.runId}`)).endedAt !== null, 30_000);
  hold(
    'executeAction',
    await me.post(`${server}/actions/execute`, { ...execute, idempotencyKey: randomUUID() }),
    'again',
  );
  hold('cancelRun', await me.post(`/api/runs/${run.runId}/cancel`, {}), 'that has ended');

  // Many sessions at once, one that waits for a lock, a preview with members and one with an undo.
  const idle = { kind: 'backends', filter: { state: 'idle in transaction', older_than_seconds: 1 } };
  await until(
    'the holder is idle in its transaction',
    async () =>
      hold(
        'previewAction',
        await me.post(`${server}/actions/preview`, { action: 'terminate', target: idle }),
        'of members',
      )?.members.length > 0,
    30_000,
  );
  // What has to wait for the table is under way for longer than an answer waits.
  const full = await me.action('vacuum-full', relation);
  hold('previewAction', full, 'of a table that is used');
  const waiting = hold('executeAction', await me.execute(full.body.previewId, full.body.confirmText), 'that waits');
  hold('oneRun', await me.get(`/api/runs/${waiting.runId}`), 'that waits');
  hold('cancelRun', await me.post(`/api/runs/${waiting.runId}/cancel`, {}), 'that waits');

  const schedule = { title: 'nightly', cron: '0 3 * * *', timeZone: 'UTC', body: analyze };
  hold('createSchedule', await me.post(`${server}/schedules`, { ...schedule, dryRun: true }), 'dry');
  const made = hold('createSchedule', await me.post(`${server}/schedules`, schedule));
  hold('schedules', await me.get(`${server}/schedules`));
  const path = `${server}/schedules/${made.schedule.id}`;
  hold('changeSchedule', await me.send('PATCH', path, { enabled: false }));
  hold('deleteSchedule', await me.send('DELETE', path, {}));

  expect(hold('runs', await me.get('/api/runs')).runs.length).toBeGreaterThan(0);
  const audit = hold('audit', await me.get('/api/audit'));
  hold('auditExport', await me.get('/api/audit/export'));
  hold('auditExport', await me.get('/api/audit/export?format=csv'), 'as CSV');
  // Lines of other versions may have more; those of this one are documented.
  const known = Object.keys(auditEntry.shape);
  const unknown = audit.entries.flatMap((entry: object) =>
    Object.keys(entry).filter((field) => !known.includes(field)),
  );
  expect([...new Set(unknown)]).toEqual([]);
});

test('what PgBouncer tells has the shapes that are documented', async ({ stack }) => {
  test.skip(!hasPgBouncer, 'This machine has no PgBouncer: apt-get install pgbouncer');
  const { user, password, host, port, database } = stack.login('app_shop');
  const pooler = await TestPgBouncer.start({
    databases: { [database]: { host, port, more: 'pool_size=2' } },
    users: { [user]: password, boss: 'boss' },
    settings: { admin_users: 'boss', pool_mode: 'transaction' },
  });
  const client = new pg.Client({ connectionString: pooler.url(user, database) });
  try {
    // A transaction keeps a client and a server connection that are to be told of.
    await client.connect();
    await client.query('begin');
    await withApp(stack, { PGDECK_PGBOUNCER_URL: pooler.url('boss') }, async ({ url }) => {
      const me = new Person(url);
      await until('the server is watched', async () => (await me.state()) === 'ok', 30_000);
      for (const id of topicIds.filter((each) => each.startsWith('pgbouncer-'))) {
        await until(
          `${id} tells something`,
          async () => {
            const { status, rows } = hold('topic', await me.get(`${server}/${id}`), `${id} of a PgBouncer`);
            return status === 'ok' && rows.length > 0;
          },
          60_000,
        );
        hold('topic', await me.get(`${server}/${id}?describe=1`), `${id} of a PgBouncer, described`);
      }
      for (const id of ['pgbouncer-pools', 'pgbouncer-maxwait', 'pgbouncer-traffic'])
        hold('series', await me.get(`${server}/series/${id}`), `${id} of a PgBouncer`);
      const shop = await me.action('pgbouncer-reconnect', { kind: 'pgbouncer-database', name: database });
      hold('previewAction', shop, 'of a database of PgBouncer');
      const whole = await me.action('pgbouncer-reload', { kind: 'pgbouncer' });
      hold('previewAction', whole, 'of PgBouncer');
      const run = hold('executeAction', await me.execute(whole.body.previewId, whole.body.confirmText), 'of PgBouncer');
      expect([run.status, run.verified]).toEqual(['done', null]);
    });
  } finally {
    client.end().catch(() => {});
    await pooler.remove();
  }
});

test('what asks for a sign-in, a second person or a portal answers in its shape', async ({ stack }) => {
  const password = randomBytes(18).toString('base64url');
  const users = await Promise.all(['ada', 'eve'].map(async (name) => `${name}:admin:${await hashPassword(password)}`));
  const env = {
    PGDECK_AUTH: 'password',
    PGDECK_USERS: users.join(','),
    PGDECK_ACTIONS: 'all',
    PGDECK_APPROVAL: 'typed',
  };
  await withApp(stack, env, async ({ url }) => {
    const nobody = new Person(url);
    hold('signIn', await nobody.post('/api/session', { name: 'ada', password: 'wrong' }), 'with a wrong password');
    hold('servers', await nobody.get('/api/servers'), 'of nobody');
    const [ada, eve] = await Promise.all(
      ['ada', 'eve'].map(async (name) => {
        const got = await nobody.post('/api/session', { name, password });
        hold('signIn', got);
        const cookie = got.headers
          .getSetCookie()
          .map((line) => line.split(';')[0])
          .join('; ');
        return new Person(url, { cookie });
      }),
    );
    if (!ada || !eve) throw new Error('nobody was let in');
    hold('session', await ada.get('/api/session'));
    hold('extendSession', await ada.post('/api/session/extend', {}));
    await until('the server is watched', async () => (await ada.state()) === 'ok', 30_000);
    const target = (await ada.get(`${server}/actions/choices?kind=relation&search=told`)).body.choices[0].target;
    const asked = async () => {
      const { body } = await ada.action('vacuum-full', target);
      return hold('executeAction', await ada.execute(body.previewId, body.confirmText), 'that has to be approved');
    };
    const first = await asked();
    expect(first.status).toBe('awaiting_approval');
    hold('approveRun', await ada.post(`/api/runs/${first.runId}/approve`, {}), 'by who wants it');
    hold('approveRun', await eve.post(`/api/runs/${first.runId}/approve`, {}));
    const hasEnded = async () => (await ada.get(`/api/runs/${first.runId}`)).body.endedAt !== null;
    await until('what was approved has run', hasEnded, 60_000);
    const second = await asked();
    expect(hold('cancelRun', await ada.post(`/api/runs/${second.runId}/cancel`, {})).status).toBe('cancelled');
    hold('signOut', await eve.send('DELETE', '/api/session', {}));
  });

  const portal = await walkProxy(stack);
  try {
    const frame = new Person(portal.app.url, {}, portal.origin);
    const token = await portal.portalToken({ role: 'viewer' });
    hold('embedSession', await frame.post('/api/embed/session', { token }));
    hold('embedSession', await frame.post('/api/embed/session', { token }), 'used before');
  } finally {
    await portal.stop();
  }

  const provider = await modes['with a provider']?.(stack);
  if (!provider) throw new Error('no mode has a provider');
  try {
    const browser = new Person(provider.app.url, {}, provider.origin);
    hold('oidcStart', await browser.send('GET', '/api/oidc/start'));
    hold('oidcCallback', await browser.send('GET', '/api/oidc/callback?code=a&state=b'));
  } finally {
    await provider.stop();
  }
});

test('every documented route was answered', () => {
  expect(Object.keys(contracts).filter((name) => !answered.has(name))).toEqual([]);
});
