import { afterAll, beforeAll, expect, test } from 'vitest';
import { Pool } from '@/lib/postgres/pool';
import { watchedInStore } from './same-database';
import { type StoreStage, startStore } from './test-stage';

let stage: StoreStage;
let plain: Pool;
let cluster = '';
beforeAll(async () => {
  stage = await startStore();
  const { query } = stage.store;
  cluster = (await query<{ id: string }>('select system_identifier::text as id from pg_control_system()'))[0]?.id ?? '';
  await query("create role reader login password 'reader'");
  await query('revoke execute on function pg_control_system() from public');
  plain = await Pool.open(
    { ...stage.target, user: 'reader', password: 'reader' },
    { most: 1, applicationName: 'test', settings: [], timeoutMs: 10_000 },
  );
});
afterAll(async () => {
  await plain?.close();
  await stage?.stop();
});

test('a store in the watched database is seen by the identity of the cluster, whatever its address is called', async () => {
  const { store, target } = stage;
  const elsewhere = { ...target, host: 'db.example' };
  const of = async (watched: { target: typeof target; cluster: string }) =>
    (await watchedInStore(store.query, target, [{ id: 'shop', name: 'Shop', ...watched }])).length;
  expect(await of({ target: elsewhere, cluster })).toBe(1);
  expect(await of({ target, cluster: '1' })).toBe(0);
  expect(await of({ target: { ...target, database: 'shop' }, cluster })).toBe(0);
});

test('where the identity cannot be read the address decides', async () => {
  const { target } = stage;
  const of = async (watched: { target: typeof target; cluster: string }) =>
    (await watchedInStore(plain.query, target, [{ id: 'shop', name: 'Shop', ...watched }])).length;
  expect(await of({ target, cluster })).toBe(1);
  expect(await of({ target: { ...target, port: 1 }, cluster })).toBe(0);
});
