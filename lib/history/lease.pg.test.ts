import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from './clock';
import { Leases, leaseMs } from './lease';
import { type StoreStage, startStore } from './test-stage';

describe.each([14, 18])('leases in PostgreSQL %i', (major) => {
  let stage: StoreStage;
  beforeAll(async () => {
    stage = await startStore({ major });
  });
  afterAll(() => stage?.stop());

  let instances = 0;
  /** Between two looks no time passes for it, however long the machine takes, unless it has a clock of its own. */
  const still: Clock = { now: () => Date.now(), elapsed: () => 0 };
  const instance = (holder = `instance ${++instances}`, clock = still) =>
    new Leases({ store: stage.store, holder, shared: true, clock });
  /** Lets the store forget that a lease was renewed. */
  const expire = (holder: string) =>
    stage.store.query("update pgdeck.lease set until = now() - interval '1 ms' where holder = $1", [holder]);
  const termOf = async (name: string) =>
    (await stage.store.query<{ term: number }>('select term from pgdeck.lease where name = $1', [name]))[0]?.term;

  test('one of many that begin at the same time gets each lease, and the others see who', async () => {
    const names = Array.from({ length: 5 }, (_, at) => `server:1${at}`);
    const all = Array.from({ length: 6 }, () => instance());
    for (const one of all) for (const name of names) one.want(name);
    await Promise.all(all.map((one) => one.look()));
    await Promise.all(all.map((one) => one.look()));
    for (const name of names) {
      const holders = all.filter((one) => one.holds(name));
      expect(holders).toHaveLength(1);
      for (const one of all) expect(one.heldElsewhere(name)).toBe(one === holders[0] ? undefined : holders[0]?.holder);
    }
    expect(all.every((one) => one.others)).toBe(true);
    await Promise.all(all.map((one) => one.close()));
  });

  test('a lease that is given back is free at once, and the others of its holder stay', async () => {
    const [first, second] = [instance(), instance()];
    for (const one of [first, second]) for (const name of ['server:30', 'server:31']) one.want(name);
    await first.look();
    await first.giveBack('server:30');
    await second.look();
    expect(['server:30', 'server:31'].map((name) => second.holds(name))).toEqual([true, false]);
    // It does not take part for it any more.
    await expire(second.holder);
    await first.look();
    expect(['server:30', 'server:31'].map((name) => first.holds(name))).toEqual([false, true]);
    await Promise.all([first.close(), second.close()]);
  });

  test('the lease of one that ended is taken when it ran out, not before, and its term counts on', async () => {
    const [first, second] = [instance(), instance()];
    first.want('server:2');
    second.want('server:2');
    await first.look();
    await second.look();
    expect([first.holds('server:2'), second.holds('server:2'), await termOf('server:2')]).toEqual([true, false, 1]);
    await second.look();
    expect(second.holds('server:2')).toBe(false);
    await expire(first.holder);
    await second.look();
    expect([second.holds('server:2'), await termOf('server:2')]).toEqual([true, 2]);
    // The first comes back: it learns that it lost the lease, and who has it.
    await first.look();
    expect([first.holds('server:2'), first.heldElsewhere('server:2')]).toEqual([false, second.holder]);
    await second.close();
    await first.look();
    expect([first.holds('server:2'), await termOf('server:2')]).toEqual([true, 3]);
  });

  test('one that was stopped does not believe that it has the lease, and is fenced off where it does', async () => {
    let stopped = 0;
    const clock = { now: () => Date.now(), elapsed: () => performance.now() + stopped };
    const [paused, other] = [instance('paused', clock), instance()];
    paused.want('server:3');
    other.want('server:3');
    await paused.look();
    const fence = () => stage.store.transaction((run) => paused.fence(run, ['server:3', 'server:other']));
    expect(await fence()).toEqual(new Set(['server:3']));
    await expire('paused');
    await other.look();
    // It has not noticed yet.
    expect(paused.holds('server:3')).toBe(true);
    expect(await fence()).toEqual(new Set());
    stopped = leaseMs;
    expect(paused.holds('server:3')).toBe(false);
    // It had the lease, lost it and has it again: what it gathered before may have been written by the other.
    await other.close();
    await stage.store.query("update pgdeck.lease set holder = 'paused', term = term + 1 where name = 'server:3'");
    expect(await fence()).toEqual(new Set());
  });

  test('nobody takes a lease while its holder writes', async () => {
    const [writer, other] = [instance(), instance()];
    writer.want('server:4');
    other.want('server:4');
    await writer.look();
    await expire(writer.holder);
    let look: Promise<void> | undefined;
    let committed = false;
    await stage.store.transaction(async (run) => {
      expect(await writer.fence(run, ['server:4'])).toEqual(new Set(['server:4']));
      look = other.look().then(() => {
        expect(committed || !other.holds('server:4')).toBe(true);
      });
      await new Promise((done) => setTimeout(done, 300));
      expect(other.holds('server:4')).toBe(false);
      committed = true;
    });
    await look;
    await other.look();
    expect(other.holds('server:4')).toBe(true);
  });

  test('an instance that alone uses its store has its leases again at once after a restart', async () => {
    const before = new Leases({ store: stage.store, holder: 'before', shared: false });
    before.want('server:5');
    await before.look();
    const after = new Leases({ store: stage.store, holder: 'after', shared: false });
    after.want('server:5');
    await after.look();
    expect(after.holds('server:5')).toBe(true);
    expect(after.all.find(({ name }) => name === 'server:5')).toMatchObject({ holder: after.holder });
  });

  test('a store that is off says nothing of others', async () => {
    const store = { on: true, query: stage.store.query };
    const [holder, follower] = [instance(), new Leases({ store, holder: 'follower', shared: true, clock: still })];
    holder.want('server:6');
    follower.want('server:6');
    await holder.look();
    await follower.look();
    expect(follower.heldElsewhere('server:6')).toBe(holder.holder);
    store.on = false;
    expect(follower.heldElsewhere('server:6')).toBeUndefined();
    expect(follower.others).toBe(false);
  });
});
