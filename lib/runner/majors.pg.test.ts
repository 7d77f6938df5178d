import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '@/lib/actions/protocol';
import type { Target } from '@/lib/actions/target';
import { admin, Stage } from './test-stage';

describe.each([14, 15, 16, 17, 18])('on PostgreSQL %i', (major) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.build(major);
  });
  afterAll(() => stage?.end());

  const run = async (action: string, target: Target, options?: Record<string, unknown>): Promise<Run> => {
    const asked = { action, target, ...(options && { options }) };
    const { previewId, confirmText = '' } = await stage.runner.preview('test', asked, admin);
    const body = { previewId, idempotencyKey: previewId, confirmText };
    return stage.ended((await stage.runner.execute('test', body, admin)).run);
  };

  it('terminates, cancels and analyzes, each verified', async () => {
    stage.use('actor');
    const victim = await stage.client('app');
    const { pid, backend_start_us } = await stage.identity(victim);
    expect(await run('terminate', { kind: 'backend', pid, backend_start_us })).toMatchObject({
      status: 'done',
      verified: true,
    });

    const busy = await stage.client('app');
    const query = busy.query('select pg_sleep(60)').catch((error) => error.code);
    await stage.running(busy);
    const cancelled = await run('cancel', { kind: 'backend', ...(await stage.identity(busy)) });
    expect(cancelled).toMatchObject({ status: 'done', verified: true });
    expect(await query).toBe('57014');

    for (const name of ['orders', 'parts'])
      expect(
        await run('analyze', { kind: 'relation', database: 'postgres', oid: await stage.oid(name) }),
      ).toMatchObject({
        status: 'done',
        verified: true,
      });
  });

  it('does what there is to do to tables, each verified', async () => {
    stage.use('actor');
    await stage.root(`create table kept (id int, n int); insert into kept select n, n from generate_series(1, 10) as n;
      alter table kept add constraint positive check (n > 0) not valid;
      alter table kept owner to owner; grant create on schema public to owner`);
    const kept = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('kept') };
    const database = { kind: 'database' as const, database: 'postgres' };
    const oid = async (sql: string) => (await stage.root<{ oid: number }>(sql))[0]?.oid ?? 0;
    const positive = await oid("select oid::int as oid from pg_constraint where conname = 'positive'");
    const steps: [string, Target, Record<string, unknown>?][] = [
      ['vacuum', kept, { freeze: true, parallel: 0, ...(major >= 16 && { buffer_usage_limit_kb: 128 }) }],
      ['vacuum-full', kept],
      ['set-storage-parameters', kept, { fillfactor: 80, autovacuum_vacuum_scale_factor: 0.01 }],
      ['create-statistics', kept, { columns: [1, 2] }],
      ['validate-constraint', { kind: 'constraint', database: 'postgres', oid: positive }],
      ['analyze-database', database],
    ];
    for (const [action, target, options] of steps) {
      const { status, verified, message } = await run(action, target, options);
      expect([action, status, verified], message).toEqual([action, 'done', true]);
    }
    const made = await oid('select oid::int as oid from pg_statistic_ext');
    const dropped = await run('drop-statistics', { kind: 'statistics', database: 'postgres', oid: made });
    expect(dropped).toMatchObject({ status: 'done', verified: true });
  });

  it('takes the right to maintain where there is one, and foretells where it is missing', async () => {
    stage.use('weak');
    const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('parts_1') };
    const warnings = async () =>
      (await stage.runner.preview('test', { action: 'vacuum', target }, admin)).warnings.join();
    expect(await warnings()).toContain('Role weak may not vacuum');
    if (major < 17) return;
    await stage.root('grant maintain on parts_1 to weak');
    expect(await warnings()).not.toContain('may not');
    expect(await run('vacuum', target)).toMatchObject({ status: 'done', verified: true, warnings: [] });
    await stage.root('revoke maintain on parts_1 from weak; grant pg_maintain to weak');
    expect(await run('vacuum-full', target)).toMatchObject({ status: 'done', verified: true, warnings: [] });
    await stage.root('revoke pg_maintain from weak');
  });

  it('tells what PostgreSQL skipped as nothing done', async () => {
    stage.use('weak');
    const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('orders') };
    expect(await run('analyze', target)).toMatchObject({
      status: 'nothing_done',
      verified: false,
      warnings: [expect.stringContaining('(01000)')],
    });
  });
});
