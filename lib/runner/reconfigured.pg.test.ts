import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Target } from '@/lib/config';
import { acting } from './test-acting';
import { admin, Stage } from './test-stage';

// For a machine with much else to do: what is waited for is a state, never a time.
const patient = { timeout: 45_000 };

let stage: Stage;
const { preview } = acting(() => stage);

beforeAll(async () => {
  stage = await Stage.build();
  for (const role of ['first', 'second'])
    await stage.root(`create role ${role} login password 'only-for-tests' in role pg_monitor, owner`);
  // ANALYZE calls the function of the index for each row: the run takes as long as the test wants.
  await stage.root(`create table public.slow (id int);
    insert into public.slow values (1), (2);
    create function public.gate(id int) returns int language plpgsql immutable as $$ begin
      if current_setting('application_name') like 'pgdeck:act:%' then perform pg_sleep(300); end if;
      return id;
    end $$;
    create index on public.slow (public.gate(id));
    alter table public.slow owner to owner`);
});
beforeEach(() => stage.use('first'));
afterEach(async () => {
  await stage.clear();
  await stage.root("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'pgdeck:act:%'");
});
afterAll(() => stage?.end());

/** What a file of servers that is read again does to a server. */
function actAs(changes: Partial<Target>): void {
  const { server } = stage;
  server.config = { ...server.config, action: { ...server.config.action, ...changes } };
  server.connections.reconfigure(server.config);
}
/** The acting roles of which pgdeck has a session to look and cancel with. */
async function signalling(): Promise<string[]> {
  const rows = await stage.root<{ usename: string }>(
    "select usename from pg_stat_activity where application_name = 'pgdeck' and usename <> 'actor' order by usename",
  );
  return rows.map(({ usename }) => usename);
}

async function begin(): Promise<string> {
  const target = { kind: 'relation', database: 'postgres', oid: await stage.oid('slow') } as const;
  const { previewId } = await preview({ action: 'analyze', target });
  const { run } = await stage.runner.execute('test', { previewId, idempotencyKey: previewId }, admin);
  await expect
    .poll(() => stage.runner.run(run.runId), patient)
    .toMatchObject({
      status: 'running',
      cancellable: true,
      progress: { phase: expect.stringMatching(/./) },
    });
  return run.runId;
}

// Fails where the role of now is asked: PostgreSQL lets it neither see nor cancel what another role runs.
it('a run is watched and cancelled as the role that it was begun as, whoever acts by now', async () => {
  const runId = await begin();
  const { connections } = stage.server;
  actAs({ user: 'second' });
  const now = await connections.signal((query) => query<{ role: string }>('select current_user::text as role'));
  expect(now.rows).toEqual([{ role: 'second' }]);
  expect(await signalling()).toEqual(['first', 'second']);
  const signals = connections.pools().find(({ pool }) => pool === 'signals');
  expect((signals?.in_use ?? 0) + (signals?.idle ?? 0)).toBe(2);
  await stage.runner.cancel(runId, admin);
  await expect.poll(() => stage.runner.run(runId), patient).toMatchObject({ status: 'cancelled', verified: false });
  // Nobody needs the first one any more.
  await expect.poll(signalling, patient).toEqual(['second']);
});

it('where only the password is another one, the run is cancelled with that', async () => {
  const runId = await begin();
  await stage.root("alter role first password 'other'");
  actAs({ password: 'other' });
  await stage.root(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pgdeck' and usename = 'first'",
  );
  await expect
    .poll(async () => {
      await stage.runner.cancel(runId, admin).catch(() => {});
      return stage.runner.run(runId).status;
    }, patient)
    .toBe('cancelled');
  await stage.root("alter role first password 'only-for-tests'");
});
