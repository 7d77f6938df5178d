import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Pool } from '@/lib/postgres/pool';
import { targetFromUrl } from '@/lib/postgres/target';
import type { Engine, EngineName } from './engine';
import { ensureIndexes } from './indexes';
import { type Columns, insertRows } from './insert-rows';
import { Leases } from './lease';
import { partitionedTables } from './migrate';
import { migrations } from './migrations/index';
import { ensureAhead, ensurePartitions } from './partitions';
import { piecesOfStore } from './pieces';
import { oldestKept, retain, storeBytes } from './retention';
import { rollUp } from './roll-ups';
import { Store } from './store';
import { type StoreStage, startStore, until } from './test-stage';

const dayMs = 86_400_000;
const kept = { rawDays: 2, minuteDays: 14, hourDays: 400, maxBytes: 5 * 1024 ** 3 };

/** The database of an address is a test's own: what pgdeck keeps there is dropped. */
const engines: { name: EngineName; variable?: string }[] = [
  { name: 'plain' },
  { name: 'citus', variable: 'PGDECK_TEST_CITUS_URL' },
  { name: 'timescale', variable: 'PGDECK_TEST_TIMESCALE_URL' },
];

/** A value of each type, as the writer sends it. */
const values: Record<string, unknown> = {
  smallint: 1,
  integer: 1,
  bigint: '1',
  real: 1,
  boolean: true,
  text: 'a',
  jsonb: '{}',
  bytea: Buffer.from('a'),
  date: '2026-01-01',
};

for (const { name, variable } of engines) {
  const url = variable ? process.env[variable] : undefined;
  const missing = variable !== undefined && !url;
  const title = missing ? `a store on ${name} (skipped: ${variable} is not given)` : `a store on ${name}`;

  describe.skipIf(missing)(title, () => {
    let stage: Pick<StoreStage, 'store' | 'stop'>;
    const now = Date.now();
    beforeAll(async () => {
      if (!variable || !url) {
        stage = await startStore();
        return;
      }
      const target = targetFromUrl(variable, url);
      const pool = await Pool.open(target, { most: 1, applicationName: 'test', settings: [], timeoutMs: 120_000 });
      await pool.query('drop schema if exists pgdeck cascade');
      await pool.close();
      const store = new Store({ place: () => target });
      store.start();
      await until(
        () => store.on,
        () => `it did not come on: ${store.state.reason}`,
      );
      stage = { store, stop: () => store.close() };
    });
    afterAll(() => stage?.stop());
    const engineOf = () => stage.store.engine as Engine;
    const count = async (table: string) =>
      (await stage.store.query<{ n: number }>(`select count(*)::int4 as n from pgdeck.${table}`))[0]?.n;

    test('is recognised, and another store comes on beside it', async () => {
      expect(stage.store.state).toMatchObject({ status: 'on', engine: name });
      expect(stage.store.notices).toEqual([]);
      await ensureIndexes(stage.store.transaction, (text) => expect.unreachable(text));
    });

    test('every table takes rows in the way of the writer, once', async () => {
      const tables = migrations.flatMap(({ references = [], locals = [], distributed = [], partitioned = [] }) =>
        [...references, ...locals, ...distributed, ...partitioned].map((table) => table.name),
      );
      // As the writer does for what it kept: in the first hours of a day, three hours ago is the day before.
      await ensurePartitions(stage.store.transaction, engineOf(), now - 3 * 3_600_000, now);
      for (const table of tables) {
        const columns = (
          await stage.store.query<{ name: string; type: string; identity: string }>(
            `select a.attname::text as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.attidentity::text as identity
from pg_catalog.pg_attribute as a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
            [`pgdeck.${table}`],
          )
        ).filter(({ identity }) => identity === '');
        const value = (type: string) =>
          type.endsWith('[]')
            ? '{1,1}'
            : type.startsWith('timestamp')
              ? new Date(now - 3 * 3_600_000).toISOString()
              : values[type];
        const row = columns.map(({ type }) => value(type));
        const typed = columns.map(({ name: column, type }): Columns[number] => [column, type]);
        for (let time = 0; time < 2; time++)
          await stage.store.transaction((run) => insertRows(run, table, typed, [row]));
        expect(await count(table), table).toBe(1);
      }
    });

    test('roll-ups go through', async () => {
      expect(await rollUp(stage.store, kept)).toBe(false);
      for (const table of ['metric_1m', 'metric_1h', 'load_1m', 'load_10m', 'load_1h', 'statement_10m', 'statement_1h'])
        expect(await count(table), table).toBeGreaterThan(0);
    });

    test('old pieces go whole, new ones are made ahead, and its size is known', async () => {
      const { store } = stage;
      const raw = partitionedTables().filter((table) => table.name === 'metric_raw');
      await ensurePartitions(store.transaction, engineOf(), now - 6 * dayMs, now, raw);
      await store.transaction((run) =>
        insertRows(
          run,
          'metric_raw',
          [
            ['server_id', 'int4'],
            ['ts', 'timestamptz'],
            ['v', 'float4[]'],
          ],
          [[1, new Date(now - 5 * dayMs).toISOString(), '{1}']],
        ),
      );
      const before = await storeBytes(store.query, engineOf());
      expect((await oldestKept(store.query, engineOf())).raw).toBeCloseTo((now - 5 * dayMs) / 1000, 0);
      expect(await retain(store, engineOf(), kept, now)).toBe(true);
      expect((await oldestKept(store.query, engineOf())).raw).toBeCloseTo(now / 1000 - 3 * 3600, 0);
      expect(await storeBytes(store.query, engineOf())).toBeLessThan(before);
      expect((await piecesOfStore(store.query, engineOf())).every(({ to }) => to > now - 400 * dayMs)).toBe(true);
      await ensureAhead(store.transaction, engineOf(), now + 10 * dayMs);
      await retain(store, engineOf(), { ...kept, maxBytes: 1000 }, now);
      expect(store.notices.at(-1)?.text).toMatch(/Raise the limit/);
    });

    test('one of two gets a lease, and writes behind its fence', async () => {
      // No time passes for them, however long the machine takes.
      const clock = { now: () => Date.now(), elapsed: () => 0 };
      const [one, other] = ['one', 'other'].map(
        (holder) => new Leases({ store: stage.store, holder, shared: true, clock }),
      ) as [Leases, Leases];
      one.want('server:1');
      other.want('server:1');
      await one.look();
      await other.look();
      expect([one.holds('server:1'), other.holds('server:1')]).toEqual([true, false]);
      await stage.store.transaction(async (run) => {
        expect(await one.fence(run, ['server:1'])).toEqual(new Set(['server:1']));
        expect(await other.fence(run, ['server:1'])).toEqual(new Set());
      });
      await one.close();
    });
  });
}
