import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody, Run } from '@/lib/actions/protocol';
import type { ServerConfig } from '@/lib/config';
import { hasPgBouncer, TestPgBouncer, type TestSetup } from '@/lib/pgbouncer/test-pgbouncer';
import { targetFromUrl } from '@/lib/postgres/target';
import { acting } from '../test-acting';
import { admin, refusal, Stage } from '../test-stage';

// For a machine with much else to do: what is waited for is a state, never a time.
const patient = { timeout: 45_000 };

// Without PgBouncer there is nothing to act on.
describe.skipIf(!hasPgBouncer)('actions on PgBouncer', () => {
  let stage: Stage;
  let pooler: TestPgBouncer;
  let setup: TestSetup;
  const { preview, execute, run, refused, changed } = acting(() => stage);
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    stage = await Stage.build();
    const { host, port, password } = stage.server.config.read;
    const there = { host, port, dbname: 'postgres', user: 'app' };
    setup = {
      databases: {
        shop: { ...there, more: `password=${password} pool_size=2` },
        sessions: { ...there, more: `password=${password} pool_size=2 pool_mode=session` },
        'Odd-Name': { ...there, more: `password=${password}` },
      },
      users: { boss: 'boss', looker: 'looker', ann: 'ann' },
      settings: { admin_users: 'boss', stats_users: 'looker', pool_mode: 'transaction', server_check_delay: 600 },
    };
  });
  beforeEach(async () => {
    pooler = await TestPgBouncer.start(structuredClone(setup));
    use();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end().catch(() => {});
    stage.server.sampler.stop();
    await pooler.remove();
    await stage.clear();
  });
  afterAll(() => stage?.end());

  const use = (user = 'boss', more: Partial<ServerConfig> = {}, stateDir?: string) =>
    stage.use('actor', { pgbouncer: targetFromUrl('pgbouncerUrl', pooler.url(user)), ...more }, stateDir);
  const client = async (database = 'shop'): Promise<pg.Client> => {
    const one = new pg.Client({ connectionString: pooler.url('ann', database), application_name: 'shop-api' });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  };
  /** A client in a transaction, which keeps a server connection. */
  const holder = async (database = 'shop'): Promise<pg.Client> => {
    const one = await client(database);
    await one.query('begin');
    return one;
  };
  const show = async (what: string) => (await stage.server.sampler.console.send(`SHOW ${what}`)).rows;
  const paused = async (database = 'shop') => (await show('DATABASES')).find(({ name }) => name === database)?.paused;
  /** Until so many clients wait. */
  const waitFor = (clients: number) =>
    expect
      .poll(async () => (await show('POOLS')).reduce((sum, { cl_waiting }) => sum + Number(cl_waiting), 0), patient)
      .toBe(clients);
  const on = (action: string, name = 'shop', options?: PreviewBody['options']): PreviewBody => ({
    action: `pgbouncer-${action}`,
    target: { kind: 'pgbouncer-database', name },
    ...(options && { options }),
  });
  const whole = (action: string): PreviewBody => ({ action: `pgbouncer-${action}`, target: { kind: 'pgbouncer' } });
  /** Begins a run and answers while it goes on. */
  const begin = async (body: PreviewBody): Promise<string> => {
    const { previewId } = await preview(body);
    const { run } = await stage.runner.execute('test', { previewId, idempotencyKey: previewId }, admin);
    // Until it is known who holds a server connection: then it has been sent, and somebody has looked.
    await expect.poll(() => known(run.runId)?.progress?.waitsFor.length, patient).toBeGreaterThan(0);
    expect(known(run.runId)).toMatchObject({ status: 'running', cancellable: true });
    return run.runId;
  };
  const known = (runId: string) => stage.runner.runs().find((each) => each.runId === runId);
  const ended = async (runId: string): Promise<Run> => {
    await expect.poll(() => known(runId)?.endedAt ?? null, patient).not.toBeNull();
    return known(runId) as Run;
  };
  const resumeBody = (name = 'shop') => ({ action: 'pgbouncer-resume', target: { kind: 'pgbouncer-database', name } });

  it('pauses a database and resumes it: clients wait and are served', async () => {
    const one = await client();
    await one.query('select 1');
    const shown = await preview(on('pause'));
    expect(shown).toMatchObject({
      title: 'Pause shop?',
      sql: ['PAUSE shop;'],
      role: 'boss of PgBouncer',
      confirm: 'step',
      undo: { sql: 'RESUME shop;', body: resumeBody() },
      warnings: [
        expect.stringMatching(
          /^A client that waits for longer than 2\smin \(query_wait_timeout\) loses its connection\.$/,
        ),
      ],
    });
    expect(shown.facts).toContainEqual({
      label: 'Pool shop of app',
      value: '1 client served or idle, 0 waiting, 0 of 2 server connections at work',
    });
    expect(await paused()).toBe(0);
    const done = await execute(shown);
    expect(done).toMatchObject({
      status: 'done',
      verified: true,
      message: 'shop is paused: no server connection is left, 0 clients wait.',
      undo: { body: resumeBody() },
    });
    expect(await paused()).toBe(1);
    const served = one.query('select 42 as x');
    await waitFor(1);
    expect((await preview(on('resume'))).facts).toContainEqual({
      label: 'Pool shop of app',
      value: expect.stringContaining('1 waiting'),
    });
    expect(await refused(on('pause'))).toBe('422 already_paused');
    expect(await run(on('resume'))).toMatchObject({ status: 'done', verified: true, message: 'shop is resumed.' });
    expect((await served).rows).toEqual([{ x: 42 }]);
    expect(await refused(on('resume'))).toBe('422 not_paused');
    expect(await stage.events()).toEqual(['intent', 'result done', 'intent', 'result done']);
    const { entries } = await stage.audit.read({ limit: 1, event: 'result' });
    expect(entries[0]).toMatchObject({ sql: ['RESUME shop;'], role: 'boss of PgBouncer', target: { name: 'shop' } });
  });

  it('a pause waits for a transaction, tells who holds it, and ends when that does', async () => {
    const one = await holder();
    const runId = await begin(on('pause'));
    expect(known(runId)?.progress).toMatchObject({
      phase: 'waits until 1 server connection is free',
      ...{ done: 0, total: 1, unit: 'sessions' },
      waitsFor: [{ sentence: expect.stringMatching(/^Backend \d+ is held by client shop-api of ann at 127.0.0.1/) }],
    });
    await one.query('commit');
    expect(await ended(runId)).toMatchObject({ status: 'done', verified: true });
    expect(await paused()).toBe(1);
    await run(on('resume'));
  });

  it('a pause that waits is cancelled: it is resumed, and that is seen', async () => {
    const one = await holder();
    const runId = await begin(on('pause'));
    const waiting = (await client()).query('select 1');
    await stage.runner.cancel(runId, admin);
    expect(await ended(runId)).toMatchObject({
      status: 'cancelled',
      verified: false,
      message: 'Not paused. It was cancelled from here. It was taken back with RESUME shop: shop is not paused.',
    });
    expect(await paused()).toBe(0);
    await waiting;
    await one.query('commit');
    await sleep(500);
    // Nothing of it is left in PgBouncer that would pause it when the transaction ends.
    expect(await paused()).toBe(0);
    expect((await stage.events()).slice(-2)).toEqual(['cancel_requested', 'result cancelled']);
  });

  it('a pause that somebody else takes back ends, though PgBouncer never answers it', async () => {
    const one = await holder();
    const runId = await begin(on('pause'));
    await stage.server.sampler.console.send('RESUME shop');
    expect(await ended(runId)).toMatchObject({
      status: 'failed',
      message: 'Not paused. Somebody else resumed it while it waited.',
    });
    expect(await paused()).toBe(0);
    await one.query('commit');
  });

  it('a pause in session pooling gives up in time and is taken back', async () => {
    await (await client('sessions')).query('select 1');
    const body = on('pause', 'sessions', { wait_seconds: 1 });
    expect((await preview(body)).warnings).toContainEqual(expect.stringContaining('In session pooling'));
    const done = await run(body);
    expect(done).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(
        /^Not paused\. 1 server connection was still not free after \d+\ss\. It was taken back with RESUME sessions/,
      ),
      warnings: [expect.stringMatching(/held by client shop-api/)],
    });
    expect(await paused('sessions')).toBe(0);
  });

  it('kills what a database has, says how much, and lets clients in again by RESUME', async () => {
    const lost = await Promise.all([holder(), holder()]);
    const shown = await preview(on('kill'));
    expect(shown).toMatchObject({ confirm: 'typed', confirmText: 'shop', sql: ['KILL shop;'] });
    expect(shown.effect).toMatch(/^2 clients and 2 server connections are ended at once/);
    const done = await execute(shown);
    expect(done).toMatchObject({
      status: 'done',
      verified: true,
      message: expect.stringContaining('2 clients and 2 server connections of shop were ended. It is paused'),
      undo: { body: resumeBody() },
    });
    for (const one of lost) await expect(one.query('select 1')).rejects.toThrow();
    expect(await paused()).toBe(1);
    expect(await run(on('resume'))).toMatchObject({ status: 'done' });
    await (await client()).query('select 1');
  });

  it('renews server connections: the free ones at once, those at work when they are free', async () => {
    const pid = async (one: pg.Client) => (await one.query('select pg_backend_pid() as pid')).rows[0]?.pid;
    const [busy, idle] = [await holder(), await client()];
    const before = [await pid(busy), await pid(idle)];
    expect(await run(on('reconnect'))).toMatchObject({
      status: 'done',
      verified: true,
      message: expect.stringMatching(/ of 2 (is|are) closed, [12] will be as soon as free\.$/),
    });
    expect(await pid(busy)).toBe(before[0]);
    await busy.query('commit');
    expect(before).not.toContain(await pid(busy));
    expect(before).not.toContain(await pid(idle));
  });

  it('pauses and resumes PgBouncer as a whole, also where this version does not show that', async () => {
    await (await client()).query('select 1');
    const paused = await run(whole('pause'));
    expect(paused).toMatchObject({ status: 'done', sql: ['PAUSE;'] });
    const waiting = (await client()).query('select 1');
    await waitFor(1);
    expect(await run(whole('resume'))).toMatchObject({ status: 'done', sql: ['RESUME;'] });
    await waiting;
    const one = await holder();
    const runId = await begin(whole('pause'));
    // What is done to all of them is done to each.
    expect(await refusal(execute(await preview(on('reconnect'))))).toBe('409 already_running');
    await stage.runner.cancel(runId, admin);
    expect(await ended(runId)).toMatchObject({ status: 'cancelled' });
    await one.query('commit');
    await (await client()).query('select 1');
  });

  it('takes names as the console reads them, and no other database', async () => {
    expect((await preview(on('pause', 'Odd-Name'))).sql).toEqual(['PAUSE "Odd-Name";']);
    expect(await run(on('pause', 'Odd-Name'))).toMatchObject({ status: 'done' });
    expect(await paused('Odd-Name')).toBe(1);
    expect(await paused()).toBe(0);
    expect(await refused(on('pause', 'shop; KILL shop'))).toBe('404 not_found');
    expect(await refused(on('pause', 'nothing'))).toBe('404 not_found');
    expect(await refused(on('pause', 'pgbouncer'))).toBe('422 console');
    expect(await refused(on('reload'))).toBe('400 bad_input');
  });

  it('does nothing where the name leads elsewhere than previewed, or is gone', async () => {
    const reload = async () => {
      pooler.write();
      await stage.server.sampler.console.send('RELOAD');
    };
    const elsewhere = await changed(on('pause'), () => {
      pooler.setup.databases.shop = { host: '127.0.0.1', port: 1 };
      return reload();
    });
    expect(elsewhere).toBe('409 target_changed');
    expect(await paused()).toBe(0);
    expect(
      await changed(on('kill', 'sessions'), async () => {
        await pooler.stop();
        delete pooler.setup.databases.sessions;
        await pooler.start();
      }),
    ).toBe('409 target_changed');
    expect((await stage.events()).filter((event) => event === 'intent')).toEqual([]);
  });

  it('a user of stats_users is warned and refused, with the line that mends it', async () => {
    use('looker');
    const shown = await preview(on('pause'));
    expect(shown.warnings).toContainEqual(expect.stringContaining('admin_users = looker'));
    expect(await execute(shown)).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('admin_users = looker'),
      verified: false,
    });
    expect(await paused()).toBe(0);
  });

  it('warns where pgdeck itself goes through what would be paused', async () => {
    const through = targetFromUrl('url', pooler.url('ann', 'shop'));
    use('boss', { action: through });
    expect((await preview(on('pause'))).warnings).toContainEqual(
      expect.stringContaining("pgdeck's own connections to this server go through shop"),
    );
    expect((await preview(on('pause', 'sessions'))).warnings.join()).not.toContain("pgdeck's own");
  });

  it('a PgBouncer that stands still or is gone makes no run hang', async () => {
    const frozen = await preview(on('kill'));
    pooler.freeze();
    expect(await refusal(execute(frozen))).toMatch(/^PostgresProblem: /);
    pooler.thaw();
    expect((await stage.events()).filter((event) => event === 'intent')).toEqual([]);
    expect(await paused()).toBe(0);
    await holder();
    const runId = await begin(on('pause', 'shop', { wait_seconds: 5 }));
    await pooler.stop();
    // A PgBouncer that is gone has no pause either, but nobody can tell that from here.
    expect(await ended(runId)).toMatchObject({ status: 'unknown' });
  });
});
