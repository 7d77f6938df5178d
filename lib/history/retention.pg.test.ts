import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HistoryConfig } from '@/lib/config';
import { Pool } from '@/lib/postgres/pool';
import type { Engine } from './engine';
import { Housekeeping } from './housekeeping';
import { partitionedTables } from './migrate';
import { ensurePartitions, listPartitions } from './partitions';
import { oldestKept, retain, storeBytes } from './retention';
import { rollUps } from './roll-up';
import { type StoreStage, startStore, until } from './test-stage';

const dayMs = 86_400_000;
const gigabyte = 1024 ** 3;
const kept = { rawDays: 2, minuteDays: 14, hourDays: 400, maxBytes: 5 * gigabyte };

describe.each([14, 18])('retention on PostgreSQL %i', (major) => {
  let stage: StoreStage;
  let other: Pool;
  let engine: Engine;
  const now = Date.now();
  const today = Math.floor(now / dayMs) * dayMs;
  beforeAll(async () => {
    // Sizes only change where the test changes them.
    stage = await startStore({ major, settings: { autovacuum: 'off' } });
    engine = stage.store.engine as Engine;
    other = await Pool.open(stage.target, { most: 4, applicationName: 'test', settings: [], timeoutMs: 30_000 });
  });
  afterAll(async () => {
    await other?.close();
    await stage?.stop();
  });
  beforeEach(async () => {
    const tables = partitionedTables().filter(({ name }) => /^metric_|^session_raw/.test(name));
    await ensurePartitions(stage.store.transaction, engine, now - 20 * dayMs, now, tables);
    stage.store.notices.splice(0);
  });

  const pieces = async (table: string) =>
    (await stage.store.transaction(listPartitions)).filter((piece) => piece.table === table);
  const iso = (at: number) => new Date(at).toISOString();
  /** A megabyte of samples in a day. */
  const fill = (at: number, megabytes = 1) =>
    stage.store.query(
      `insert into pgdeck.metric_raw (server_id, ts, v)
select 1, $1::timestamptz + i * interval '10 s', array_fill(1::float4, array[250]) from generate_series(0, $2::int4 * 960 - 1) as i
on conflict do nothing`,
      [iso(at), megabytes],
    );

  test('what is older than it is kept goes whole, by how long each is kept; the rest stays', async () => {
    await fill(today - 5 * dayMs);
    expect(await retain(stage.store, engine, kept, now)).toBe(true);
    for (const { name, tier } of partitionedTables()) {
      const days = { raw: 2, minute: 14, hour: 400 }[tier];
      const own = await pieces(name);
      expect(
        own.every(({ to }) => to > now - days * dayMs),
        name,
      ).toBe(true);
      // The day that is only partly too old is whole.
      expect(Math.min(...own.map(({ from }) => from)), name).toBeLessThanOrEqual(
        !/^metric_|^session_raw/.test(name) ? now : tier === 'hour' ? now - 20 * dayMs : today - days * dayMs,
      );
    }
    expect(await stage.store.query('select count(*)::int4 as n from pgdeck.metric_raw')).toEqual([{ n: 0 }]);
    expect(stage.store.notices).toEqual([]);
  });

  test('a piece that somebody reads stays, holds up nobody, and goes when the reader is gone', async () => {
    await fill(today - 5 * dayMs);
    let goOn = () => {};
    let reads = () => {};
    const end = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const read = new Promise<void>((resolve) => {
      reads = resolve;
    });
    const reader = other.transaction(async (run) => {
      await run('select count(*) from pgdeck.metric_raw');
      reads();
      await end;
    });
    await read;
    let done = false;
    const dropping = retain(stage.store, engine, kept, now).finally(() => {
      done = true;
    });
    // The reader goes on until the drop has given up: one that waited for it would never end.
    while (!done) await other.query("select count(*) from pgdeck.metric_raw where ts > now() - interval '1 hour'");
    expect(await dropping).toBe(false);
    expect((await pieces('metric_raw')).some(({ from }) => from === today - 5 * dayMs)).toBe(true);
    expect((await pieces('session_raw')).some(({ from }) => from === today - 5 * dayMs)).toBe(false);
    goOn();
    await reader;
    expect(await retain(stage.store, engine, kept, now)).toBe(true);
    expect((await pieces('metric_raw')).some(({ from }) => from === today - 5 * dayMs)).toBe(false);
  });

  test('too large: the oldest days go first, then months of hours, never the newest, and it is told', async () => {
    const long = { ...kept, rawDays: 6, minuteDays: 6 };
    for (const day of [6, 5, 4, 1, 0]) await fill(today - day * dayMs);
    await retain(stage.store, engine, long, now);
    const before = await storeBytes(stage.store.query, engine);
    const daysLeft = async () =>
      (
        await stage.store.query<{ day: string }>(
          'select distinct ts::date::text as day from pgdeck.metric_raw order by day',
        )
      ).map(({ day }) => day);
    // One day and a half too large: two have to go.
    const dayBytes = (before - (await emptyBytes())) / 5;
    expect(dayBytes).toBeGreaterThan(1_000_000);
    expect(await retain(stage.store, engine, { ...long, maxBytes: before - 1.5 * dayBytes }, now)).toBe(true);
    expect(await daysLeft()).toEqual([4, 1, 0].map((day) => iso(today - day * dayMs).slice(0, 10)));
    const after = await storeBytes(stage.store.query, engine);
    expect(after).toBeLessThan(before - 1.5 * dayBytes);
    expect(stage.store.notices.map(({ text }) => text)).toEqual([
      `The history was larger than ${Number(((before - 1.5 * dayBytes) / gigabyte).toPrecision(2))} GB (PGDECK_HISTORY_MAX_GB): the oldest was dropped, samples and minutes before ${iso(today - 4 * dayMs).slice(0, 10)}.`,
    ]);
    expect((await oldestKept(stage.store.query, engine)).raw).toBe((today - 4 * dayMs) / 1000);

    await retain(stage.store, engine, { ...long, maxBytes: 1000 }, now);
    expect(await daysLeft()).toEqual([iso(today).slice(0, 10)]);
    const months = await pieces('metric_1h');
    expect(months.every(({ to }) => to > now)).toBe(true);
    expect(months.length).toBeGreaterThan(0);
    expect(stage.store.notices.at(-1)?.text).toMatch(/although only its newest day is left\. Raise the limit\.$/);
  });

  test('what somebody reads is not called dropped for size', async () => {
    await fill(today - 3 * dayMs);
    const size = await storeBytes(stage.store.query, engine);
    const [oldest] = await pieces('metric_raw');
    let goOn = () => {};
    let reads = () => {};
    const read = new Promise<void>((resolve) => {
      reads = resolve;
    });
    const reader = other.transaction(async (run) => {
      for (const { name } of partitionedTables()) await run(`select count(*) from pgdeck.${name}`);
      reads();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    });
    await read;
    const small = { ...kept, rawDays: 400, minuteDays: 400, maxBytes: size - 1000 };
    expect(await retain(stage.store, engine, small, now)).toBe(false);
    expect((await pieces('metric_raw'))[0]).toEqual(oldest);
    expect(stage.store.notices).toEqual([]);
    goOn();
    await reader;
  });

  /** The size of the store when the table of samples is empty. */
  async function emptyBytes(): Promise<number> {
    const all = await storeBytes(stage.store.query, engine);
    const [row] = await stage.store.query<{ bytes: number }>(
      "select sum(pg_total_relation_size(relid))::float8 as bytes from pg_partition_tree('pgdeck.metric_raw')",
    );
    return all - (row?.bytes ?? 0);
  }

  test('the size is that of everything in the schema', async () => {
    const [row] = await stage.store.query<{ bytes: number }>(
      `select sum(pg_total_relation_size(c.oid))::float8 as bytes from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = 'pgdeck' and c.relkind = 'r' and c.relname <> 'migration'`,
    );
    expect(await storeBytes(stage.store.query, engine)).toBe(row?.bytes);
  });

  test('changes, statements, relations and states that are too old are deleted, and nothing else', async () => {
    const { query } = stage.store;
    await query(
      "insert into pgdeck.server (id, system_identifier, first_seen) values ('a', '1', now()) on conflict do nothing",
    );
    const old = iso(now - 401 * dayMs);
    const young = iso(now - 399 * dayMs);
    for (const [at, id, count] of [
      [old, 'old', 2500],
      [young, 'young', 3],
    ] as const) {
      await query(
        "insert into pgdeck.event select s.server_id, $1::timestamptz, $2 || i, 'deploy', 'x', '{}', null from pgdeck.server as s, generate_series(1, $3::int4) as i",
        [at, id, count],
      );
      const sign = id === 'old' ? -1 : 1;
      await query(
        `insert into pgdeck.statement select s.server_id, $2::int4 * i, 1, 1, i, true, null, null, null, $1::timestamptz, $1::timestamptz::date
from pgdeck.server as s, generate_series(1, $3::int4) as i`,
        [at, sign, count],
      );
      await query(
        `insert into pgdeck.relation select s.server_id, $2::int4 * i, 'd', 's', 'r', 'table', null, $1::timestamptz, $1::timestamptz::date
from pgdeck.server as s, generate_series(1, $3::int4) as i`,
        [at, sign, count],
      );
      await query(
        "insert into pgdeck.remembered_state select s.server_id, $2, $1::timestamptz, '{}' from pgdeck.server as s",
        [at, id],
      );
    }
    await retain(stage.store, engine, kept, now);
    const [left] = await query(
      `select (select array_agg(distinct left(event_id, 3)) from pgdeck.event) as events, (select count(*)::int4 from pgdeck.event) as changes,
  (select min(sid)::int4 from pgdeck.statement) as statements, (select min(rid)::int4 from pgdeck.relation) as relations,
  (select array_agg(kind) from pgdeck.remembered_state) as states`,
    );
    expect(left).toEqual({ events: ['you'], changes: 3, statements: 1, relations: 1, states: ['young'] });
  });

  test('the instance that has the lease keeps the store in shape; every one knows its size and reach', async () => {
    await fill(today - 5 * dayMs);
    await fill(today);
    await stage.store.query('delete from pgdeck.watermark');
    await stage.store.query(
      "insert into pgdeck.watermark select id, now() - interval '2 hours' from unnest($1::text[]) as id",
      [rollUps.map(({ id }) => id)],
    );
    const config: HistoryConfig = { ...kept, kind: 'external', url: undefined, literals: false };
    let holds = false;
    const leases = { want: () => {}, holds: () => holds };
    const housekeeping = new Housekeeping({ store: stage.store, leases, config, lookMs: 50 });
    housekeeping.start();
    await until(() => housekeeping.bytes !== null && housekeeping.oldest.raw !== null);
    expect(housekeeping.oldest).toEqual({ raw: (today - 5 * dayMs) / 1000, minute: null, hour: null });
    holds = true;
    await until(() => housekeeping.oldest.raw === today / 1000);
    const [mark] = await stage.store.query<{ moved: boolean }>(
      "select upto > now() - interval '10 minutes' as moved from pgdeck.watermark where rollup = 'metric_1m'",
    );
    expect(mark?.moved).toBe(true);
    housekeeping.stop();
  });
});
