import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { ServerConfig } from '@/lib/config';
import { Console } from '@/lib/pgbouncer/console';
import { hasPgBouncer, TestPgBouncer } from '@/lib/pgbouncer/test-pgbouncer';
import { targetFromUrl } from '@/lib/postgres/target';
import { acting } from '../test-acting';
import { admin, Stage } from '../test-stage';

// For a machine with much else to do: what is waited for is a state, never a time.
const patient = { timeout: 45_000 };

// Without PgBouncer there is nothing to act on.
describe.skipIf(!hasPgBouncer)('an action on PgBouncer whose address is changed meanwhile', () => {
  let stage: Stage;
  const poolers: TestPgBouncer[] = [];
  const clients: pg.Client[] = [];
  const { preview, changed } = acting(() => stage);
  const addressOf = (pooler: TestPgBouncer | undefined) => targetFromUrl('pgbouncerUrl', pooler?.url('boss') ?? '');
  const pause = (target: PreviewBody['target']): PreviewBody => ({ action: 'pgbouncer-pause', target });
  const shop = { kind: 'pgbouncer-database', name: 'shop' } as const;

  beforeAll(async () => {
    stage = await Stage.build();
  });
  beforeEach(async () => {
    const { host, port, password } = stage.server.config.read;
    for (const _ of [1, 2])
      poolers.push(
        await TestPgBouncer.start({
          databases: { shop: { host, port, dbname: 'postgres', user: 'app', more: `password=${password}` } },
          users: { boss: 'boss', ann: 'ann' },
          settings: { admin_users: 'boss', pool_mode: 'transaction' },
        }),
      );
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end().catch(() => {});
    stage.server.sampler.stop();
    for (const pooler of poolers.splice(0)) await pooler.remove();
  });
  afterAll(() => stage?.end());

  /** What a file of servers that is read again does to a server. */
  const reconfigure = async (changes: Partial<ServerConfig>) => {
    stage.server.config = { ...stage.server.config, ...changes };
    stage.server.connections.reconfigure(stage.server.config);
  };
  const paused = async (pooler: TestPgBouncer | undefined) => {
    const config = { ...stage.server.config, pgbouncer: addressOf(pooler) };
    const console = new Console(() => config);
    const { rows } = await console.send('SHOW DATABASES').finally(() => console.close());
    return rows.find(({ name }) => name === 'shop')?.paused;
  };
  /** A pause that waits for a transaction. */
  const waiting = async () => {
    const one = new pg.Client({ connectionString: poolers[0]?.url('ann', 'shop') });
    one.on('error', () => {});
    clients.push(one);
    await one.connect();
    await one.query('begin');
    const { previewId } = await preview(pause(shop));
    const { run } = await stage.runner.execute('test', { previewId, idempotencyKey: previewId }, admin);
    await expect.poll(() => paused(poolers[0]), patient).toBe(1);
    await expect
      .poll(() => stage.runner.run(run.runId), patient)
      .toMatchObject({ status: 'running', cancellable: true });
    return run.runId;
  };
  const ended = async (runId: string) => {
    await expect.poll(() => stage.runner.run(runId).endedAt, patient).not.toBeNull();
    return stage.runner.run(runId);
  };

  it('is ended where it was begun: another address is not asked, and a server that leaves keeps none waiting', async () => {
    const [first, second] = poolers;
    for (const meanwhile of [
      () => reconfigure({ pgbouncer: addressOf(second) }),
      async () => stage.server.sampler.stop(),
    ]) {
      stage.use('actor', { pgbouncer: addressOf(first) });
      const runId = await waiting();
      await meanwhile();
      // Long enough to look at what is not paused.
      await sleep(1500);
      expect(stage.runner.run(runId).endedAt).toBeNull();
      await stage.runner.cancel(runId, admin);
      expect(await ended(runId)).toMatchObject({ status: 'cancelled', verified: false });
      expect(await paused(first)).toBe(0);
      for (const client of clients.splice(0)) await client.query('commit');
    }
  });

  it('is not run where it was previewed for another PgBouncer, or another acting role', async () => {
    const [first, second] = poolers;
    for (const target of [shop, { kind: 'pgbouncer' } as const]) {
      stage.use('actor', { pgbouncer: addressOf(first) });
      expect(await changed(pause(target), () => reconfigure({ pgbouncer: addressOf(second) }))).toBe(
        '409 target_changed',
      );
      expect(await paused(second)).toBe(0);
    }
    const { action } = stage.server.config;
    const oid = (await stage.root<{ oid: number }>("select 'public.orders'::regclass::oid::int as oid"))[0]?.oid ?? 0;
    const analyze: PreviewBody = { action: 'analyze', target: { kind: 'relation', database: 'postgres', oid } };
    expect(await changed(analyze, () => reconfigure({ action: { ...action, user: 'owner' } }))).toBe(
      '409 target_changed',
    );
    // A password that was changed is the same role.
    expect(await changed(analyze, () => reconfigure({ tags: ['other'] }))).not.toContain('409');
  });

  it('a pause whose PgBouncer is lost is not known to be done, and what resumes it is offered', async () => {
    stage.use('actor', { pgbouncer: addressOf(poolers[0]) });
    const runId = await waiting();
    await poolers[0]?.stop();
    expect(await ended(runId)).toMatchObject({
      status: 'unknown',
      verified: null,
      next: [{ title: 'Resume shop', body: { action: 'pgbouncer-resume', target: shop } }],
    });
  });
});
