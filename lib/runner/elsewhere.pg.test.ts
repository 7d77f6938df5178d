import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { accessOf } from '@/lib/access/test-access';
import type { PreviewBody } from '@/lib/actions/protocol';
import { Runner } from './runner';
import { admin, refusal, Stage } from './test-stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.build();
  await stage.root(`create table public.slow (id int);
    insert into public.slow values (1), (2);
    create function public.gate(id int) returns int language plpgsql immutable as $$ begin
      if current_setting('application_name') like 'pgdeck:act:%' then
        while not pg_try_advisory_xact_lock_shared(4711) loop perform pg_sleep(0.05); end loop;
      end if;
      return id;
    end $$;
    create index on public.slow (public.gate(id));
    alter table public.slow owner to owner`);
});
beforeEach(() => stage.use('actor'));
afterEach(async () => {
  await stage.root('select pg_advisory_unlock_all()');
  const acting = () => stage.root("select pid from pg_stat_activity where application_name like 'pgdeck:act:%'");
  await expect.poll(acting).toEqual([]);
  await stage.clear();
});
afterAll(() => stage?.end());

const analyze = async (): Promise<PreviewBody> => ({
  action: 'analyze',
  target: { kind: 'relation', database: 'postgres', oid: await stage.oid('slow') },
});

/** Starts the action here, and gives another pgdeck on the same server; with a store it has copies of our audit. */
async function another(withStore: boolean) {
  const ours = stage.runner;
  await stage.root('select pg_advisory_lock(4711)');
  const { previewId } = await ours.preview('test', await analyze(), admin);
  const user = { name: 'mallory', role: 'admin' as const, mode: 'local' as const };
  const theirs = await ours.preview('test', await analyze(), user);
  const { run } = await ours.execute('test', { previewId: theirs.previewId, idempotencyKey: 'a' }, user);
  expect(await refusal(ours.execute('test', { previewId, idempotencyKey: 'b' }, admin))).toBe('409 already_running');
  const { entries } = await stage.audit.read({ limit: 10, event: 'intent' });
  const rows = entries.map((entry) => ({ line: JSON.stringify(entry), instance: 'db-host:8080', at: Date.now() }));
  stage.use('actor');
  const { server, audit } = stage;
  const store = { on: true, query: (async () => rows) as never };
  const other = new Runner(() => ({
    servers: new Map([['test', server]]),
    audit,
    config: { maintenanceMax: 2, approval: 'off', access: accessOf() },
    ...(withStore && { history: { store } }),
  }));
  return { run, ours, other };
}

it('what another pgdeck runs is shown with its progress, and the same is not run twice', async () => {
  const { run, ours, other } = await another(false);
  // A server that is slow to answer is not waited for.
  const shown = {
    runId: run.runId,
    elsewhere: 'another pgdeck',
    action: 'analyze',
    title: 'Analyze table',
    user: 'unknown',
    status: 'running',
    sql: ['analyze /* pgdeck:analyze */ public.slow'],
    progress: { phase: 'computing statistics' },
    cancellable: false,
  };
  await expect.poll(() => other.everyRun('test')).toMatchObject([shown]);
  expect((await other.find(run.runId)).runId).toBe(run.runId);
  expect(await other.everyRun('nowhere')).toEqual([]);
  expect((await ours.everyRun()).map(({ elsewhere }) => elsewhere)).toEqual([undefined]);
  const { previewId } = await other.preview('test', await analyze(), admin);
  const refused = await other.execute('test', { previewId, idempotencyKey: 'c' }, admin).catch((error) => error);
  expect(refused).toMatchObject({ status: 409, code: 'already_running' });
  expect(refused.message).toContain(`(run ${run.runId})`);
  await stage.root('select pg_advisory_unlock_all()');
  await expect.poll(async () => (await other.everyRun()).length).toBe(0);
  await expect.poll(() => ours.run(run.runId).status).toBe('done');
});

it('who started it is told where the store has copies of the other audit', async () => {
  const { run, other } = await another(true);
  await expect
    .poll(() => other.everyRun())
    .toMatchObject([
      {
        runId: run.runId,
        elsewhere: 'db-host:8080',
        user: 'mallory',
        title: 'Analyze public.slow?',
        target: { kind: 'relation' },
        message: 'It runs on db-host:8080: it can be cancelled there.',
      },
    ]);
  const { previewId } = await other.preview('test', await analyze(), admin);
  const refused = await other.execute('test', { previewId, idempotencyKey: 'd' }, admin).catch((error) => error);
  expect(refused.message).toContain('started by mallory (db-host:8080)');
});

it('what is done to the server is not done twice, also where the other pgdeck acts from another database', async () => {
  stage.use('postgres');
  const target = { kind: 'server' as const };
  const key = createHash('sha256')
    .update(`pgdeck:${JSON.stringify(target)}`)
    .digest();
  const other = await stage.client('postgres', 'pgdeck:act:theirs', 'other');
  await other.query('select pg_advisory_lock($1::int, $2::int)', [key.readInt32BE(0), key.readInt32BE(4)]);
  const shown = await stage.runner.preview('test', { action: 'switch-wal', target }, admin);
  const refused = await stage.runner
    .execute('test', { previewId: shown.previewId, idempotencyKey: 'e' }, admin)
    .catch((error) => error);
  expect(refused).toMatchObject({ status: 409, code: 'already_running' });
  expect(refused.message).toContain('(run theirs)');
  await other.end();
  const again = await stage.runner.preview('test', { action: 'switch-wal', target }, admin);
  const { run } = await stage.runner.execute('test', { previewId: again.previewId, idempotencyKey: 'f' }, admin);
  await expect.poll(() => stage.runner.run(run.runId).endedAt).not.toBeNull();
  expect(stage.runner.run(run.runId).status).not.toBe('failed');
});

it('a session that only has such a name is no run', async () => {
  const client = await stage.client('app', 'pgdeck:act:<script>');
  expect(await stage.runner.everyRun()).toEqual([]);
  await client.end();
});
