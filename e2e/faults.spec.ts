import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import pg from 'pg';
import type { Answer, Raw } from '@/lib/topics/topic';
import { Asker, serverTopicIds, until } from './fixtures/ask';
import { Machine } from './fixtures/machine';
import { type Stack, startStack } from './fixtures/stack';

test.describe.configure({ timeout: 120_000 });

let stack: Stack;
let ask: Asker;
let admin: pg.Client;
let viewer: Viewer;
let machine: Machine;
let started: number;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  stack = await startStack({ settings: { max_connections: 24, log_connections: 'on', log_line_prefix: '%m ' } });
  started = Date.now();
  ask = new Asker(stack.url);
  admin = await connectAdmin();
  machine = new Machine(ask);
  viewer = new Viewer(ask);
  await until('every topic was read', () => serverTopicIds.every((id) => viewer.answers.has(id)), 60_000);
});
test.afterAll(async () => {
  viewer?.stop();
  machine?.stop();
  await admin?.end().catch(() => {});
  await stack?.stop();
});
test.afterEach(() => expect(viewer.wrong).toEqual([]));

async function connectAdmin(): Promise<pg.Client> {
  const client = new pg.Client({ ...stack.admin, application_name: 'e2e admin' });
  client.on('error', () => {}); // the tests end its server
  await client.connect();
  return client;
}

/** Reads every topic all the time, as open pages do, and keeps what may never be seen whatever happens to the server. */
class Viewer {
  readonly answers = new Map<string, Answer>();
  readonly wrong: string[] = [];
  #stopped = false;

  constructor(asker: Asker) {
    for (const id of serverTopicIds) void this.#look(asker, id);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #look(asker: Asker, id: string): Promise<void> {
    while (!this.#stopped) {
      try {
        const { status, body, text, ms, at } = await asker.get(`/api/servers/${asker.server}/${id}`);
        if (this.#stopped) return;
        if (status !== 200) this.wrong.push(`${id}: ${status} ${text}`);
        else this.#judge(id, body);
        if (ms - machine.slowMs(at, 5500) > 5500) this.wrong.push(`${id} took ${Math.round(ms)} ms`);
        if (secrets().some((secret) => text.includes(secret))) this.wrong.push(`${id} tells a secret: ${text}`);
      } catch (error) {
        if (!this.#stopped) this.wrong.push(`${id}: ${error}`);
      }
      await sleep(400);
    }
  }

  #judge(id: string, answer: Answer): void {
    const before = this.answers.get(id);
    this.answers.set(id, answer);
    if (answer.status === 'unavailable' && before && rowsOf(before) && !answer.last)
      this.wrong.push(`${id} forgot its rows: ${answer.hint}`);
    for (const row of rowsOf(answer) ?? [])
      for (const [name, value] of Object.entries(row))
        if (name.endsWith('_per_second') && (value as number | null) !== null && (value as number) < 0)
          this.wrong.push(`${id}.${name} is ${value}`);
  }
}

const rowsOf = (answer: Answer): Raw[] | undefined => (answer.status === 'ok' ? answer.rows : answer.last?.rows);
/** Passwords and the address: they are in no answer about what goes wrong. */
const secrets = () => [stack.admin.password, stack.login('pgdeck_read').password, `:${stack.admin.port}`];
const freshSince = async (id: string, moment: number) => {
  const answer = await ask.topic(id);
  return answer.status === 'ok' && Date.parse(answer.sampledAt) > moment;
};
/** Asks a topic whatever its cadence is, as "Try now" does; it must be answered, later than `moment`. */
const readNow = async (id: string, moment: number) => {
  let answer: Answer | undefined;
  await until(
    `${id} may be asked`,
    async () => {
      const { status, body } = await ask.get(`/api/servers/default/${id}?fresh=1`);
      answer = body;
      return status === 200;
    },
    6000,
    machine,
  );
  expect(answer, id).toMatchObject({ status: 'ok' });
  // Who asks is given what is known after 2 s.
  await until(`${id} is read`, () => freshSince(id, moment), 5000, machine);
};
/** It is reached again in time; what failed meanwhile is asked again after 15 s at most. */
const isBack = async (withinMs: number) => {
  await until('it is reached', async () => (await ask.state()) !== 'unreachable', withinMs, machine);
  await until('all is answered', async () => (await ask.state()) === 'ok', 20_000, machine);
};
const ours = async () =>
  (await admin.query(`select pid from pg_stat_activity where application_name = 'pgdeck'`)).rows as { pid: number }[];
const endOurs = () =>
  admin.query(`select pg_terminate_backend(pid, 30000) from pg_stat_activity where application_name = 'pgdeck'`);
/** Connections that the server was asked for so far. */
const attempts = () => stack.server.log(100_000).split('connection received:').length - 1;

test('a restart is one gap: answers come again within 5 s, uptime and rates begin anew', async () => {
  const life = async () => rowsOf(await ask.topic('server'))?.[0] ?? {};
  const before = await life();
  await admin.end();
  const down = Date.now();
  await stack.server.restart();
  const up = Date.now();
  await until('sessions are read again', () => freshSince('sessions', up), 5000, machine);
  await until('connections are read again', () => freshSince('connections', up), 5000, machine);
  await isBack(5000);
  admin = await connectAdmin();
  expect(before).toMatchObject({ postmaster_start_time: expect.anything(), uptime_seconds: expect.any(Number) });
  const isAnew = async () => {
    const now = (await life()).postmaster_start_time;
    return now !== undefined && now !== before.postmaster_start_time;
  };
  await until('the server page knows of the restart', isAnew, 3000, machine);
  expect((await life()).uptime_seconds).toBeLessThanOrEqual((Date.now() - down) / 1000 + 1);
});

test('a server that is down is said within 3 s, what was known stays with its age, and the page goes on by itself', async ({
  page,
}) => {
  await page.goto(`${stack.url}/default/sessions`);
  const rows = page.getByRole('row');
  await expect(rows.nth(1)).toBeVisible();
  const known = await rows.count();
  await admin.end();
  const stopped = Date.now();
  const restarted = stack.server.restart(20_000);
  await until('the server is unreachable', async () => (await ask.state()) === 'unreachable', 3000, machine);
  await until(
    'sessions are unavailable',
    async () => (await ask.topic('sessions')).status === 'unavailable',
    Math.max(0, 3000 - (Date.now() - stopped)),
    machine,
  );
  const banner = page.getByRole('status').filter({ hasText: 'It is tried again by itself' });
  await expect(banner).toBeVisible();
  await expect(banner).not.toContainText(/127\.0\.0\.1|localhost/);
  expect(await rows.count()).toBeGreaterThanOrEqual(Math.min(known, 2));
  await expect(page.getByText(/Not updated for/).first()).toBeVisible();
  const answer = await ask.topic('sessions');
  expect(answer).toMatchObject({ status: 'unavailable', reason: 'unreachable', last: { rows: expect.any(Array) } });
  expect(answer.status === 'unavailable' && answer.last?.ageSeconds).toBeGreaterThan(2);

  // A page opened now comes at once, with what was known.
  const late = await ask.get('/default/sessions');
  expect(late.status).toBe(200);
  expect(late.ms - machine.slowMs(late.at, 3000)).toBeLessThan(3000);
  // An action is refused before anything was sent.
  const preview = await ask.action('terminate', { kind: 'backend', pid: 1, backend_start_us: '1' });
  expect(preview.status).toBe(503);
  expect(preview.body.error).toMatchObject({ code: 'unreachable', requestId: expect.any(String) });
  expect(preview.text).not.toContain('127.0.0.1');
  expect((await ask.get('/api/health')).status).toBe(200);
  const ready = await ask.get('/api/health/ready');
  expect([ready.status, JSON.stringify(ready.body)]).toEqual([200, expect.stringContaining('unreachable')]);

  await restarted;
  const up = Date.now();
  await until('sessions are read again', () => freshSince('sessions', up), 5500, machine);
  await isBack(2000);
  await expect(banner).toBeHidden({ timeout: 12_000 });
  await expect(page.getByText(/Not updated for/)).toHaveCount(0, { timeout: 12_000 });
  admin = await connectAdmin();
});

test('a server that was killed -9 is found again', async () => {
  await admin.end();
  const killed = stack.server.pid as number;
  process.kill(killed, 'SIGKILL');
  await until('it is up again', () => stack.server.pid !== undefined && stack.server.pid !== killed, 20_000);
  const up = Date.now();
  await until('sessions are read again', () => freshSince('sessions', up), 6000, machine);
  admin = await connectAdmin();
});

test('ending all of pgdeck’s connections, again and again, costs no answer', async () => {
  const allAnswer = async () => {
    const answers = await Promise.all(serverTopicIds.map((id) => ask.topic(id)));
    return answers.every(({ status }) => status === 'ok');
  };
  await until('what was asked while the server was away is answered again', allAnswer, 15_000);
  for (let round = 0; round < 6; round++) {
    await until('pgdeck is connected', async () => (await ours()).length > 0, 5000, machine);
    const killed = Date.now();
    expect((await endOurs()).rowCount).toBeGreaterThan(0);
    const answers = await Promise.all(serverTopicIds.map((id) => ask.topic(id)));
    expect(answers.filter(({ status }) => status !== 'ok')).toEqual([]);
    await readNow(serverTopicIds[round] as string, killed);
  }
  // Idle ones, while nobody has asked for a moment.
  await sleep(1000);
  await endOurs();
  await sleep(1500);
  await until('it is ok', async () => (await ask.state()) === 'ok', 1000, machine);
  expect((await ours()).length).toBeLessThanOrEqual(4);
});

test('with every slot taken the warm connection goes on, it is said, and pgdeck takes no more', async ({ page }) => {
  const fillers: pg.Client[] = [];
  const fill = async () => {
    for (;;) {
      const filler = new pg.Client({ ...stack.login('app_shop'), application_name: 'filler' });
      filler.on('error', () => {});
      try {
        await filler.connect();
      } catch {
        break;
      }
      fillers.push(filler);
    }
  };
  try {
    await fill();
    // It may have opened one more in the same moment; from now on there is no slot for another.
    const before = (await ours()).length;
    expect(before).toBeLessThanOrEqual(4);
    const full = Date.now();
    for (const id of ['connections', 'sessions', 'locks', 'slow-queries']) await readNow(id, full);
    const headroom = expect.objectContaining({ check: 'connection-headroom', severity: 'critical' });
    await expect
      .poll(async () => (await ask.get('/api/servers/default/findings')).body)
      .toMatchObject({ verdict: 'critical', findings: expect.arrayContaining([headroom]) });
    await page.goto(`${stack.url}/default/sessions`);
    await expect(page.getByText(/\d\d sessions are connected/)).toBeVisible();
    await expect(page.getByRole('link', { name: /Sessions .*critical/ })).toBeVisible();
    expect((await ours()).length).toBeLessThanOrEqual(before);

    // Now pgdeck loses even its warm connections, also one that it opened again before all was full: it says why it cannot come back.
    for (let left = before; left > 0; left = (await ours()).length) {
      await endOurs();
      await fill();
    }
    await until(
      'the full server is named',
      async () => (await ask.summary()).problem?.sqlstate === '53300',
      8000,
      machine,
    );
    expect((await ask.summary()).problem?.sentence).toMatch(/no free connection slot/);
    await expect(page.getByText(/no free connection slot/).first()).toBeVisible({ timeout: 12_000 });
  } finally {
    await Promise.all(fillers.map((filler) => filler.end().catch(() => {})));
  }
  await isBack(6500);
});

test.describe('a role that may not log in any more', () => {
  const cases: [string, (role: string) => string, (role: string) => string, RegExp][] = [
    [
      'its password was changed',
      (role) => `alter role ${role} password 'another'`,
      (role) => `alter role ${role} password ${pg.escapeLiteral(stack.login(role).password)}`,
      /refused the password/,
    ],
    [
      'it lost LOGIN',
      (role) => `alter role ${role} nologin`,
      (role) => `alter role ${role} login`,
      /does not let this role log in/,
    ],
    [
      'it is not there any more',
      (role) => `alter role ${role} rename to somebody_else`,
      (role) =>
        `alter role somebody_else rename to ${role}; alter role ${role} password ${pg.escapeLiteral(stack.login(role).password)}`,
      /refused the password|does not let this role/,
    ],
  ];
  for (const [name, breakIt, mend, sentence] of cases)
    test(`${name}: said, tried again at a measured pace, and mended by itself`, async () => {
      await admin.query(breakIt('pgdeck_read'));
      try {
        await endOurs();
        const before = attempts();
        await until(
          'it is said',
          async () => sentence.test((await ask.summary()).problem?.sentence ?? ''),
          5000,
          machine,
        );
        await sleep(6000);
        // At once, after 1, 2 and 4 s, whoever looks; each is two connections here, for sslmode=prefer first asks for TLS.
        expect(attempts() - before).toBeLessThanOrEqual(8);
        expect(await ask.state()).toBe('unreachable');
        await until('the terminal says it', () => sentence.test(stack.output()), 2000, machine);
      } finally {
        await admin.query(mend('pgdeck_read'));
      }
      await isBack(6500);
    });
});

test('nothing of it told a password, and the process is the one that was started', async () => {
  for (const { password } of [stack.admin, stack.login('pgdeck_read'), stack.login('pgdeck_action')])
    expect(stack.output()).not.toContain(password);
  expect(stack.output()).not.toMatch(/\n\s+at .*\.(ts|js|mjs):\d+/);
  const asked = Date.now();
  const { body } = await ask.get('/api/health');
  expect(body.uptimeSeconds).toBeGreaterThanOrEqual(Math.floor((asked - started) / 1000));
});
