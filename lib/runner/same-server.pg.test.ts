import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { acting } from './test-acting';
import { pidOf, Stage } from './test-stage';

let stage: Stage;
let other: Stage;
beforeAll(async () => {
  [stage, other] = [await Stage.build(), await Stage.build()];
});
afterAll(async () => {
  await stage?.end();
  await other?.end();
});

const { preview, refused } = acting(() => stage);
const analyze = async (of: Stage): Promise<PreviewBody> => ({
  action: 'analyze',
  target: { kind: 'relation', database: 'postgres', oid: await of.oid('orders') },
});

it('nothing is done where the address of actions leads to another server than that of questions', async () => {
  stage.use('actor', { action: other.server.config.action });
  expect(await refused(await analyze(other))).toBe('422 other_server');
  const filter = { state: 'idle' as const, older_than_seconds: 0 };
  const pid = pidOf(await other.client('app'));
  expect(pid).toBeGreaterThan(0);
  expect(await refused({ action: 'terminate', target: { kind: 'backends', filter } })).toBe('422 other_server');
});

it('another name of the same server is the same server', async () => {
  stage.use('actor', { action: { ...stage.server.config.read, host: 'localhost' } });
  expect((await preview(await analyze(stage))).action).toBe('analyze');
});
