import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody, Run } from '@/lib/actions/protocol';
import { onIndexes } from './test-indexes';
import { Line } from './test-line';
import { admin, pidOf, Stage } from './test-stage';

// What can go wrong while an index is built, which is what leaves something behind.

let stage: Stage;
let line: Line;

beforeAll(async () => {
  stage = await Stage.build();
  await stage.root('grant create on schema public to owner');
  line = await Line.to(stage.server.config.action.port);
});
beforeEach(() => stage.use('actor'));
afterEach(async () => {
  await stage.root("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgdeck:act:%'");
  await stage.clear();
  await stage.root('drop index if exists orders_note_idx');
});
afterAll(async () => {
  line?.close();
  await stage?.end();
});

const { create, preview, start, ended, next, run, valid } = onIndexes(() => stage);
const body = () => create('orders', { columns: [{ attnum: 2 }] });
const index = 'public.orders_note_idx';
const begin = async (asked?: PreviewBody) => start(await preview(asked ?? (await body())));
const now = (runId: string): Run => stage.runner.run(runId);
const waits = (runId: string, phase: string) => expect.poll(() => now(runId).progress?.phase).toBe(phase);

/** A session whose snapshot holds up every concurrent build until its transaction ends. */
async function oldSnapshot(): Promise<pg.Client> {
  const client = await stage.client('app', 'report');
  await client.query('begin isolation level repeatable read; select 1');
  return client;
}

/** The state of a pgdeck that was killed just now, for the next one to start with. */
function killedNow(folder: string): string {
  const copy = stage.stateDir;
  cpSync(join(folder, 'audit'), join(copy, 'audit'), { recursive: true });
  return copy;
}

/** Drops what a run left behind by what it says is next, and builds the index once more. */
async function cleanUp(left: Run): Promise<void> {
  expect(await valid(index)).toBe(false);
  const dropped = await run(next(left, 'drop-index').body);
  expect(dropped).toMatchObject({ status: 'done', verified: true });
  expect(await valid(index)).toBeUndefined();
  expect(await run(await body())).toMatchObject({ status: 'done', verified: true });
  expect(await valid(index)).toBe(true);
}

describe('an index build', () => {
  it('behind a lock waits patiently, names the holder, and leaves nothing when it is cancelled', async () => {
    const migration = await stage.client('owner', 'migration');
    await migration.query('begin; lock table orders in share mode');
    const shown = await preview(await body());
    expect(shown.waitsFor).toMatchObject([{ pid: pidOf(migration) }]);
    const runId = await start(shown);
    await waits(runId, 'waiting for the lock');
    expect(now(runId).progress?.waitsFor).toMatchObject([{ pid: pidOf(migration), mode: 'ShareLock', granted: true }]);
    await stage.runner.cancel(runId, admin);
    expect(await ended(runId)).toMatchObject({ status: 'cancelled', sqlstate: '57014', verified: false, next: [] });
    expect(await valid(index)).toBeUndefined();
    expect(await stage.events()).toEqual(['intent', 'cancel_requested', 'result cancelled']);
  });

  it('behind a lock that is let go is built', async () => {
    const migration = await stage.client('owner', 'migration');
    await migration.query('begin; lock table orders in share mode');
    const runId = await begin();
    await waits(runId, 'waiting for the lock');
    await migration.query('commit');
    expect(await ended(runId)).toMatchObject({ status: 'done', verified: true });
  });

  it('held up by an old snapshot names it; cancelled midway it leaves an INVALID index, which is cleaned up', async () => {
    const report = await oldSnapshot();
    const runId = await begin();
    await waits(runId, 'waiting for old snapshots');
    expect(now(runId).progress?.waitsFor).toMatchObject([{ pid: pidOf(report) }]);
    await stage.runner.cancel(runId, admin);
    const left = await ended(runId);
    expect(left).toMatchObject({ status: 'cancelled', verified: false });
    await report.query('rollback');
    await cleanUp(left);
  });

  it('whose session is ended midway is unknown, and what it left is named and cleaned up', async () => {
    const report = await oldSnapshot();
    const runId = await begin();
    await waits(runId, 'waiting for old snapshots');
    await stage.root(
      "select pg_terminate_backend(pid, 30000) from pg_stat_activity where application_name like 'pgdeck:act:%'",
    );
    const left = await ended(runId);
    expect(left).toMatchObject({ status: 'unknown', verified: null });
    await report.query('rollback');
    await cleanUp(left);
  });

  it('whose connection is lost while the server goes on is followed to its end', async () => {
    stage.use('actor', { action: line.by(stage.server.config.action) });
    const report = await oldSnapshot();
    line.cutWhen('create /* pgdeck:create-index */', 'near');
    const runId = await begin();
    await expect.poll(() => now(runId).message).toContain('the server goes on with it');
    await waits(runId, 'waiting for old snapshots');
    expect(now(runId)).toMatchObject({ status: 'running', cancellable: true });
    await report.query('rollback');
    expect(await ended(runId)).toMatchObject({ status: 'done_with_warnings', verified: true });
    expect(await valid(index)).toBe(true);
    await expect
      .poll(() => stage.root("select 1 from pg_stat_activity where application_name like 'pgdeck:act:%'"))
      .toEqual([]);
  });

  it('whose pgdeck is killed midway is adopted by the next and ends as done', async () => {
    const folder = stage.stateDir;
    stage.use('actor', {}, folder);
    const report = await oldSnapshot();
    const runId = await begin();
    await waits(runId, 'waiting for old snapshots');
    stage.use('actor', {}, killedNow(folder));
    await expect
      .poll(() => stage.runner.runs().map((each) => each.progress?.waitsFor[0]?.pid))
      .toEqual([pidOf(report)]);
    await report.query('rollback');
    const adopted = await ended(runId);
    expect(adopted).toMatchObject({
      status: 'done_with_warnings',
      verified: true,
      undo: { body: { action: 'drop-index' } },
    });
    expect(adopted.figures).toMatchObject([{ label: 'Size of the index', before: null }]);
    expect(await stage.events()).toEqual(['intent', 'result done_with_warnings']);
  });

  it('that the next pgdeck adopted can be cancelled there, and what it left is cleaned up', async () => {
    const folder = stage.stateDir;
    stage.use('actor', {}, folder);
    const report = await oldSnapshot();
    const runId = await begin();
    await waits(runId, 'waiting for old snapshots');
    stage.use('actor', {}, killedNow(folder));
    await expect.poll(() => stage.runner.runs()[0]?.cancellable).toBe(true);
    await stage.runner.cancel(runId, admin);
    const left = await ended(runId);
    expect(left).toMatchObject({ status: 'cancelled', verified: false });
    await report.query('rollback');
    await cleanUp(left);
  });

  it('that ended while no pgdeck ran is judged by the catalog: unknown, with what it left', async () => {
    const folder = stage.stateDir;
    stage.use('actor', {}, folder);
    const report = await oldSnapshot();
    const runId = await begin();
    await waits(runId, 'waiting for old snapshots');
    const copy = killedNow(folder);
    await stage.root(
      "select pg_terminate_backend(pid, 30000) from pg_stat_activity where application_name like 'pgdeck:act:%'",
    );
    stage.use('actor', {}, copy);
    await expect.poll(() => stage.runner.runs()).toHaveLength(1);
    const left = await ended(runId);
    expect(left).toMatchObject({ status: 'unknown', verified: null });
    expect(left.message).toContain('It left something behind.');
    await report.query('rollback');
    await cleanUp(left);
  });
});
