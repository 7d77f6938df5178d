import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { terminate } from '@/lib/actions/terminate';
import { admin, pidOf, refusal, Stage } from './test-stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.build();
});
beforeEach(() => stage.use('actor'));
afterEach(() => stage.clear());
afterAll(() => stage?.end());

const backend = async (client: pg.Client) => {
  const { pid, backend_start_us } = await stage.identity(client);
  return { kind: 'backend' as const, pid, backend_start_us };
};
const statement = async (client: pg.Client) => ({ kind: 'backend' as const, ...(await stage.identity(client)) });
const preview = async (action: string, target: Awaited<ReturnType<typeof statement | typeof backend>>) =>
  stage.runner.preview('test', { action, target }, admin);
let keys = 0;
const execute = async (previewId: string, confirmText?: string, idempotencyKey = `key-${keys++}`) => {
  const body = { previewId, idempotencyKey, ...(confirmText !== undefined && { confirmText }) };
  const { run, ended } = await stage.runner.execute('test', body, admin);
  expect(ended).toBe(run.endedAt !== null);
  return stage.ended(run);
};
const idleInTransaction = async (row = 1) => {
  const client = await stage.client('app');
  await client.query(`begin; update orders set note = 'x' where id = ${row}`);
  return client;
};

describe('terminate', () => {
  it('ends the session and says so only after having looked', async () => {
    const client = await idleInTransaction();
    const shown = await preview('terminate', await backend(client));
    expect(shown).toMatchObject({
      confirm: 'typed',
      confirmText: String(pidOf(client)),
      role: 'actor',
      locks: [],
      title: `Terminate session ${pidOf(client)}?`,
      warnings: ['Its transaction has written: what it wrote is rolled back.'],
    });
    expect(shown.previewId).toMatch(/^[0-9a-f]{32}$/);
    expect(shown.facts.find(({ label }) => label === 'Holds')?.value).toContain('RowExclusiveLock on public.orders');
    expect(shown.sql).toEqual([expect.stringMatching(/^select \/\* pgdeck:terminate \*\/ /)]);
    expect(await stage.alive(client)).toBe(true);

    const run = await execute(shown.previewId, String(pidOf(client)));
    expect(run).toMatchObject({ status: 'done', verified: true, message: `Session ${pidOf(client)} is terminated.` });
    expect(await stage.alive(client)).toBe(false);
    expect(await stage.events()).toEqual(['intent', 'result done']);
    expect(stage.touched).toMatchObject([{ topics: ['sessions', 'locks', 'connections', 'progress'] }]);
    const { entries } = await stage.audit.read({ limit: 1 });
    expect(entries[0]).toMatchObject({ action: 'terminate', role: 'actor', sql: shown.sql, user: { name: 'local' } });
    expect(entries[0]?.target).toMatchObject({
      pid: pidOf(client),
      members: [{ title: expect.stringContaining('app') }],
    });
  });

  it('kills nobody when the start is off by a microsecond, in the preview and in the statement that acts', async () => {
    const client = await idleInTransaction();
    const target = await backend(client);
    const off = { ...target, backend_start_us: String(BigInt(target.backend_start_us) + 1n) };
    expect(await refusal(preview('terminate', off))).toBe('409 target_changed');
    const rows = await stage.server.connections.signal((query) =>
      query(terminate.sql({ ...off, query_start_us: null })).then((answer) => answer.rows),
    );
    expect(rows).toEqual([]);
    expect(await stage.alive(client)).toBe(true);
  });

  it('refuses a pid that belongs to another session by then, and writes no intent', async () => {
    const client = await idleInTransaction();
    const shown = await preview('terminate', await backend(client));
    await client.end();
    while (await stage.alive(client)) await sleep(20);
    expect(await refusal(execute(shown.previewId, shown.confirmText))).toBe('409 target_changed');
    expect(await stage.events()).toEqual(['denied']);
    expect(stage.runner.runs()).toEqual([]);
  });

  it("is refused by PostgreSQL for a superuser's session, which the preview foretells: failed, 42501", async () => {
    const client = await stage.client('postgres', 'maintenance');
    const shown = await preview('terminate', await backend(client));
    expect(shown.warnings.join()).toContain('42501');
    const run = await execute(shown.previewId, shown.confirmText);
    expect(run).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    expect(await stage.alive(client)).toBe(true);
    expect(await stage.events()).toEqual(['intent', 'result failed']);
  });

  it('names the right that is missing', async () => {
    stage.use('weak');
    const client = await idleInTransaction();
    const shown = await preview('terminate', await backend(client));
    expect(shown.warnings.join()).toContain('grant pg_signal_backend to weak');
    expect(await execute(shown.previewId, shown.confirmText)).toMatchObject({ status: 'failed', sqlstate: '42501' });
  });

  it("offers neither pgdeck's own sessions nor the server's own processes", async () => {
    const own = await stage.client('app', 'pgdeck:act:x');
    expect(await refusal(preview('terminate', await backend(own)))).toBe('422 own_session');
    const [row] = await stage.root<{ pid: number; us: string }>(
      `select pid, (extract(epoch from backend_start) * 1000000)::bigint::text as us
       from pg_stat_activity where backend_type = 'checkpointer'`,
    );
    const process = { kind: 'backend' as const, pid: row?.pid ?? 0, backend_start_us: row?.us ?? '' };
    expect(await refusal(preview('terminate', process))).toBe('422 not_a_client');
  });

  it('says so when the session does not end within 3 s', async () => {
    const client = await stage.client('app');
    const shown = await preview('terminate', await backend(client));
    process.kill(pidOf(client), 'SIGSTOP');
    try {
      const ended = await execute(shown.previewId, shown.confirmText);
      expect(ended).toMatchObject({ status: 'done_with_warnings', verified: false });
      expect(ended.message).toContain('still there after 3 s');
      expect(ended.warnings.join()).toContain('(01000)');
    } finally {
      process.kill(pidOf(client), 'SIGCONT');
    }
    await expect.poll(() => stage.alive(client)).toBe(false);
  });

  it('tells who is next in line for the lock', async () => {
    const holder = await idleInTransaction();
    const altering = await stage.client('owner', 'migration');
    const waiting = altering.query('alter table orders add column extra int').catch(() => {});
    await stage.waiting(altering);
    const reader = await stage.client('app', 'reader');
    const reading = reader.query('select count(*) from orders').catch(() => {});
    await stage.waiting(reader);
    const shown = await preview('terminate', await backend(holder));
    expect(shown.warnings.join(' ')).toContain(
      `Next in line is session ${pidOf(altering)} (migration): it gets AccessExclusiveLock on public.orders`,
    );
    await stage.root('select pg_terminate_backend($1)', [pidOf(altering)]);
    await Promise.all([waiting, reading]);
  });
});

describe('with a catalog locked', () => {
  it.each(['pg_authid', 'pg_database', 'pg_class'])(
    '%s, a session can still be previewed, without its names',
    async (catalog) => {
      const client = await idleInTransaction();
      const target = await backend(client);
      await preview('terminate', target);
      const locker = await stage.client('postgres', 'locker');
      await locker.query(`begin; lock table ${catalog} in access exclusive mode`);
      const started = Date.now();
      const shown = await preview('terminate', target);
      // Less than the 4 s after which a question that waits is ended.
      expect(Date.now() - started).toBeLessThan(3500);
      expect(shown.confirmText).toBe(String(pidOf(client)));
      const run = await execute(shown.previewId, shown.confirmText);
      await locker.query('rollback');
      // What the server could not look up in time it says; it is never left open.
      expect(run.status === 'done' || run.sqlstate === '55P03').toBe(true);
    },
  );
});

describe('the preview', () => {
  it('is used once, and the same idempotency key gets the same answer', async () => {
    const client = await idleInTransaction();
    const shown = await preview('terminate', await backend(client));
    const [first, second] = await Promise.all([
      execute(shown.previewId, shown.confirmText, 'same'),
      execute(shown.previewId, shown.confirmText, 'same'),
    ]);
    expect(second.runId).toBe(first.runId);
    expect((await execute(shown.previewId, shown.confirmText, 'same')).status).toBe('done');
    expect(await refusal(execute(shown.previewId, shown.confirmText, 'another'))).toBe('410 preview_used');
    expect(await refusal(execute('0'.repeat(32), '1', 'same'))).toBe('422 key_reused');
    expect(await stage.events()).toEqual(['intent', 'result done']);
  });

  it('stays valid after a wrong confirmation', async () => {
    const client = await idleInTransaction();
    const shown = await preview('terminate', await backend(client));
    expect(await refusal(execute(shown.previewId, '1', 'k'))).toBe('422 confirm_mismatch');
    expect(await refusal(execute(shown.previewId, undefined, 'k'))).toBe('422 confirm_mismatch');
    expect(await stage.alive(client)).toBe(true);
    expect((await execute(shown.previewId, shown.confirmText, 'k')).status).toBe('done');
  });

  it('is unknown to other users, after two minutes, and when the server was restarted since', async () => {
    const client = await idleInTransaction();
    const shown = await preview('terminate', await backend(client));
    const other = { name: 'other', role: 'admin' as const, mode: 'local' as const };
    const body = { previewId: shown.previewId, idempotencyKey: 'x', confirmText: shown.confirmText ?? '' };
    expect(await refusal(stage.runner.execute('test', body, other))).toBe('410 preview_expired');
    const now = Date.now;
    Date.now = () => now() + 121_000;
    expect(await refusal(execute(shown.previewId, shown.confirmText))).toBe('410 preview_expired');
    Date.now = now;
    expect(await stage.alive(client)).toBe(true);
    expect(await refusal(execute('f'.repeat(32), '1'))).toBe('410 preview_expired');
  });

  it('asks for one level more on production and on another machine that nobody named', async () => {
    stage.use('actor', { environment: 'production' });
    const running = await stage.client('app');
    running.query('select pg_sleep(30)').catch(() => {});
    await stage.running(running);
    const target = await statement(running);
    expect((await preview('cancel', target)).confirm).toBe('typed');
    stage.use('actor');
    expect((await preview('cancel', target)).confirm).toBe('step');
    await stage.root('select pg_cancel_backend($1)', [target.pid]);
  });
});

describe('cancel', () => {
  const sleeping = async () => {
    const client = await stage.client('app', 'report');
    const query = client.query('select pg_sleep(60)').then(
      () => 'ended',
      (error) => error.code,
    );
    await stage.running(client);
    return { client, query };
  };

  it('ends the statement and leaves the session', async () => {
    const { client, query } = await sleeping();
    const shown = await preview('cancel', await statement(client));
    expect(shown.confirm).toBe('step');
    expect(await execute(shown.previewId)).toMatchObject({ status: 'done', verified: true });
    expect(await query).toBe('57014');
    expect(await stage.alive(client)).toBe(true);
  });

  it('is not offered for a session that is idle in a transaction', async () => {
    const client = await idleInTransaction();
    expect(await refusal(preview('cancel', await statement(client)))).toBe('409 nothing_to_cancel');
  });

  it('needs the start of the statement, and leaves another statement alone', async () => {
    const { client, query } = await sleeping();
    expect(await refusal(preview('cancel', await backend(client)))).toBe('400 bad_input');
    const shown = await preview('cancel', await statement(client));
    await stage.root('select pg_cancel_backend($1)', [pidOf(client)]);
    await query;
    // Another statement, which goes on for as long as the test holds the lock.
    await stage.root('select pg_advisory_lock(4711)');
    const next = client.query('select pg_advisory_xact_lock(4711)').then(() => 'ended');
    await stage.waiting(client);
    expect(await refusal(execute(shown.previewId))).toBe('409 target_changed');
    await stage.root('select pg_advisory_unlock(4711)');
    expect(await next).toBe('ended');
    const again = await sleeping();
    const other = await preview('cancel', await statement(again.client));
    await stage.root('select pg_cancel_backend($1)', [pidOf(again.client)]);
    await again.query;
    // The client hears of the cancel a moment before the session is idle.
    const state = () =>
      stage.root<{ state: string }>('select state from pg_stat_activity where pid = $1', [pidOf(again.client)]);
    await expect.poll(async () => (await state())[0]?.state).toBe('idle');
    expect(await refusal(execute(other.previewId))).toBe('409 nothing_to_cancel');
  });
});

describe('terminating every session of a filter', () => {
  const bulk = (filter: {
    state: 'idle' | 'idle in transaction';
    older_than_seconds: number;
    application_name?: string;
  }) => stage.runner.preview('test', { action: 'terminate', target: { kind: 'backends', filter } }, admin);

  it('takes the members that were previewed and leaves the one alone that began another statement', async () => {
    const first = await idleInTransaction(1);
    const second = await idleInTransaction(2);
    const third = await idleInTransaction(3);
    const young = await stage.client('app', 'other');
    await sleep(5200);
    await young.query('begin');
    // Young it is for five seconds, however busy the machine.
    const shown = await bulk({ state: 'idle in transaction', older_than_seconds: 5 });
    expect(shown).toMatchObject({ confirm: 'typed', confirmText: '3' });
    expect(shown.members?.map(({ pid }) => pid).sort()).toEqual([first, second, third].map(pidOf).sort());
    expect(shown.sql).toHaveLength(3);
    await second.query('select 1');
    const run = await execute(shown.previewId, '3');
    expect(run).toMatchObject({ status: 'done_with_warnings', verified: false });
    const statusOf = (client: pg.Client) => run.members?.find(({ pid }) => pid === pidOf(client))?.status;
    expect([first, second, third].map(statusOf)).toEqual(['done', 'nothing_done', 'done']);
    expect(await Promise.all([first, second, third, young].map((client) => stage.alive(client)))).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });

  it('is filtered by application, never takes pgdeck, and says when nobody matches', async () => {
    const mine = await stage.client('app', 'leaky');
    const ours = await stage.client('app', 'pgdeck');
    await stage.client('app', 'shop');
    await sleep(1200);
    const shown = await bulk({ state: 'idle', older_than_seconds: 1, application_name: 'leaky' });
    expect(shown.members?.map(({ pid }) => pid)).toEqual([pidOf(mine)]);
    expect(await execute(shown.previewId, '1')).toMatchObject({ status: 'done', verified: true });
    const all = await bulk({ state: 'idle', older_than_seconds: 1 });
    expect(all.members?.map(({ pid }) => pid)).not.toContain(pidOf(ours));
    expect(await refusal(bulk({ state: 'idle', older_than_seconds: 3600 }))).toBe('422 nothing_to_do');
  });
});

describe('an audit that cannot be written', () => {
  it('refuses the action before anything is sent, and the preview can be used once it is mended', async () => {
    const stateDir = stage.stateDir;
    writeFileSync(join(stateDir, 'audit'), 'in the way');
    stage.use('actor', {}, stateDir);
    const client = await idleInTransaction();
    const shown = await preview('terminate', await backend(client));
    expect(await refusal(execute(shown.previewId, shown.confirmText, 'k'))).toBe('503 audit_unwritable');
    expect(await stage.alive(client)).toBe(true);
    expect(stage.runner.runs()).toEqual([]);
    rmSync(join(stateDir, 'audit'));
    expect((await execute(shown.previewId, shown.confirmText, 'k')).status).toBe('done');
  });
});

it('cancels the statements of all that run for longer, and of nobody else', async () => {
  const [first, second, idle] = [await stage.client('app'), await stage.client('app'), await stage.client('app')];
  const outcomes = [first, second].map((client) => client.query('select pg_sleep(30)').catch((error) => error.code));
  await Promise.all([stage.running(first), stage.running(second)]);
  await sleep(1300);
  const filter = { state: 'active' as const, older_than_seconds: 1 };
  const bulk = (action: string, state: 'active' | 'idle') =>
    stage.runner.preview('test', { action, target: { kind: 'backends', filter: { ...filter, state } } }, admin);
  expect(await refusal(bulk('cancel', 'idle'))).toBe('400 bad_input');
  const shown = await bulk('cancel', 'active');
  expect(shown).toMatchObject({ confirm: 'typed', confirmText: '2' });
  expect(await execute(shown.previewId, '2')).toMatchObject({ status: 'done', verified: true });
  expect(await Promise.all(outcomes)).toEqual(['57014', '57014']);
  expect(await Promise.all([first, second, idle].map((client) => stage.alive(client)))).toEqual([true, true, true]);
});

it('tells what a pgdeck that was killed had begun, as unknown', async () => {
  const stateDir = stage.stateDir;
  stage.use('actor', {}, stateDir);
  await stage.audit.write({
    event: 'intent',
    runId: 'lost',
    server: 'test',
    action: 'analyze',
    title: 'Analyze public.orders?',
    target: { kind: 'relation', database: 'postgres', oid: 1 },
    user: { name: 'local', role: 'admin', mode: 'local' as const },
  });
  await stage.audit.close();
  stage.use('actor', {}, stateDir);
  await expect.poll(() => stage.runner.runs()).toMatchObject([{ runId: 'lost', status: 'unknown' }]);
  await expect.poll(() => stage.events()).toEqual(['intent', 'result unknown']);
});

it('writes down who previewed, and what was denied and why', async () => {
  const client = await idleInTransaction();
  const target = await backend(client);
  const shown = await preview('terminate', target);
  const ofPreview = { server: 'test', action: 'terminate', previewId: shown.previewId, user: { name: 'local' } };
  expect(await refusal(execute(shown.previewId, 'wrong'))).toBe('422 confirm_mismatch');
  const viewer = { name: 'guest', role: 'viewer' as const, mode: 'local' as const };
  const body = { action: 'terminate', target };
  expect(await refusal(stage.runner.preview('test', body, viewer))).toBe('403 forbidden');

  expect((await stage.audit.read({ limit: 9 })).entries).toMatchObject([
    {
      event: 'denied',
      status: 403,
      code: 'forbidden',
      user: { name: 'guest', role: 'viewer', mode: 'local' as const },
      target,
    },
    { ...ofPreview, event: 'denied', status: 422, code: 'confirm_mismatch', title: shown.title, target },
  ]);
  const { entries } = await stage.audit.read({ limit: 9, event: 'preview' });
  expect(entries).toMatchObject([{ ...ofPreview, target: { ...target, members: shown.members } }]);
  expect(entries[0]?.sql).toBeUndefined();
});
