import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { acting } from './test-acting';
import { refusal, Stage } from './test-stage';

describe.each([14, 18])('partitions ahead of time, on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major);
    await stage.root('grant create, usage on schema public to owner, actor');
  });
  beforeEach(() => stage.use('actor'));
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const { preview, execute } = acting(() => stage);
  const previewed = async (action: string, name: string, options: Record<string, unknown>) =>
    preview({ action, target: { kind: 'relation', database: 'postgres', oid: await stage.oid(name) }, options });
  const run = async (action: string, name: string, options: Record<string, unknown>) =>
    execute(await previewed(action, name, options));
  const partitions = async (name: string) =>
    (
      await stage.root<{ part: string }>(
        `select c.relname || ' ' || pg_get_expr(c.relpartbound, c.oid) as part from pg_inherits as i
         join pg_class as c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by 1`,
        [name],
      )
    ).map(({ part }) => part);

  it.each(['date', 'timestamp', 'timestamptz'])('makes the months to come of a %s, once', async (type) => {
    await stage.root(`create table ahead (at ${type}) partition by range (at); alter table ahead owner to owner;
      do $$ begin execute format('create table ahead_now partition of ahead for values from (%L) to (%L)',
        date_trunc('month', now()) - interval '1 month', date_trunc('month', now()) + interval '10 days'); end $$;
      alter table ahead_now owner to owner`);
    const ahead = { interval: 'month', count: 2 };
    const shown = await previewed('create-partition', 'ahead', { ahead });
    expect(shown.title).toBe('Create 3 partitions of public.ahead?');
    expect(await execute(shown)).toMatchObject({ status: 'done', message: 'public.ahead has 3 new partitions.' });
    expect(
      await stage.root(
        `insert into ahead select date_trunc('month', now()) + n * interval '1 day' from generate_series(0, 80) as n`,
      ),
    ).toEqual([]);
    const upper = (await partitions('ahead')).map((part) => part.replace(/.* TO /, ''));
    const [end] = await stage.root<{ at: string }>(
      `select ((date_trunc('month', now()) + interval '3 months')::${type})::text as at`,
    );
    expect(upper.filter((each) => each === `('${end?.at}')`)).toHaveLength(1);
    expect(await refusal(previewed('create-partition', 'ahead', { ahead }))).toBe('422 nothing_to_do');
    await stage.root('drop table ahead');
  });

  it.each([
    ['day', 4],
    ['week', 3],
    ['year', 2],
  ] as const)('begins with the current %s where there is none', async (interval, count) => {
    await stage.root('create table ahead (at timestamptz) partition by range (at); alter table ahead owner to owner');
    expect(await run('create-partition', 'ahead', { ahead: { interval, count } })).toMatchObject({ status: 'done' });
    expect(await partitions('ahead')).toHaveLength(count + 1);
    await stage.root("insert into ahead values (now()), (now() + interval '1 day')");
    await stage.root('drop table ahead');
  });

  it('goes on at the midnights of where it is kept', async () => {
    await stage.root(`create table ahead (at timestamptz) partition by range (at); alter table ahead owner to owner;
      alter role actor set timezone = 'Europe/Berlin'; set timezone = 'Europe/Berlin';
      do $$ begin execute format('create table ahead_now partition of ahead for values from (%L) to (%L)',
        date_trunc('month', now()) - interval '7 months', date_trunc('month', now()) - interval '6 months'); end $$;
      alter table ahead_now owner to owner`);
    stage.use('actor');
    const shown = await previewed('create-partition', 'ahead', { ahead: { interval: 'month', count: 1 } });
    expect(shown.facts).toContainEqual({ label: 'Boundaries', value: 'midnight in Europe/Berlin' });
    expect(await execute(shown)).toMatchObject({ status: 'done' });
    const bounds = await partitions('ahead');
    for (const bound of bounds)
      expect(bound).toMatch(/FROM \('\d{4}-\d\d-01 00:00:00\+0[12]'\) TO \('\d{4}-\d\d-01 00:00:00\+0[12]'\)$/);
    expect(new Set(bounds.map((bound) => bound.match(/FROM \('(\d{4}-\d\d)/)?.[1])).size).toBe(bounds.length);
    await stage.root('drop table ahead; alter role actor reset timezone; reset timezone');
  });

  it('is refused where there is no next interval', async () => {
    await stage.root(`create table ahead (at date) partition by range (at); create table ahead_all partition of ahead for values from ('2000-01-01') to (maxvalue);
      alter table ahead owner to owner; create table listed (n date) partition by list (n); create table counted (n int) partition by range (n); create table counted_1 partition of counted for values from (1) to (9)`);
    const ahead = { interval: 'day', count: 1 };
    expect(await refusal(previewed('create-partition', 'ahead', { ahead }))).toBe('422 nothing_to_do');
    expect(await refusal(previewed('create-partition', 'counted', { ahead }))).toBe('422 not_timed');
    expect(await refusal(previewed('create-partition', 'listed', { ahead }))).toBe('422 not_timed');
    expect(await refusal(previewed('create-partition', 'ahead', { ahead: { ...ahead, count: 61 } }))).toBe(
      '400 bad_input',
    );
    await stage.root('drop table ahead, counted, listed');
  });
});
