import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Target } from '@/lib/config';
import { TestPgBouncer } from '@/lib/pgbouncer/test-pgbouncer';
import { admin, refusal, Stage } from './test-stage';

let stage: Stage;
let direct: Target;
let pooled: Target;
let pooler: TestPgBouncer;
let line: Server | undefined;

beforeAll(async () => {
  stage = await Stage.build();
  direct = stage.server.config.action;
  pooler = await TestPgBouncer.start({
    databases: { postgres: { host: '127.0.0.1', port: direct.port, dbname: 'postgres' } },
    users: { [direct.user]: direct.password ?? '' },
    settings: { pool_mode: 'transaction' },
  });
  pooled = { ...direct, port: pooler.port };
});
afterEach(async () => {
  await stage.clear();
  line?.close();
});
afterAll(async () => {
  await pooler?.remove();
  await stage?.end();
});

const preview = async () =>
  stage.runner.preview(
    'test',
    { action: 'analyze', target: { kind: 'relation', database: 'postgres', oid: await stage.oid('public.orders') } },
    admin,
  );

/** A way to the server that carries nothing further on the connection of a long action once `cut` was sent over it. */
async function silentAfter(cut: string): Promise<Target> {
  line = createServer((near: Socket) => {
    const far = connect(direct.port, '127.0.0.1');
    let acts = false;
    let silent = false;
    near.on('data', (sent) => {
      acts ||= sent.includes('pgdeck:act:');
      silent ||= acts && sent.includes(cut);
      if (!silent) far.write(sent);
    });
    far.on('data', (said) => void near.write(said));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  const listening = line;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return { ...direct, port: (listening.address() as AddressInfo).port };
}

it('analyze works with questions through a pooler and a direct address for actions', async () => {
  stage.use('actor', { read: pooled });
  await stage.server.connections.probe();
  expect(stage.server.connections.capabilities?.pooled).toBe(true);
  const { previewId } = await preview();
  const { run } = await stage.runner.execute('test', { previewId, idempotencyKey: 'pooled-read' }, admin);
  expect(await stage.ended(run)).toMatchObject({ status: 'done', verified: true });
});

it('analyze is refused where actions go through a pooler, whatever questions do', async () => {
  stage.use('actor', { action: pooled });
  await stage.server.connections.probe();
  expect(stage.server.connections.capabilities?.pooled).toBe(false);
  expect(await refusal(preview())).toBe('422 pooler');
});

it.each(['pgdeck:actor', 'pgdeck:guard'])('a network silent at %s ends the run before it acts', async (cut) => {
  stage.use('actor', { action: await silentAfter(cut) });
  const { previewId } = await preview();
  const key = { previewId, idempotencyKey: `silent-${cut}` };
  const { run } = await stage.runner.execute('test', key, admin);
  await expect.poll(() => stage.runner.run(run.runId).status).toBe('nothing_done');
  expect(stage.runner.run(run.runId).message).toContain('Nothing was done.');
  expect(await stage.events()).toEqual([]);
});
