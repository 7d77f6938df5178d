import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody, Run } from '@/lib/actions/protocol';
import { Line } from './test-line';
import { admin, pidOf, Stage } from './test-stage';

// What can go wrong in the other kinds of run: a change in one transaction, a setting, a signal.

let stage: Stage;
let line: Line;

beforeAll(async () => {
  stage = await Stage.build();
  await stage.root(`grant alter system on parameter work_mem to actor;
    grant execute on function pg_reload_conf() to actor;
    grant select on pg_file_settings to actor;
    grant execute on function pg_show_all_file_settings() to actor`);
});
beforeEach(async () => {
  stage.use('actor');
  line = await Line.to(stage.server.config.action.port);
});
afterEach(async () => {
  line.close();
  await stage.root("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgdeck:act:%'");
  await stage.clear();
});
afterAll(() => stage?.end());

const preview = (body: PreviewBody) => stage.runner.preview('test', body, admin);
const execute = async (body: PreviewBody) => {
  const { previewId, confirmText = '' } = await preview(body);
  return (await stage.runner.execute('test', { previewId, idempotencyKey: previewId, confirmText }, admin)).run;
};
const ended = async (runId: string): Promise<Run> => {
  await expect
    .poll(() => stage.runner.runs().find((run) => run.runId === runId)?.endedAt ?? null, { timeout: 30_000 })
    .not.toBeNull();
  return stage.runner.run(runId);
};
const run = async (body: PreviewBody) => ended((await execute(body)).runId);
const byLine = (folder?: string) =>
  stage.use('actor', { action: line.by(stage.server.config.action), read: stage.server.config.read }, folder);
/** The state of a pgdeck that is killed now, for the next one to start with. */
const killedNow = (folder: string) => {
  const copy = stage.stateDir;
  cpSync(join(folder, 'audit'), join(copy, 'audit'), { recursive: true });
  return copy;
};
const endSession = () =>
  stage.root(
    "select pg_terminate_backend(pid, 30000) from pg_stat_activity where application_name like 'pgdeck:act:%'",
  );

describe('a change in one transaction', () => {
  const fillfactor = async (value: number): Promise<PreviewBody> => ({
    action: 'set-storage-parameters',
    target: { kind: 'relation', database: 'postgres', oid: await stage.oid('orders') },
    options: { fillfactor: value },
  });
  const options = async () =>
    (
      await stage.root<{ options: string[] | null }>(
        "select reloptions as options from pg_class where relname = 'orders'",
      )
    )[0]?.options ?? null;
  const holder = async () => {
    const client = await stage.client('owner', 'migration');
    await client.query('begin; lock table orders in share update exclusive mode');
    return client;
  };
  const waiting = (runId: string) => expect.poll(() => stage.runner.run(runId).progress?.waitsFor.length ?? 0).toBe(1);

  it('behind a lock tries again, gives up, and names the holder: failed, and nothing is changed', async () => {
    const client = await holder();
    const failed = await run(await fillfactor(80));
    expect(failed).toMatchObject({ status: 'failed', sqlstate: '55P03', verified: false });
    expect(failed.message).toContain('tried 3 times for 2 s each');
    expect(failed.warnings.join()).toContain(`Session ${pidOf(client)} (migration)`);
    expect(await options()).toBeNull();
  });

  it('cancelled while it waits is cancelled, also between two tries', async () => {
    await holder();
    const { runId } = await execute(await fillfactor(80));
    await expect.poll(() => stage.runner.run(runId).progress?.phase).toContain('tries again');
    await stage.runner.cancel(runId, admin);
    expect(await ended(runId)).toMatchObject({ status: 'cancelled', verified: false });
    expect(await options()).toBeNull();
  });

  it('whose session is ended is not guessed about: unknown', async () => {
    await holder();
    const { runId } = await execute(await fillfactor(80));
    await waiting(runId);
    await endSession();
    expect(await ended(runId)).toMatchObject({ status: 'unknown', verified: null });
    expect(await options()).toBeNull();
  });

  it('whose connection is lost after it was sent is judged by the catalog: done, with a warning', async () => {
    byLine();
    line.cutWhen('pgdeck:set-storage-parameters', 'near');
    const done = await run(await fillfactor(80));
    expect(done).toMatchObject({ status: 'done_with_warnings', verified: true });
    expect(done.warnings.join()).toContain('The connection was lost while it ran');
    expect(await options()).toEqual(['fillfactor=80']);
    await run(done.undo?.body as PreviewBody);
    expect(await options()).toBeNull();
  });

  it('whose pgdeck is killed and that is gone with nothing changed is nothing done; one that is done is done', async () => {
    const folder = stage.stateDir;
    stage.use('actor', {}, folder);
    const client = await holder();
    const { runId } = await execute(await fillfactor(80));
    await waiting(runId);
    const copy = killedNow(folder);
    await endSession();
    const again = killedNow(folder);
    stage.use('actor', {}, copy);
    expect(await ended(runId)).toMatchObject({ status: 'nothing_done', verified: false });
    await client.query('rollback');
    await stage.root('alter table orders set (fillfactor = 80)');
    stage.use('actor', {}, again);
    await expect.poll(() => stage.runner.runs()).toHaveLength(1);
    expect((await ended(runId)).status).toBe('done_with_warnings');
    await stage.root('alter table orders reset (fillfactor)');
  });
});

describe('a setting', () => {
  const workMem = (value: string | null): PreviewBody => ({
    action: 'alter-system',
    target: { kind: 'setting', name: 'work_mem' },
    options: { value },
  });
  const inFile = async () =>
    (await stage.root<{ setting: string }>("select setting from pg_file_settings where name = 'work_mem'"))[0]?.setting;

  it('that may be written and not loaded is not written', async () => {
    await stage.root('revoke execute on function pg_reload_conf() from actor');
    const left = await run(workMem('7MB'));
    expect(left).toMatchObject({ status: 'failed', sqlstate: '42501', verified: false });
    expect(left.next ?? []).toEqual([]);
    expect(await inFile()).toBeUndefined();
    await stage.root('grant execute on function pg_reload_conf() to actor');
  });

  it('whose session is ended between writing and loading is unknown, and names what is written', async () => {
    byLine();
    line.cutWhen('pgdeck:reload', 'silent');
    const { runId } = await execute(workMem('7MB'));
    expect(stage.runner.run(runId)).toMatchObject({ status: 'running', endedAt: null });
    await endSession();
    const left = await ended(runId);
    expect(left).toMatchObject({ status: 'unknown', verified: null });
    expect(left.warnings.join()).toContain('work_mem is written');
    stage.use('actor');
    expect(await run(left.next?.[0]?.body as PreviewBody)).toMatchObject({ status: 'done' });
    expect(await inFile()).toBeUndefined();
  });

  it('whose pgdeck is killed between writing and loading is adopted: unknown, with what is left', async () => {
    const folder = stage.stateDir;
    byLine(folder);
    line.cutWhen('pgdeck:reload', 'silent');
    const { runId } = await execute(workMem('7MB'));
    stage.use('actor', { action: stage.server.config.read }, killedNow(folder));
    await expect.poll(() => stage.runner.runs()).toHaveLength(1);
    const left = await ended(runId);
    expect(left).toMatchObject({ status: 'unknown', verified: null });
    expect(left.warnings.join()).toContain('2 statements, sent one after the other');
    expect(await run(left.next?.[0]?.body as PreviewBody)).toMatchObject({ status: 'done' });
    expect(await inFile()).toBeUndefined();
  });
});

describe('a signal', () => {
  const victim = async () => {
    const client = await stage.client('app', 'victim');
    const { pid, backend_start_us } = await stage.identity(client);
    return { client, body: { action: 'terminate', target: { kind: 'backend' as const, pid, backend_start_us } } };
  };

  it.each([
    ['pg_database', { status: 'done', verified: true }, false],
    ['pg_authid', { status: 'failed', sqlstate: '55P03', verified: false }, true],
  ])(
    'while %s is locked is sent where the right to can be checked, or fails as a whole',
    async (catalog, as, alive) => {
      const { client, body } = await victim();
      const { previewId, confirmText = '' } = await preview(body);
      const migration = await stage.client('postgres', 'migration');
      await migration.query(`begin; lock table ${catalog} in access exclusive mode`);
      const key = { previewId, idempotencyKey: previewId, confirmText };
      const { run } = await stage.runner.execute('test', key, admin);
      const whole = await stage.ended(run).finally(() => migration.query('rollback'));
      expect(whole).toMatchObject(as);
      expect(await stage.alive(client)).toBe(alive);
    },
  );

  it('whose connection is lost after it was sent is judged by a look: done', async () => {
    byLine();
    const { client, body } = await victim();
    line.cutWhen('pgdeck:terminate', 'near');
    expect(await run(body)).toMatchObject({ status: 'done', verified: true });
    expect(await stage.alive(client)).toBe(false);
  });

  it('whose connection is lost before it arrives is unknown: the session is still there', async () => {
    byLine();
    const { client, body } = await victim();
    line.cutWhen('pgdeck:terminate', 'silent');
    const lost = await run(body);
    expect(lost).toMatchObject({ status: 'unknown', verified: null });
    expect(lost.message).toContain('may not have reached');
    expect(await stage.alive(client)).toBe(true);
  });
});
