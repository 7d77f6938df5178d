import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Job } from './job';
import { pidOf, Stage } from './test-stage';
import { type Watching, watch } from './watch';

let stage: Stage;
let watching: Watching | undefined;

beforeAll(async () => {
  stage = await Stage.build();
});
beforeEach(() => stage.use('actor'));
afterEach(async () => {
  watching?.stop();
  await stage.root("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgdeck:act:%'");
  await stage.clear();
});
afterAll(() => stage?.end());

/** A statement of ours that holds a lock, and somebody who waits behind it. */
async function blocking(yieldAfterSeconds: number | undefined) {
  const runId = crypto.randomUUID();
  const ours = await stage.client('actor', `pgdeck:act:${runId}`);
  await ours.query('begin; lock table orders in share row exclusive mode');
  let ended: unknown = 'runs';
  const running = ours.query('select pg_sleep(60)').then(
    () => 'done',
    (error) => error.code,
  );
  running.then((how) => {
    ended = how;
  });
  const waiter = await stage.client('app', 'checkout');
  waiter.query("update orders set note = 'x' where id = 1").catch(() => {});
  const run = { runId, endedAt: null, progress: null } as unknown as Job['run'];
  const { server } = stage;
  const job = { server, acting: server.connections.holdActing(), run } as Job;
  const step = yieldAfterSeconds === undefined ? {} : { yieldAfterSeconds };
  watching = watch(job, step, { index: 2, count: 3, title: 'Attach' }, { pid: pidOf(ours) });
  return { run, watching, ended: () => ended };
}

it('a statement steps back for those who have waited behind it for too long, and says so', async () => {
  const { run, watching, ended } = await blocking(2);
  await expect.poll(() => run.progress?.waitingBehind).toBe(1);
  expect(run.progress?.step).toEqual({ index: 2, count: 3, title: 'Attach' });
  await expect.poll(ended).toBe('57014');
  expect(watching.steppedBack).toMatch(/^It stepped back: 1 session had waited ([2-9]|\d\d) s behind it\.$/);
});

it('one without such a policy only tells that others wait', async () => {
  const { run, watching, ended } = await blocking(undefined);
  await expect.poll(() => run.progress?.waitingBehind).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect([ended(), watching.steppedBack]).toEqual(['runs', undefined]);
});

it('it looks no more when the statement has ended', async () => {
  const { run, watching, ended } = await blocking(2);
  watching.stop();
  await new Promise((resolve) => setTimeout(resolve, 3500));
  expect([ended(), run.progress]).toEqual(['runs', null]);
});
