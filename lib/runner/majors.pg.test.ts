import { setTimeout as sleep } from 'node:timers/promises';
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

  const run = async (action: string, target: Target): Promise<Run> => {
    const { previewId, confirmText = '' } = await stage.runner.preview('test', { action, target }, admin);
    const body = { previewId, idempotencyKey: previewId, confirmText };
    return (await stage.runner.execute('test', body, admin)).run;
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
    await sleep(100);
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
