import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { topics } from '@/lib/topics/index';
import { onIndexes } from './test-indexes';
import { Stage } from './test-stage';

let stage: Stage;
const { run } = onIndexes(() => stage);

beforeAll(async () => {
  stage = await Stage.build(18);
  await stage.root('grant create, usage on schema public to owner, actor');
});
beforeEach(() => stage.use('actor'));
afterEach(() => stage.clear());
afterAll(() => stage?.end());

/** What a topic tells of the database, which it is asked for once a minute when nothing else has it asked. */
async function told(id: 'index-usage' | 'partitions'): Promise<string> {
  const answer = await stage.server.sampler.read(topics[id], 'postgres');
  return answer.status === 'ok' ? JSON.stringify(answer.rows) : '';
}

const onOrders = { columns: [{ attnum: 2 }] };
const forMore = { bound: { by: 'range', from: ['200'], to: ['300'] }, name: 'parts_more' };

it.each([
  ['create-index', 'orders', onOrders, 'index-usage', 'orders_note_idx'],
  ['create-partition', 'parts', forMore, 'partitions', 'parts_more'],
] as const)('after %s the pages know of it at once', async (action, relation, options, topic, name) => {
  await expect.poll(() => told(topic)).not.toBe('');
  expect(await told(topic)).not.toContain(name);
  const target = { kind: 'relation' as const, database: 'postgres', oid: await stage.oid(relation) };
  expect(await run({ action, target, options } as PreviewBody)).toMatchObject({ status: 'done' });
  await expect.poll(() => told(topic)).toContain(name);
});
