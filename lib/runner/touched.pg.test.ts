import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { type TopicId, topics } from '@/lib/topics/index';
import type { AnyTopic, Raw } from '@/lib/topics/topic';
import { onIndexes } from './test-indexes';
import { Stage } from './test-stage';

let stage: Stage;
const { run } = onIndexes(() => stage);

beforeAll(async () => {
  stage = await Stage.build(18, { shared_preload_libraries: 'pg_stat_statements' });
  await stage.root('grant create, usage on schema public to owner, actor');
});
beforeEach(() => stage.use('actor'));
afterEach(() => stage.clear());
afterAll(() => stage?.end());

/** What a topic tells of the database, which it is asked for once a minute when nothing else has it asked. */
async function rows(id: TopicId): Promise<Raw[]> {
  const answer = await stage.server.sampler.read(topics[id] as AnyTopic, 'postgres');
  return answer.status === 'ok' ? answer.rows : [];
}
const told = async (id: TopicId) => JSON.stringify(await rows(id));
const known = (id: TopicId) => expect.poll(() => rows(id)).not.toEqual([]);
const relation = async (name: string, kind: 'relation' | 'index' = 'relation') => ({
  kind,
  database: 'postgres',
  oid: await stage.oid(name),
});
const done = { status: 'done', verified: true };

const onOrders = { columns: [{ attnum: 2 }] };
const forMore = { bound: { by: 'range', from: ['200'], to: ['300'] }, name: 'parts_more' };

it.each([
  ['create-index', 'orders', onOrders, 'index-usage', 'orders_note_idx'],
  ['create-partition', 'parts', forMore, 'partitions', 'parts_more'],
] as const)('after %s the pages know of it at once', async (action, table, options, topic, name) => {
  await known(topic);
  expect(await told(topic)).not.toContain(name);
  expect(await run({ action, target: await relation(table), options } as PreviewBody)).toMatchObject(done);
  await expect.poll(() => told(topic)).toContain(name);
});

it('figures that are remembered for minutes are asked again, too', async () => {
  await stage.root('create table public.few (id int primary key, note text); alter table public.few owner to owner');
  await stage.root('create index few_note on public.few (note)');
  const indexes = async () => (await rows('tables')).find(({ relname }) => relname === 'few')?.indexes;
  await expect.poll(indexes).toBe(2);
  expect(await run({ action: 'drop-index', target: await relation('few_note', 'index') })).toMatchObject(done);
  await expect.poll(indexes).toBe(1);
});

it('an index that was seen while it was rebuilt has its name and its constraint afterwards, whoever did it', async () => {
  await stage.root(`create table public.rebuilt (id int primary key)`);
  const index = async () => (await rows('index-usage')).filter(({ relname }) => relname === 'rebuilt');
  await known('index-usage');
  const old = await stage.client('app', 'report');
  await old.query('begin isolation level repeatable read; select 1');
  const builder = await stage.client('postgres', 'somebody');
  const rebuilding = builder.query('reindex index concurrently public.rebuilt_pkey');
  try {
    const look = async () => {
      stage.server.sampler.refresh(['index-usage'], 'postgres');
      return (await index()).map(({ indexrelname }) => indexrelname);
    };
    await expect.poll(look).toEqual(expect.arrayContaining(['rebuilt_pkey', 'rebuilt_pkey_ccnew']));
  } finally {
    await old.query('rollback');
    await rebuilding;
  }
  stage.server.sampler.refresh(['index-usage'], 'postgres');
  await expect
    .poll(index)
    .toMatchObject([{ indexrelname: 'rebuilt_pkey', is_primary: true, constraint_type: 'p', is_valid: true }]);
});

it('what a topic lacked is looked for when it is asked anew', async () => {
  const status = async () => (await stage.server.sampler.read(topics['slow-queries'] as AnyTopic, null)).status;
  expect(await status()).toBe('unavailable');
  await stage.root('create extension pg_stat_statements');
  stage.server.sampler.renew(['slow-queries']);
  await expect.poll(status).toBe('ok');
  await stage.root('drop extension pg_stat_statements');
});

it('statements are told as soon as the extension is there that counts them', async () => {
  stage.use('postgres');
  const status = async () => (await stage.server.sampler.read(topics['slow-queries'] as AnyTopic, null)).status;
  expect(await status()).toBe('unavailable');
  const target = { kind: 'extension' as const, database: 'postgres', name: 'pg_stat_statements' };
  expect(await run({ action: 'create-extension', target, options: {} })).toMatchObject(done);
  await expect.poll(status).toBe('ok');
});
