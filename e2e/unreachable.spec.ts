import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import pg from 'pg';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { Asker, serverTopicIds, until } from './fixtures/ask';
import { Machine } from './fixtures/machine';
import { type App, type Stack, startApp, startStack } from './fixtures/stack';

test.describe.configure({ timeout: 180_000 });

const password = 'only-for-this-test';
let stack: Stack;
let admin: pg.Client;
let standby: Embedded;
let hole: Hole;
let app: App;
let machine: Machine;

/** A host that takes connections and never answers, until it is mended: then it passes everything on. */
class Hole {
  port = 0;
  accepted = 0;
  mostAtOnce = 0;
  #open = new Set<Socket>();
  #through: number | undefined;
  readonly #server: Server = createServer((socket) => {
    this.accepted++;
    this.#open.add(socket);
    // An attempt lasts for seconds; the end of the one before may be heard a moment after the next has begun.
    setTimeout(() => {
      if (this.#through === undefined && this.#open.has(socket))
        this.mostAtOnce = Math.max(this.mostAtOnce, this.#open.size);
    }, 500);
    socket.on('error', () => {});
    socket.on('close', () => this.#open.delete(socket));
    if (this.#through === undefined) {
      socket.resume();
      return;
    }
    const onward = dial(this.#through, '127.0.0.1');
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward).pipe(socket);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as { port: number }).port;
  }

  /** Lets everything through from now on. */
  mend(port: number): void {
    this.#through = port;
    for (const socket of this.#open) socket.destroy();
  }

  /** What is open stays open, and nothing comes any more: a network that is gone. */
  freeze(): void {
    this.#through = undefined;
    for (const socket of this.#open) {
      socket.unpipe();
      socket.removeAllListeners('data');
      socket.resume();
    }
  }

  stop(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }
}

/** One watched server for each way not to be reached: what is wrong, what is said, and what mends it. */
const faults: Record<string, { url: () => string; sentence: RegExp; mend: () => Promise<unknown> | undefined }> = {
  'wrong-password': {
    url: () => address({ user: 'w_password', secret: 'wrong-but-secret' }),
    sentence: /refused the password/,
    mend: () => admin.query(`alter role w_password password 'wrong-but-secret'`),
  },
  'no-database': {
    url: () => address({ user: 'w_database', database: 'not_there_yet' }),
    sentence: /no database of this name/,
    mend: () => admin.query('create database not_there_yet'),
  },
  'no-login': {
    url: () => address({ user: 'w_login' }),
    sentence: /does not let this role log in/,
    mend: () => admin.query('alter role w_login login'),
  },
  'hba-rejects': {
    url: () => address({ user: 'w_barred' }),
    sentence: /pg_hba\.conf/,
    mend: () => setHba((text) => text.replace(/^host all w_barred.*\n/, '')),
  },
  'role-full': {
    url: () => address({ user: 'w_full' }),
    sentence: /connection limit of the role/,
    mend: () => admin.query('alter role w_full connection limit -1'),
  },
  'no-tls': {
    url: () => `${address({ user: 'w_login' })}?sslmode=require`,
    sentence: /does not offer encryption/,
    mend: () => undefined,
  },
  'black-hole': {
    url: () => address({ user: 'w_hole', port: hole.port }),
    sentence: /does not answer/,
    mend: async () => hole.mend(stack.server.port),
  },
  'nothing-listens': {
    url: () => address({ user: 'w_login', port: 1 }),
    sentence: /Nothing listens/,
    mend: () => undefined,
  },
  'unknown-host': {
    url: () => 'postgres://w_login:secret@no-such-host.invalid:5432/shop',
    sentence: /host name of the server/,
    mend: () => undefined,
  },
};

function address({
  user,
  secret = password,
  database = 'shop',
  port = stack.server.port,
}: {
  user: string;
  secret?: string;
  database?: string;
  port?: number;
}): string {
  return `postgres://${user}:${secret}@127.0.0.1:${port}/${database}`;
}

async function setHba(change: (text: string) => string): Promise<void> {
  const file = join(stack.server.dataDir, 'pg_hba.conf');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  await admin.query('select pg_reload_conf()');
}

async function startStandby(): Promise<Embedded> {
  const dataDir = join(stack.folder, 'standby');
  const server = await startEmbedded({
    major: 18,
    dataDir,
    temporary: true,
    superuserPassword: password,
    settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements' },
  });
  const client = new pg.Client({ ...superuser(server) });
  await client.connect();
  await client.query(
    `create extension pg_stat_statements; create table kept as select 1 as n;
     create role w_standby login password '${password}' in role pg_monitor, pg_signal_backend`,
  );
  await client.end();
  // A primary's data with this file is a standby of nobody: it stays in recovery until it is promoted.
  writeFileSync(join(dataDir, 'standby.signal'), '');
  await server.restart();
  return server;
}
const superuser = ({ port }: Embedded) => ({
  host: '127.0.0.1',
  port,
  user: 'postgres',
  password,
  database: 'postgres',
});

test.beforeAll(async () => {
  test.setTimeout(240_000);
  stack = await startStack();
  admin = new pg.Client(stack.admin);
  admin.on('error', () => {});
  await admin.connect();
  for (const role of ['w_password', 'w_database', 'w_barred', 'w_full', 'w_hole'])
    await admin.query(`create role ${role} login password '${password}' in role pg_monitor`);
  await admin.query(`create role w_login nologin password '${password}' in role pg_monitor`);
  await admin.query('alter role w_full connection limit 0');
  await setHba((text) => `host all w_barred 127.0.0.1/32 reject\n${text}`);
  hole = new Hole();
  await hole.start();
  standby = await startStandby();
  const servers = Object.entries(faults).map(([id, { url }]) => ({ id, url: url() }));
  servers.push({ id: 'standby', url: address({ user: 'w_standby', database: 'postgres', port: standby.port }) });
  const config = join(stack.folder, 'many.json');
  writeFileSync(config, JSON.stringify({ servers }));
  app = await startApp(stack.folder, { PGDECK_CONFIG: config, PGDECK_STATE_DIR: join(stack.folder, 'many') });
  machine = new Machine(new Asker(app.url));
});
test.afterAll(async () => {
  machine?.stop();
  await app?.stop();
  hole?.stop();
  await admin?.end().catch(() => {});
  await standby?.stop();
  await stack?.stop();
});

test('each reason has its own sentence in terminal, API and page, without address or password; each is mended by itself', async ({
  page,
}) => {
  const unsaid = /127\.0\.0\.1|\.invalid|only-for-this-test|wrong-but-secret/;
  for (const [id, { sentence }] of Object.entries(faults)) {
    const ask = new Asker(app.url, id);
    await until(
      `${id} is said`,
      async () => sentence.test((await ask.summary()).problem?.sentence ?? ''),
      10_000,
      machine,
    );
    const answer = await ask.topic('sessions');
    expect(answer, id).toMatchObject({ status: 'unavailable', reason: 'unreachable' });
    expect(answer.status === 'unavailable' && answer.hint, id).toMatch(sentence);
    expect(JSON.stringify([answer, (await ask.summary()).problem]), id).not.toMatch(unsaid);
    const preview = await ask.action('terminate', { kind: 'backend', pid: 1, backend_start_us: '1' });
    expect([preview.status, preview.body.error.code], id).toEqual([503, 'unreachable']);
    expect(preview.text, id).not.toMatch(unsaid);
    await until(
      `the terminal says ${id}`,
      () =>
        app
          .output()
          .split('\n')
          .some((line) => line.startsWith(`${id}: `) && sentence.test(line)),
      3000,
    );
  }
  expect(app.output()).not.toMatch(/only-for-this-test|wrong-but-secret/);
  for (const id of ['wrong-password', 'black-hole']) {
    await page.goto(`${app.url}/${id}/sessions`);
    await expect(page.getByRole('status').filter({ hasText: faults[id]?.sentence as RegExp })).toBeVisible();
  }
  // A host that swallows everything has one attempt of ours, and few of them.
  expect(hole.mostAtOnce).toBe(1);
  const before = hole.accepted;
  await sleep(5000);
  expect(hole.accepted - before).toBeLessThanOrEqual(2);

  const mended: string[] = [];
  for (const [id, { mend }] of Object.entries(faults)) {
    const work = mend();
    if (work) mended.push(id);
    await work;
  }
  for (const id of mended) {
    const ask = new Asker(app.url, id);
    await until(`${id} is back`, async () => (await ask.topic('sessions')).status === 'ok', 9000, machine);
    expect((await ask.summary()).problem, id).toBeNull();
  }
  await expect(page.getByRole('status').filter({ hasText: 'does not answer' })).toBeHidden();
});

test('a network that goes silent under open connections is noticed, and so is its return', async () => {
  const ask = new Asker(app.url, 'black-hole');
  hole.mend(stack.server.port);
  await until('it is reached', async () => (await ask.state()) === 'ok', 9000, machine);
  await until('sessions are read', async () => (await ask.topic('sessions')).status === 'ok', 5000, machine);
  hole.freeze();
  const frozen = performance.now();
  await until('it is said', async () => (await ask.topic('sessions')).status === 'unavailable', 12_000, machine);
  const answer = await ask.topic('sessions');
  expect(answer).toMatchObject({ status: 'unavailable', last: { rows: expect.any(Array) } });
  await until(
    'it is unreachable',
    async () => (await ask.state()) === 'unreachable',
    20_000 - (performance.now() - frozen),
    machine,
  );
  hole.mend(stack.server.port);
  // An attempt that still waits for the silence ends first, and the pause after it.
  await until('it is reached again', async () => (await ask.state()) === 'ok', 20_000, machine);
});

test('a standby answers, refuses writes with the reason, ends sessions; promotion is noticed and voids previews', async () => {
  const ask = new Asker(app.url, 'standby');
  await until('it is connected', async () => (await ask.state()) === 'ok', 9000, machine);
  expect((await ask.summary()).inRecovery).toBe(true);
  for (const id of serverTopicIds) {
    const read = async () => {
      const answer = await ask.topic(id);
      return answer.status === 'ok' ? 'ok' : answer.hint;
    };
    await expect.poll(read, id).toBe('ok');
  }
  expect(await ask.topic('server')).toMatchObject({ rows: [{ role: 'standby' }] });
  expect(app.output()).toMatch(/standby: connected, PostgreSQL 18[^\n]*standby\./);

  const boss = new pg.Client({ ...superuser(standby), application_name: 'boss' });
  const victims = [0, 1].map(
    () => new pg.Client({ ...superuser(standby), user: 'w_standby', application_name: 'victim' }),
  );
  for (const client of [boss, ...victims]) {
    client.on('error', () => {});
    await client.connect();
  }
  const { rows } = await boss.query("select 'kept'::regclass::oid::int8 as oid");
  const analyze = await ask.action('analyze', { kind: 'relation', database: 'postgres', oid: Number(rows[0].oid) });
  expect(analyze.status).toBeGreaterThanOrEqual(400);
  expect(analyze.body.error.code).toBe('standby');
  expect(analyze.body.error.message).toMatch(/standby/);

  const { rows: backends } = await boss.query(
    `select pid, (extract(epoch from backend_start) * 1000000)::bigint::text as backend_start_us
     from pg_stat_activity where application_name = 'victim' order by backend_start`,
  );
  const [first, second] = await Promise.all(
    backends.map((backend) => ask.action('terminate', { kind: 'backend', ...backend })),
  );
  expect([first?.status, second?.status], `${first?.text} ${second?.text}`).toEqual([200, 200]);
  const done = await ask.execute(first?.body.previewId, first?.body.confirmText);
  expect(done.body, done.text).toMatchObject({ status: 'done', verified: true });

  await boss.query('select pg_promote()');
  await until('the promotion is noticed', async () => (await ask.summary()).inRecovery === false, 6000, machine);
  await until(
    'the server topic knows it',
    async () => {
      const answer = await ask.topic('server');
      return answer.status === 'ok' && answer.rows[0]?.role === 'primary';
    },
    3000,
    machine,
  );
  const late = await ask.execute(second?.body.previewId, second?.body.confirmText);
  expect(late.status, late.text).toBeGreaterThanOrEqual(409);
  expect(late.status).toBeLessThanOrEqual(410);
  expect((await boss.query("select from pg_stat_activity where application_name = 'victim'")).rowCount).toBe(1);
  await Promise.all([boss, ...victims].map((client) => client.end().catch(() => {})));
});
