import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody, Run } from '@/lib/actions/protocol';
import { bundleProgram } from '@/lib/embedded/test-program';
import { admin, refusal, Stage } from './test-stage';

const root = resolve(import.meta.dirname, '..', '..');
// Inside the clone, where its packages are found; dist is no part of it.
const program = join(root, 'dist', `test-runner-${process.pid}.mjs`);
let stage: Stage;
let child: ChildProcess | undefined;

beforeAll(async () => {
  await bundleProgram('bin/test-runner.ts', program);
  stage = await Stage.build();
  // Those who act stand at this gate for as long as the test holds a lock; they do not wait for it, or they would give up.
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
  child?.kill('SIGKILL');
  await stage.root('select pg_advisory_unlock_all()');
  await stage.root("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgdeck:act:%'");
  await stage.clear();
});
afterAll(async () => {
  rmSync(program, { force: true });
  await stage?.end();
});

const analyze = async (): Promise<PreviewBody> => ({
  action: 'analyze',
  target: { kind: 'relation', database: 'postgres', oid: await stage.oid('slow') },
});
const acting = () =>
  stage.root<{ pid: number; run: string }>(
    `select pid, replace(application_name, 'pgdeck:act:', '') as run from pg_stat_activity
     where application_name like 'pgdeck:act:%' and state = 'active' and wait_event = 'PgSleep'`,
  );

/** A pgdeck of its own that acts until it waits at the gate and is killed then; its state folder and its run. */
async function killed(body: PreviewBody): Promise<{ stateDir: string; runId: string; pid: number }> {
  const { stateDir } = stage;
  await stage.root('select pg_advisory_lock(4711)');
  child = spawn(process.execPath, [program, JSON.stringify({ stateDir, config: stage.server.config, body })], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PGDECK_LOG_LEVEL: 'fatal' },
  });
  let there: Awaited<ReturnType<typeof acting>> = [];
  const look = async () => {
    there = await acting();
    return there;
  };
  await expect.poll(look).toHaveLength(1);
  const gone = new Promise((resolve) => child?.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  const [{ pid, run: runId } = { pid: 0, run: '' }] = there;
  return { stateDir, runId, pid };
}

const openGate = () => stage.root('select pg_advisory_unlock_all()');
const run = (runId: string): Run | undefined => stage.runner.runs().find((each) => each.runId === runId);
const status = (runId: string) => expect.poll(() => run(runId)?.status);
const ended = async (runId: string): Promise<Run> => {
  await expect.poll(() => run(runId)?.endedAt ?? null).not.toBeNull();
  return run(runId) as Run;
};

describe('pgdeck is killed while an action runs', () => {
  it('and started again: it follows the run to its end and judges it from the catalog', async () => {
    const { stateDir, runId } = await killed(await analyze());
    stage.use('actor', {}, stateDir);
    await status(runId).toBe('running');
    await expect.poll(() => run(runId)?.progress?.phase).toBe('computing statistics');
    expect(run(runId)).toMatchObject({
      user: 'killed',
      title: 'Analyze public.slow?',
      endedAt: null,
      cancellable: true,
    });
    // Its target is taken, here and on the server.
    const preview = await stage.runner.preview('test', await analyze(), admin);
    expect(
      await refusal(stage.runner.execute('test', { previewId: preview.previewId, idempotencyKey: 'x' }, admin)),
    ).toBe('409 already_running');
    await openGate();
    expect(await ended(runId)).toMatchObject({
      status: 'done_with_warnings',
      verified: true,
      message: 'public.slow is analyzed.',
      warnings: ['pgdeck was ended while it ran; the catalog shows that the server finished it.'],
    });
    await expect.poll(() => stage.events()).toEqual(['intent', 'result done_with_warnings']);
    await expect.poll(() => stage.touched).toEqual([{ topics: ['tables'], database: 'postgres' }]);
    // The next start shows it as it ended, and does not adopt it once more.
    stage.use('actor', {}, stateDir);
    await status(runId).toBe('done_with_warnings');
    expect(run(runId)).toMatchObject({ user: 'killed', message: 'public.slow is analyzed.', cancellable: false });
    expect(await stage.events()).toEqual(['intent', 'result done_with_warnings']);
  });

  it('and started again: the run can be cancelled, and is cancelled then', async () => {
    const { stateDir, runId, pid } = await killed(await analyze());
    stage.use('actor', {}, stateDir);
    await expect.poll(() => run(runId)?.cancellable).toBe(true);
    await stage.runner.cancel(runId, admin);
    expect(await ended(runId)).toMatchObject({ status: 'cancelled', verified: false });
    await expect.poll(() => stage.root('select 1 from pg_stat_activity where pid = $1', [pid])).toEqual([]);
    await expect.poll(() => stage.events()).toEqual(['intent', 'cancel_requested', 'result cancelled']);
  });

  it('and started again: of several statements those that were not sent never run, and it says so', async () => {
    await stage.root('create table public.zz_last as select generate_series(1, 1000) as id');
    // The largest is the last, and VACUUM tells how large it is without an ANALYZE.
    await stage.root('vacuum public.zz_last');
    await stage.root('alter table public.zz_last owner to owner');
    const target = { kind: 'database' as const, database: 'postgres' };
    const { stateDir, runId } = await killed({ action: 'analyze-database', target, options: { only: 'all' } });
    stage.use('actor', {}, stateDir);
    await expect.poll(() => run(runId)?.progress?.step?.title).toContain('public.slow');
    const { index, count } = run(runId)?.progress?.step ?? { index: 0, count: 0 };
    expect(index).toBeLessThan(count);
    await openGate();
    const { status: how, message, verified, warnings } = await ended(runId);
    // Some tables are analyzed, and that is not what was to be done.
    expect({ how, verified }).toEqual({ how: 'unknown', verified: null });
    expect(message).toMatch(/its session is gone\. The catalog shows: \d+ of \d+ tables (is|are) analyzed\.$/);
    expect(warnings.join('\n')).not.toContain('finished it');
    expect(warnings.join('\n')).toMatch(
      new RegExp(`Statement ${index} of ${count} was the last that was sent: the .* never ran`),
    );
    expect(
      await stage.root("select 1 from pg_stat_all_tables where relname = 'zz_last' and last_analyze is not null"),
    ).toEqual([]);
  });

  it('and the session too before it starts again: nobody knows, and nothing is claimed', async () => {
    const { stateDir, runId, pid } = await killed(await analyze());
    await stage.root('select pg_terminate_backend($1, 30000)', [pid]);
    stage.use('actor', {}, stateDir);
    expect(await ended(runId)).toMatchObject({ status: 'unknown', verified: null });
    expect(run(runId)?.message).toContain('the catalog does not show the result');
  });

  it('and started again: it steps back for those who wait behind it, as it said', async () => {
    const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('slow') };
    const body = { action: 'vacuum-full', target, options: { yield_after_seconds: 1 } };
    const { stateDir, runId } = await killed(body);
    stage.use('actor', {}, stateDir);
    const reader = await stage.client('postgres', 'reader');
    expect((await reader.query('select count(*)::int as rows from public.slow')).rows).toEqual([{ rows: 2 }]);
    expect(await ended(runId)).toMatchObject({ status: 'cancelled', verified: false });
    expect(run(runId)?.message).toMatch(/^Not rewritten\. It stepped back: 1 session had waited \d+ s behind it\.$/);
  });

  it('and another cluster answers when it starts again: nothing is judged there', async () => {
    const { stateDir, runId } = await killed(await analyze());
    const [file = ''] = readdirSync(join(stateDir, 'audit'));
    const text = readFileSync(join(stateDir, 'audit', file), 'utf8');
    writeFileSync(join(stateDir, 'audit', file), text.replace(/"cluster":(null|"\d+")/g, '"cluster":"4711"'));
    stage.use('actor', {}, stateDir);
    expect(await ended(runId)).toMatchObject({ status: 'unknown', verified: null });
    expect(run(runId)?.message).toContain('another server answers at this address now');
  });

  it('and the server ends the session while it is followed: unknown', async () => {
    const { stateDir, runId, pid } = await killed(await analyze());
    stage.use('actor', {}, stateDir);
    await status(runId).toBe('running');
    await stage.root('select pg_terminate_backend($1, 30000)', [pid]);
    expect(await ended(runId)).toMatchObject({ status: 'unknown', verified: null });
  });

  it('and the server cannot be asked at the start: it says so, asks again, and finds the run', async () => {
    const { stateDir, runId } = await killed(await analyze());
    const { config } = stage.server;
    const nowhere = { ...config.action, port: 1 };
    stage.use('actor', { action: nowhere }, stateDir);
    await expect.poll(() => run(runId)?.message).toContain('cannot be asked now');
    expect(run(runId)).toMatchObject({ status: 'unknown', endedAt: null, verified: null });
    nowhere.port = config.action.port;
    await status(runId).toBe('running');
    await openGate();
    expect(await ended(runId)).toMatchObject({ status: 'done_with_warnings', verified: true });
  });
});

it('a run whose server is not watched any more, or that only waited, is told as what it is', async () => {
  const { stateDir } = stage;
  const of = (runId: string) => ({
    runId,
    requestId: '',
    user: { name: 'local', role: 'admin', mode: 'local' },
    action: 'analyze',
    title: 'Analyze public.slow?',
    target: { kind: 'relation', database: 'postgres', oid: 1, name: 'public.slow' },
    role: 'actor',
    sql: ['analyze public.slow'],
  });
  stage.use('actor', {}, stateDir);
  await stage.audit.write({ ...of('one'), event: 'intent', server: 'elsewhere' });
  await stage.audit.write({ ...of('two'), event: 'queued', server: 'test' });
  await stage.audit.write({ ...of('three'), event: 'intent', server: 'test', action: 'no-more' });
  const copy = stage.stateDir;
  cpSync(stateDir, copy, { recursive: true });
  stage.use('actor', {}, copy);
  expect(await ended('one')).toMatchObject({ status: 'unknown', verified: null });
  expect(await ended('two')).toMatchObject({ status: 'nothing_done', verified: null });
  expect(await ended('three')).toMatchObject({ status: 'unknown', target: { kind: 'relation', oid: 1 } });
});
