import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Stage } from '@/lib/runner/test-stage';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from './index';
import type { Ok, Raw } from './topic';

/** Days beside the day of the server, whenever this runs. */
const setup = `
create table public.sold (id int, at date) partition by range (at);
create table public.stamped (at timestamptz, n int) partition by range (at);
create table public.numbered (id bigint) partition by range (id);
create table public.numbered_1 partition of public.numbered for values from (-10) to (0);
create table public.numbered_2 partition of public.numbered for values from (0) to (9007199254740993);
create table public.listed (kind text) partition by list (kind);
create table public.listed_ab partition of public.listed for values in ('a''s', 'b');
create table public.listed_rest partition of public.listed default partition by hash (kind);
create table public.listed_rest_0 partition of public.listed_rest for values with (modulus 1, remainder 0);
create table public.endless (at timestamp) partition by range (at);
create table public.endless_1 partition of public.endless for values from (minvalue) to (maxvalue);
insert into public.listed values ('x'), ('y'), ('a''s');
do $$ begin
  for n in -1..1 loop
    execute format('create table public.sold_%s partition of public.sold for values from (%L) to (%L)', n + 1, current_date + n, current_date + n + 1);
  end loop;
  execute format('create table public.stamped_1 partition of public.stamped for values from (%L) to (%L)',
    date_trunc('month', now(), 'UTC') - interval '1 month', date_trunc('month', now(), 'UTC'));
end $$;
analyze`;

describe.each([14, 18])('PostgreSQL %i', (major) => {
  let stage: Stage;
  let sampler: Sampler;
  beforeAll(async () => {
    stage = await Stage.build(major, { DateStyle: 'SQL, DMY', TimeZone: 'UTC' });
    await stage.root(setup);
    sampler = new Sampler('test', stage.server.connections, topics, (error) => {
      throw error;
    });
    // A session tells of its changes at most once a second, after a statement.
    const told = async () => {
      await stage.root('select 1');
      return (await read()).listed?.default_rows;
    };
    await vi.waitUntil(async () => (await told()) === 2, { timeout: 30_000, interval: 300 });
  });
  afterAll(() => stage?.end());

  const read = async () => {
    const answer = await sampler.read(topics.partitions, null, { fresh: true, waitMs: 30_000 });
    expect(answer).toMatchObject({ status: 'ok' });
    return Object.fromEntries((answer as Ok).rows.map((row) => [row.relname, row])) as Record<string, Raw>;
  };
  const childrenOf = (row: Raw | undefined) => (row?.children ?? []) as Raw[];
  const childNames = (row: Raw | undefined) => childrenOf(row).map(({ relname }) => relname);

  test('roots have their partitions with bounds, through all levels', async () => {
    const found = await read();
    expect(Object.keys(found).sort()).toEqual(['endless', 'listed', 'numbered', 'parts', 'sold', 'stamped']);
    expect(found.sold).toMatchObject({ schemaname: 'public', strategy: 'range', key_columns: 'at', partitions: 3 });
    expect(childNames(found.sold)).toEqual(['sold_0', 'sold_1', 'sold_2']);
    expect(childNames(found.listed)).toEqual(['listed_ab', 'listed_rest', 'listed_rest_0']);
    expect(found.listed).toMatchObject({
      strategy: 'list',
      partitions: 2,
      n_live_tup: 3,
      default_partition: 'listed_rest',
      default_rows: 2,
      next_missing_from: null,
    });
    expect(childrenOf(found.listed)[0]).toMatchObject({
      level: 1,
      bound: "FOR VALUES IN ('a''s', 'b')",
      is_default: false,
    });
    expect(childrenOf(found.listed)[2]).toMatchObject({ level: 2, relkind: 'r' });
    expect(found.parts?.total_bytes).toBeGreaterThan(0);
  });

  test('what is missing next is told in the words of the type, whatever the DateStyle of the server', async () => {
    const found = await read();
    const [day] = await stage.root<{ from: string; to: string }>(
      `select to_char(current_date + 2, 'YYYY-MM-DD') as from, to_char(current_date + 3, 'YYYY-MM-DD') as to`,
    );
    expect(found.sold).toMatchObject({ next_missing_from: day?.from, next_missing_to: day?.to });
    expect(Number(found.sold?.next_missing_in_seconds)).toBeGreaterThan(86_000);
    expect(found.numbered).toMatchObject({
      next_missing_from: '9007199254740993',
      next_missing_to: '18014398509481986',
      next_missing_in_seconds: null,
      default_partition: null,
      default_rows: null,
    });
    const [month] = await stage.root<{ from: string }>(
      `select to_char(date_trunc('month', now(), 'UTC') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"') as from`,
    );
    expect(found.stamped?.next_missing_from).toBe(month?.from);
    expect(Number(found.stamped?.next_missing_in_seconds)).toBeLessThanOrEqual(0);
    expect(found.endless).toMatchObject({ next_missing_from: null, next_missing_to: null });
  });

  test('a lock on a table or its partition holds nothing up', async () => {
    const before = await read();
    const client = await stage.client('postgres', 'locker');
    await client.query('begin; lock table public.sold, public.listed in access exclusive mode');
    try {
      const found = await read();
      expect(childNames(found.sold)).toEqual(childNames(before.sold));
      expect(childrenOf(found.sold)[0]?.bound).toBe(childrenOf(before.sold)[0]?.bound);
    } finally {
      await client.query('rollback');
    }
  });
});
