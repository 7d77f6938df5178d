import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Run } from '@/lib/actions/protocol';
import { admin, pidOf, refusal, Stage } from './test-stage';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.build();
});
beforeEach(() => stage.use('actor'));
afterEach(() => stage.clear());
afterAll(() => stage?.end());

const table = async (name: string, database = 'postgres') => ({
  kind: 'relation' as const,
  database,
  oid: await stage.oid(name),
});
const preview = async (name: string) =>
  stage.runner.preview('test', { action: 'analyze', target: await table(name) }, admin);
let keys = 0;
const execute = (previewId: string) =>
  stage.runner.execute('test', { previewId, idempotencyKey: `key-${keys++}` }, admin);
const ended = (run: Run) => stage.ended(run);
/** The run of a preview, when it has ended. */
const run = async (previewId: string) => {
  const answer = await execute(previewId);
  expect(answer.ended).toBe(answer.run.endedAt !== null);
  return ended(answer.run);
};
const analyzed = async (name: string) =>
  (await stage.root<{ at: string | null }>('select pg_stat_get_last_analyze_time($1::regclass)::text as at', [name]))[0]
    ?.at;

describe('analyze', () => {
  it('says what it takes, does it, and looks at the catalog before it says done', async () => {
    const shown = await preview('orders');
    expect(shown).toMatchObject({
      title: 'Analyze public.orders?',
      sql: ['analyze /* pgdeck:analyze */ public.orders'],
      role: 'actor',
      confirm: 'click',
      locks: [{ relation: 'public.orders', mode: 'ShareUpdateExclusiveLock' }],
      waitsFor: [],
      warnings: [],
    });
    expect(shown.confirmText).toBeUndefined();
    expect(await analyzed('orders')).toBeNull();
    expect(await run(shown.previewId)).toMatchObject({
      status: 'done',
      verified: true,
      message: 'public.orders is analyzed.',
      warnings: [],
    });
    expect(await analyzed('orders')).not.toBeNull();
    expect(await stage.events()).toEqual(['intent', 'result done']);
    expect(stage.touched).toEqual([{ topics: ['tables'], database: 'postgres' }]);
  });

  // T10: fails without format('%I.%I') in lib/actions/subjects/relation.ts: the name itself ends the statement there.
  it('T10: works on a name that needs quoting, on a partitioned table, and in another database', async () => {
    const odd = await preview('"Odd ""name""; drop"');
    expect(odd.sql).toEqual(['analyze /* pgdeck:analyze */ public."Odd ""name""; drop"']);
    expect(await run(odd.previewId)).toMatchObject({ status: 'done', verified: true });
    const parts = await preview('parts');
    expect(await run(parts.previewId)).toMatchObject({ status: 'done', verified: true });

    const other = await stage.client('postgres', 'setup', 'other');
    await other.query('create table there (id int); alter table there owner to owner');
    const { rows } = await other.query("select 'there'::regclass::oid as oid");
    const target = { kind: 'relation' as const, database: 'other', oid: rows[0].oid };
    const there = await stage.runner.preview('test', { action: 'analyze', target }, admin);
    expect(there.sql).toEqual(['analyze /* pgdeck:analyze */ public.there']);
    expect(await run(there.previewId)).toMatchObject({ status: 'done', verified: true });
  });

  it("without rights is nothing done, with the server's warning, which the preview foretells", async () => {
    stage.use('weak');
    const before = await analyzed('orders');
    const shown = await preview('orders');
    expect(shown.warnings.join()).toContain('Role weak may not analyze public.orders');
    const not = await run(shown.previewId);
    expect(not).toMatchObject({ status: 'nothing_done', verified: false });
    expect(not.warnings.join()).toMatch(/orders.*\(01000\)/);
    expect(await analyzed('orders')).toBe(before);
    expect(await stage.events()).toEqual(['intent', 'result nothing_done']);
  });

  it('tries three times for 2 s behind a lock, gives up, and tells who holds it: failed, 55P03', async () => {
    const migration = await stage.client('owner', 'migration');
    await migration.query('begin; lock table orders in access exclusive mode');
    const shown = await preview('orders');
    expect(shown.waitsFor).toMatchObject([{ pid: pidOf(migration), mode: 'AccessExclusiveLock', granted: true }]);
    expect(shown.warnings.join()).toContain('waits at most 2 s');
    const failed = await run(shown.previewId);
    expect(failed).toMatchObject({ status: 'failed', sqlstate: '55P03', verified: false });
    expect(failed.message).toContain('tried 3 times for 2 s each');
    expect(failed.warnings.join()).toContain(`Session ${pidOf(migration)} (migration) holds AccessExclusiveLock`);
    expect(await stage.events()).toEqual(['intent', 'result failed']);
  });

  it('is refused for what has no statistics, for what is gone, and for another one of the same name', async () => {
    expect(await refusal(preview('orders_view'))).toBe('422 not_a_table');
    const gone = { kind: 'relation' as const, database: 'postgres', oid: 4_000_000_000 };
    expect(await refusal(stage.runner.preview('test', { action: 'analyze', target: gone }, admin))).toBe(
      '404 not_found',
    );
    await stage.root('create table renamed (id int); alter table renamed owner to owner');
    const shown = await preview('renamed');
    await stage.root('alter table renamed rename to renamed_2; create table renamed (id int)');
    expect(await refusal(execute(shown.previewId))).toBe('409 target_changed');
    expect(await stage.events()).toEqual(['denied']);
    await stage.root('drop table renamed, renamed_2');
  });

  it('knows the kinds of target and options it takes', async () => {
    const backend = { kind: 'backend' as const, pid: 1, backend_start_us: '1' };
    expect(await refusal(stage.runner.preview('test', { action: 'analyze', target: backend }, admin))).toBe(
      '400 bad_input',
    );
    const options = { sql: 'drop table orders' };
    const body = { action: 'analyze', target: await table('orders'), options };
    expect(await refusal(stage.runner.preview('test', body, admin))).toBe('400 bad_input');
    expect(await refusal(stage.runner.preview('test', { ...body, action: 'drop' }, admin))).toBe('400 bad_input');
    expect(await refusal(stage.runner.preview('nowhere', body, admin))).toBe('404 not_found');
    await stage.server.connections.probe();
    const elsewhere = { ...body, options: {}, target: { ...body.target, database: 'nowhere' } };
    expect(await refusal(stage.runner.preview('test', elsewhere, admin))).toBe('404 not_found');
    expect(stage.server.connections.problem).toBeUndefined();
  });
});

it('a preview is void once the server was restarted', async () => {
  const shown = await preview('orders');
  await stage.restart();
  // The first answers may say that the server is still starting: nothing was sent, and the preview may be tried again.
  await expect.poll(() => refusal(execute(shown.previewId)), { interval: 500 }).toBe('410 preview_expired');
  expect(await stage.events()).toEqual([]);
});

describe('a long run', () => {
  // An index on a function that is slow for the runner only makes ANALYZE as slow as we like.
  beforeAll(async () => {
    await stage.root(`create table public.slow (id int);
      insert into public.slow select generate_series(1, 3000);
      create function public.slowly(id int) returns int language plpgsql immutable as $$ begin
        if current_setting('application_name') like 'pgdeck:act:%' then perform pg_sleep(0.02); end if;
        return id;
      end $$;
      create index on public.slow (public.slowly(id));
      alter table public.slow owner to owner`);
  });

  it('answers 202 after 3.5 s, shows its progress, is not started twice, and can be cancelled', async () => {
    const [first, second] = [await preview('slow'), await preview('slow')];
    const started = Date.now();
    const { run, ended: done } = await execute(first.previewId);
    // The statement takes a minute.
    expect(Date.now() - started).toBeLessThan(45_000);
    expect(done).toBe(false);
    expect(run).toMatchObject({ status: 'running', endedAt: null });
    expect(await refusal(execute(second.previewId))).toBe('409 already_running');
    await expect.poll(() => stage.runner.run(run.runId).progress?.phase).toBe('computing statistics');
    expect(stage.runner.run(run.runId).cancellable).toBe(true);
    const cancelled = await ended(await stage.runner.cancel(run.runId, admin));
    expect(cancelled).toMatchObject({ status: 'cancelled', sqlstate: '57014' });
    expect(await refusal(stage.runner.cancel(run.runId, admin))).toBe('409 nothing_to_cancel');
    expect(await refusal(stage.runner.cancel('none', admin))).toBe('404 not_found');
    expect(await stage.events()).toEqual(['intent', 'cancel_requested', 'result cancelled']);
    await expect
      .poll(() => stage.root("select 1 from pg_stat_activity where application_name like 'pgdeck:act:%'"))
      .toEqual([]);
  });

  it('whose connection is lost is unknown, not done', async () => {
    const { run } = await execute((await preview('slow')).previewId);
    await stage.root(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgdeck:act:%'",
    );
    expect(await ended(run)).toMatchObject({ status: 'unknown', verified: null });
  });

  it('is refused while another pgdeck runs the same', async () => {
    const other = stage.runner;
    const { run } = await execute((await preview('slow')).previewId);
    stage.use('actor');
    expect(await refusal(execute((await preview('slow')).previewId))).toBe('409 already_running');
    await other.cancel(run.runId, admin);
  });
});
