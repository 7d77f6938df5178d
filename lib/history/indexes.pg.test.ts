import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureIndexes, neededIndexes } from './indexes';
import { type StoreStage, startStore } from './test-stage';

describe.each([14, 18])('indexes of a store on PostgreSQL %i', (major) => {
  let stage: StoreStage;
  beforeAll(async () => {
    stage = await startStore({ major });
  });
  afterAll(() => stage?.stop());

  const ensure = async () => {
    const notices: string[] = [];
    await ensureIndexes(stage.store.transaction, (text) => notices.push(text));
    return notices;
  };
  const validity = async (name: string) =>
    (
      await stage.store.query<{ valid: boolean }>(
        `select i.indisvalid as valid from pg_index as i join pg_class as c on c.oid = i.indexrelid
join pg_namespace as n on n.oid = c.relnamespace where n.nspname = 'pgdeck' and c.relname = $1`,
        [name],
      )
    )[0]?.valid;
  const invalidate = (name: string) =>
    stage.store.query(`update pg_index set indisvalid = false where indexrelid = 'pgdeck.${name}'::regclass`);
  const partitionIndex = async (parent: string) =>
    (
      await stage.store.query<{ name: string }>(
        'select c.relname as name from pg_inherits as i join pg_class as c on c.oid = i.inhrelid where i.inhparent = $1::regclass order by c.relname limit 1',
        [`pgdeck.${parent}`],
      )
    )[0]?.name ?? '';

  test('every index that is needed is there at the start, on the pieces too, and nothing is told', async () => {
    for (const { name } of neededIndexes()) expect(await validity(name), name).toBe(true);
    expect(await partitionIndex('metric_raw_pkey')).toMatch(/^metric_raw_\d{8}_pkey$/);
    expect(await partitionIndex('metric_raw_ts')).toMatch(/^metric_raw_\d{8}_ts_idx$/);
    expect(stage.store.notices).toEqual([]);
    expect(await ensure()).toEqual([]);
  });

  test('a roll-up finds its window by the summary of times', async () => {
    await stage.store.query(
      `insert into pgdeck.metric_raw (server_id, ts, v)
select s, current_date + i * interval '10 s', array_fill(1::float4, array[50]) from generate_series(0, 8639) as i, generate_series(1, 20) as s order by i`,
    );
    await stage.store.query('vacuum analyze pgdeck.metric_raw');
    const rows = await stage.store.query<{ 'QUERY PLAN': string }>(
      `explain select sum(v[1]) from pgdeck.metric_raw where ts >= current_date + interval '3 h' and ts < current_date + interval '3 h 1 min'`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(
      // From 18 on the key is of use without the server, too.
      major === 18
        ? /Index Scan (on|using) metric_raw_\d+_(ts_idx|pkey)/
        : /Bitmap Index Scan on metric_raw_\d+_ts_idx/,
    );
  });

  test('an invalid index of a piece is built anew, and told', async () => {
    for (const parent of ['metric_raw_pkey', 'session_raw_ts']) {
      const name = await partitionIndex(parent);
      await invalidate(name);
      expect(await ensure()).toEqual([`The index ${name} of the history store was invalid; it was built anew.`]);
      expect(await validity(name)).toBe(true);
    }
  });

  test.each(['event_pkey', 'metric_1m_pkey', 'metric_1m_ts'])('an invalid %s is built anew, and told', async (name) => {
    await invalidate(name);
    expect(await ensure()).toEqual([`The index ${name} of the history store was invalid; it was built anew.`]);
    expect(await validity(name)).toBe(true);
    expect((await validity(await partitionIndex(name))) ?? true).toBe(true);
    expect(await ensure()).toEqual([]);
  });

  test('a missing index is built anew, and told where something was stored; what an interrupted rebuild left is dropped', async () => {
    await stage.store.query('drop index pgdeck.load_10m_ts');
    await stage.store.query('drop index pgdeck.metric_raw_ts');
    await stage.store.query('alter table pgdeck.lease drop constraint lease_pkey');
    await stage.store.query("insert into pgdeck.lease values ('server:1', 'a', 1, now())");
    await stage.store.query('create index event_pkey_ccnew on pgdeck.event (ts)');
    await invalidate('event_pkey_ccnew');
    expect((await ensure()).sort()).toEqual([
      'The index lease_pkey of the history store was missing; it was built anew.',
      'The index metric_raw_ts of the history store was missing; it was built anew.',
    ]);
    expect(await validity('lease_pkey')).toBe(true);
    expect(await validity('load_10m_ts')).toBe(true);
    expect(await validity('event_pkey_ccnew')).toBeUndefined();
  });

  test('one that cannot be built is told with why, and holds nothing up', async () => {
    await stage.store.query('alter table pgdeck.watermark drop constraint watermark_pkey');
    await stage.store.query(
      "insert into pgdeck.watermark select 'twice', timestamptz 'epoch' from generate_series(1, 2)",
    );
    const [notice] = await ensure();
    expect(notice).toMatch(
      /^The index watermark_pkey of the history store was missing and could not be built: could not create unique index .* It is tried again\.$/,
    );
    await stage.store.query('delete from pgdeck.watermark where ctid = (select min(ctid) from pgdeck.watermark)');
    expect(await ensure()).toEqual(['The index watermark_pkey of the history store was missing; it was built anew.']);
  });
});
