import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ApiError } from '@/lib/access/errors';
import type { PreviewBody } from '@/lib/actions/protocol';
import { until } from '@/lib/history/test-stage';
import { admin, refusal } from '@/lib/runner/test-stage';
import type { Keeper } from './keeper';
import { Desk } from './test-desk';

const hourMs = 3_600_000;
let desk: Desk;
let body: PreviewBody;
beforeAll(async () => {
  desk = await Desk.build();
});
afterAll(() => desk?.end());
beforeEach(async () => {
  desk.stage.approval = 'off';
  desk.stage.use('actor');
  await desk.stage.root('drop table if exists public.nightly; create table public.nightly as select 1 as id');
  await desk.stage.root('alter table public.nightly owner to owner');
  body = {
    action: 'analyze',
    target: { kind: 'relation', database: 'postgres', oid: await desk.stage.oid('nightly') },
  };
});
afterEach(() => desk.clear());

/** Makes a schedule for each full hour; the clock stands at two. */
const make = () =>
  desk.schedules().create('test', { title: 'hourly', cron: '0 * * * *', timeZone: 'UTC', body }, admin);
const analyzed = async () =>
  Number(
    (await desk.stage.root<{ n: string }>("select pg_stat_get_analyze_count('nightly'::regclass)::text as n"))[0]?.n,
  );
/** Looks until what was begun has ended and is written. */
async function settle(keeper: Keeper) {
  await until(async () => {
    await keeper.tick();
    const { running, last, missed } = await desk.only();
    return running === null && (last !== null || missed !== null);
  });
  return desk.only();
}
const lines = async (event: string) => (await desk.stage.audit.read({ limit: 20, event })).entries;

describe('what is due', () => {
  test('is previewed anew, run as who made it, verified and recorded with its schedule', async () => {
    const keeper = desk.keeper();
    await make();
    await keeper.tick();
    expect(await analyzed()).toBe(0);
    desk.now += hourMs + 3000;
    const schedule = await settle(keeper);
    expect(schedule).toMatchObject({
      next: '2026-11-21T04:00:00.000Z',
      last: { status: 'done', message: 'public.nightly is analyzed.', runId: expect.any(String) },
      missed: null,
    });
    expect(await analyzed()).toBe(1);
    const run = desk.stage.runner.run(schedule.last?.runId ?? '');
    expect(run).toMatchObject({ schedule: 'hourly', user: 'local', status: 'done' });
    expect((await lines('result'))[0]).toMatchObject({
      schedule: 'hourly',
      user: { name: 'local' },
      result: { status: 'done' },
    });
    expect((await lines('intent'))[0]).toMatchObject({ schedule: 'hourly' });
    await keeper.tick();
    expect(await analyzed()).toBe(1);
  });

  test('is run by one of two instances that look at the same moment', async () => {
    await make();
    for (let hour = 1; hour <= 3; hour++) {
      desk.now += hourMs;
      const [here, there] = [desk.keeper(), desk.keeper({ holder: 'there' })];
      await Promise.all([here.tick(), there.tick()]);
      await until(async () => {
        await Promise.all([here.tick(), there.tick()]);
        return (await desk.only()).running === null;
      });
      expect(await analyzed()).toBe(hour);
    }
    expect(await desk.only()).toMatchObject({ missed: null, last: { status: 'done' } });
  });

  test('is not run while the switch of all schedules is off', async () => {
    await make();
    desk.now += hourMs;
    await desk.keeper({ enabled: false }).tick();
    expect([await analyzed(), (await desk.only()).last]).toEqual([0, null]);
    expect((await desk.schedules({ enabled: false }).list('test', admin)).enabled).toBe(false);
    // Switched on again much later: what passed meanwhile is told.
    desk.now += 2 * hourMs + 120_000;
    expect((await settle(desk.keeper())).missed).toEqual({ count: 3, last: '2026-11-21T05:00:00.000Z' });
  });
});

test('partitions ahead are made when time has gone on, and nothing while they are there', async () => {
  const { stage } = desk;
  await stage.root(`drop table if exists public.ahead; create table public.ahead (at date not null) partition by range (at);
    alter table public.ahead owner to owner; grant create on schema public to owner`);
  const made = async () =>
    Number(
      (await stage.root<{ n: string }>("select count(*) as n from pg_inherits where inhparent = 'ahead'::regclass"))[0]
        ?.n,
    );
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('ahead') };
  body = { action: 'create-partition', target, options: { ahead: { interval: 'month', count: 2 } } };
  await make();
  const keeper = desk.keeper();
  desk.now += hourMs;
  expect((await settle(keeper)).last).toMatchObject({ status: 'done' });
  expect(await made()).toBe(3);
  desk.now += hourMs;
  await until(async () => {
    await keeper.tick();
    return (await desk.only()).last?.status === 'nothing_done';
  });
  expect((await desk.only()).last?.message).toContain('has its partitions for that time already');
  await stage.root(`do $$ declare newest text; begin
    select inhrelid::regclass::text into newest from pg_inherits where inhparent = 'ahead'::regclass order by 1 desc limit 1;
    execute 'drop table ' || newest; end $$`);
  desk.now += hourMs;
  await until(async () => {
    await keeper.tick();
    return (await desk.only()).last?.status === 'done';
  });
  expect(await made()).toBe(3);
  // Another schedule can be made although nothing has to be made now.
  const { preview } = await make();
  expect(preview.warnings[0]).toContain('Nothing has to be made now.');
  await stage.root('drop table public.ahead');
});

test('what waits for an approval is not run twice meanwhile, and who made the schedule cannot approve it', async () => {
  desk.stage.approval = 'typed';
  desk.stage.use('actor', { environment: 'production' });
  body = { action: 'reindex', target: { kind: 'relation', database: 'postgres', oid: await desk.stage.oid('orders') } };
  const schedule = { title: 'hourly', cron: '0 * * * *', timeZone: 'UTC', body };
  const { preview } = await desk.schedules().create('test', { ...schedule, dryRun: true }, admin);
  expect(preview).toMatchObject({ confirm: 'typed', needsApproval: true });
  const confirmText = preview.confirmText as string;
  await desk.schedules().create('test', { ...schedule, confirmText }, admin);
  const keeper = desk.keeper();
  desk.now += hourMs;
  await until(async () => {
    await keeper.tick();
    return typeof (await desk.only()).running?.runId === 'string';
  });
  const runId = (await desk.only()).running?.runId as string;
  const { runner } = desk.stage;
  expect(runner.run(runId)).toMatchObject({ status: 'awaiting_approval', schedule: 'hourly' });
  desk.now += hourMs;
  await keeper.tick();
  expect(await desk.only()).toMatchObject({ missed: { count: 1 }, running: { runId } });
  expect(await refusal(runner.approve(runId, admin))).toBe('403 own_action');
  await runner.approve(runId, { name: 'second', role: 'admin', mode: 'local' });
  const { last } = await settle(keeper);
  expect(last).toMatchObject({ status: 'done', runId });
});

describe('what was missed is told and never caught up', () => {
  test('because pgdeck was away: each due time counts', async () => {
    await make();
    desk.now += 5 * hourMs + 10 * 60_000;
    const schedule = await settle(desk.keeper());
    expect(schedule).toMatchObject({
      missed: { count: 5, last: '2026-11-21T07:00:00.000Z' },
      next: '2026-11-21T08:00:00.000Z',
      last: null,
    });
    expect(await analyzed()).toBe(0);
    const [line] = await lines('schedule_missed');
    expect(line).toMatchObject({ schedule: 'hourly', message: expect.stringContaining('Missed 5 times') });
    await expect.poll(() => desk.told()).toContain('Schedule "hourly" missed 5 times');
  });

  test('also where the newest due time is now: that one is run', async () => {
    await make();
    desk.now += 3 * hourMs + 5000;
    const keeper = desk.keeper();
    await settle(keeper);
    await until(async () => {
      await keeper.tick();
      return (await desk.only()).last !== null;
    });
    expect(await desk.only()).toMatchObject({
      missed: { count: 2, last: '2026-11-21T04:00:00.000Z' },
      last: { status: 'done' },
    });
    expect(await analyzed()).toBe(1);
  });

  test('because the server could not be reached', async () => {
    await make();
    const closed = { ...desk.stage.server.config.read, port: 1 };
    desk.stage.use('actor', { read: closed, action: closed });
    desk.now += hourMs;
    expect(await settle(desk.keeper())).toMatchObject({
      missed: { count: 1, last: '2026-11-21T03:00:00.000Z' },
      last: { status: 'nothing_done', message: expect.stringContaining('Nothing was done.'), runId: null },
    });
    expect(await lines('schedule_missed')).toHaveLength(1);
  });

  test('because the run before it had not ended', async () => {
    await make();
    const blocker = await desk.stage.client('postgres');
    await blocker.query('begin; lock table public.nightly in access exclusive mode');
    const keeper = desk.keeper();
    desk.now += hourMs;
    await keeper.tick();
    desk.now += hourMs;
    await keeper.tick();
    const busy = await desk.only();
    expect(busy).toMatchObject({ missed: { count: 1 }, next: '2026-11-21T05:00:00.000Z' });
    expect(busy.running).not.toBeNull();
    expect((await lines('schedule_missed'))[0]?.message).toContain('the run before it had not ended');
    await blocker.query('rollback');
    await until(async () => {
      await keeper.tick();
      return (await desk.only()).running === null;
    });
    expect(await analyzed()).toBeLessThanOrEqual(1);
  });
});

describe('a target that changed since it was made is left alone, and the schedule says why', () => {
  const nothing = async () => {
    desk.now += hourMs;
    const { last } = await settle(desk.keeper());
    expect(last).toMatchObject({ status: 'nothing_done', runId: null });
    expect((await lines('result'))[0]).toMatchObject({ schedule: 'hourly', result: { status: 'nothing_done' } });
    // Told a moment after it is written.
    await expect.poll(() => desk.told()).toContain('Schedule "hourly": nothing done');
    return last?.message;
  };

  test('dropped', async () => {
    await make();
    await desk.stage.root('drop table public.nightly');
    expect(await nothing()).toBe('There is no such relation in postgres now.');
  });

  test('renamed', async () => {
    await make();
    await desk.stage.root('drop table if exists public.daily; alter table public.nightly rename to daily');
    expect(await nothing()).toContain('it was "Analyze public.nightly?" and is "Analyze public.daily?"');
    await desk.stage.root('drop table public.daily');
  });

  test('of another cluster', async () => {
    await make();
    await desk.query("update pgdeck.schedule set cluster = '1'");
    expect((await desk.only()).problem).toContain('Another cluster answers');
    expect(await nothing()).toContain('Another cluster answers');
    expect(await analyzed()).toBe(0);
  });

  test('there is nothing to do: recorded, and no news', async () => {
    await make();
    const { runner } = desk.stage;
    const preview = () => Promise.reject(new ApiError(422, 'nothing_to_do', 'It is all there already.'));
    desk.now += hourMs;
    const idle = { preview, execute: runner.execute.bind(runner), run: runner.run.bind(runner) };
    const { last } = await settle(desk.keeper({ runner: idle }));
    expect(last).toMatchObject({ status: 'nothing_done', message: 'It is all there already.' });
    expect(await lines('result')).toHaveLength(1);
    expect(await desk.told()).toEqual(['Schedule "hourly" made']);
  });

  test('and what asks for more confirmation by now', async () => {
    await make();
    const { runner } = desk.stage;
    const typed = {
      preview: async (...given: Parameters<typeof runner.preview>) => ({
        ...(await runner.preview(...given)),
        confirm: 'typed' as const,
        confirmText: 'nightly',
      }),
      execute: runner.execute.bind(runner),
      run: runner.run.bind(runner),
    };
    desk.now += hourMs;
    const { last } = await settle(desk.keeper({ runner: typed }));
    expect(last?.message).toContain('It has to be confirmed by typing by now');
    expect(await analyzed()).toBe(0);
  });
});

test('stopped it ends the look that is under way, begins nothing of it, and looks no more', async () => {
  await make();
  desk.now += hourMs;
  const { store } = desk.parts();
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let asked = 0;
  const query: typeof store.query = async (...statement) => {
    asked++;
    await gate;
    return store.query(...statement);
  };
  const keeper = desk.keeper({ store: { on: true, state: store.state, now: store.now.bind(store), query } });
  let looked = false;
  void keeper.tick().then(() => {
    looked = true;
  });
  const stopping = keeper.stop();
  open();
  await stopping;
  expect(looked).toBe(true);
  await keeper.tick();
  expect(asked).toBe(1);
  expect(await desk.only()).toMatchObject({ running: null, last: null, missed: null });
});

describe('an instance that ended while it ran a schedule', () => {
  const left = async (holder: string, silentMs: number) => {
    await make();
    await desk.query("update pgdeck.schedule set holder = $1, held_at = $2::timestamptz, run_id = 'gone'", [
      holder,
      new Date(desk.now - silentMs).toISOString(),
    ]);
  };

  test('and is back: it is not known how it ended, and the next one is run', async () => {
    await left('here', 1000);
    const keeper = desk.keeper();
    expect((await settle(keeper)).last).toMatchObject({ status: 'unknown', runId: 'gone' });
    desk.now += hourMs;
    await keeper.tick();
    await until(async () => {
      await keeper.tick();
      return (await desk.only()).last?.status === 'done';
    });
  });

  test('is waited for while it may still say so, and replaced when it fell silent', async () => {
    await left('there', 30_000);
    await desk.keeper().tick();
    expect((await desk.only()).running).toEqual({ runId: 'gone' });
    desk.now += 31_000;
    expect((await settle(desk.keeper())).last).toMatchObject({ status: 'unknown' });
  });
});
