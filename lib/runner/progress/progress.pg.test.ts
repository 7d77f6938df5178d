import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pidOf, Stage } from '../test-stage';
import { Follower, type Looked } from './read';

describe.each([14, 17, 18])('on PostgreSQL %i', (major) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.build(major);
    // A function that takes its time makes a build as slow as we like.
    await stage.root(`create table public.big (id int, note text);
      insert into public.big select n, repeat('x', 500) from generate_series(1, 3000) as n;
      create function public.slowly(id int) returns int language plpgsql immutable as $$ begin
        if current_setting('application_name') = 'slow' then perform pg_sleep(0.002); end if;
        return id;
      end $$;
      create index on public.big (note);
      update public.big set id = id + 1;
      alter table public.big owner to owner;
      grant create on schema public to owner`);
    if (major >= 18) await stage.root('alter role owner set track_cost_delay_timing = on');
  });
  beforeEach(() => stage.use('actor'));
  afterEach(() => stage.clear());
  afterAll(() => stage?.end());

  const follower = new Follower();
  const look = (client: pg.Client, by = follower) =>
    stage.server.connections.signal((query) => by.look(query, pidOf(client)));
  /** Looks until what is seen is as wanted. */
  const until = async (client: pg.Client, wanted: (progress: Looked['progress']) => boolean, by = follower) => {
    let seen: Looked | undefined;
    await expect
      .poll(async () => {
        seen = await look(client, by);
        return seen !== undefined && wanted(seen.progress);
      })
      .toBe(true);
    return (seen as Looked).progress;
  };
  const stop = async (client: pg.Client, running: Promise<unknown>) => {
    await stage.root('select pg_cancel_backend($1)', [pidOf(client)]);
    await running.catch(() => {});
  };

  it('an index build tells its phase and names the session with the old snapshot that holds it up', async () => {
    const old = await stage.client('app', 'report');
    await old.query('begin isolation level repeatable read; select 1 from orders limit 1');
    const builder = await stage.client('owner', 'slow');
    const building = builder.query('create index concurrently built on big (public.slowly(id))');
    building.catch(() => {});
    const built = await until(builder, ({ unit, done }) => unit === 'blocks' && (done ?? 0) > 0);
    expect(built.phase).toBe('building index: scanning table');
    expect(built.fraction).toBeGreaterThan(0);
    // Seen from another database: a look of ours at the moment when it counts the snapshots would be one of them.
    const elsewhere = await stage.client('postgres', 'watcher', 'other');
    const waitsNow = async () =>
      (
        await elsewhere.query(
          'select phase, current_locker_pid::int as pid from pg_stat_progress_create_index where pid = $1',
          [pidOf(builder)],
        )
      ).rows[0];
    await expect.poll(waitsNow).toEqual({ phase: 'waiting for old snapshots', pid: pidOf(old) });
    const held = await until(builder, ({ phase }) => phase === 'waiting for old snapshots');
    expect(held).toMatchObject({ done: 0, total: 1, unit: 'sessions', ratePerSecond: null, etaSeconds: null });
    expect(held.waitsFor).toMatchObject([{ pid: pidOf(old) }]);
    expect(held.waitsFor[0]?.sentence).toMatch(
      /^Session \d+ \(report\), idle in transaction, in a transaction for .+, has a snapshot that is older than the index/,
    );
    await stop(builder, building);
  });

  it('a vacuum tells its blocks, dead rows and cost delay', async () => {
    const client = await stage.client('owner', 'vacuum');
    await client.query('set vacuum_cost_delay = 30; set vacuum_cost_limit = 15');
    const vacuuming = client.query('vacuum (freeze) public.big');
    vacuuming.catch(() => {});
    const by = new Follower();
    const seen = await until(client, ({ phase, done }) => phase === 'scanning heap' && (done ?? 0) > 0, by);
    expect(seen).toMatchObject({ unit: 'blocks', waitsFor: [], waitingBehind: 0 });
    expect(seen.details.map(({ label }) => label)).toEqual(expect.arrayContaining(['Works on', 'Dead rows']));
    const delay = major >= 18 ? /\s% of its time$/ : /^met in \d+ of \d+ looks$/;
    await until(
      client,
      ({ details }) => details.some(({ label, value }) => label === 'Cost delay' && delay.test(value)),
      by,
    );
    await stop(client, vacuuming);
  });

  it('who holds the lock that it waits for is named, and who comes before it', async () => {
    const holder = await stage.client('owner', 'migration');
    await holder.query('begin; lock table big in share mode');
    const first = await stage.client('owner', 'first');
    const firstWaits = first.query('begin; lock table big in access exclusive mode').catch(() => {});
    await until(first, ({ phase }) => phase === 'waiting for the lock');
    const second = await stage.client('owner', 'second');
    const waits = second.query('begin; lock table big in share update exclusive mode');
    waits.catch(() => {});
    const seen = await until(second, ({ waitsFor }) => waitsFor.length === 2);
    const sentences = seen.waitsFor.map(({ sentence }) => sentence).join('\n');
    expect(sentences).toMatch(/\(migration\), idle in transaction, .+, holds ShareLock on public\.big\./);
    expect(sentences).toMatch(
      /\(first\), active, .+, waits for AccessExclusiveLock on public\.big and comes before this\./,
    );
    expect((await look(first))?.progress.waitingBehind).toBe(1);
    await stop(second, waits);
    await stop(first, firstWaits);
    await holder.query('rollback');
  });

  it('a session that is gone is told as gone, one without figures as running', async () => {
    const client = await stage.client('owner', 'idle');
    expect((await look(client))?.progress).toMatchObject({ phase: 'running', done: null, details: [] });
    await client.end();
    await expect.poll(() => look(client)).toBeUndefined();
  });
});
