import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ServerAccess } from '@/lib/access/server-access';
import { everything } from '@/lib/access/test-access';
import { AnswerCache } from '@/lib/cache/answer-cache';
import { keepFresh } from '@/lib/cache/keep-fresh';
import { choicesOf } from '@/lib/runner/choices';
import { indexForm } from '@/lib/runner/index-form';
import { admin, pidOf, refusal, Stage } from '@/lib/runner/test-stage';
import { shared } from '@/lib/runtime';
import { topics } from '@/lib/topics/index';
import { type DefinitionKind, definitionOf } from './definition';
import { keepLists } from './kept';
import { serverSettings } from './settings';
import { tableSchema } from './table';

const seconds = { lists: 30, settings: 60, schema: 120, definitions: 300 };
const viewer: ServerAccess = { ...everything, role: 'viewer', queryText: 'masked', roleOn: () => 'viewer' };
const orders = { schema: 'public', table: 'orders' };

const setup = `
create extension pg_stat_statements;
grant create on schema public to owner;
alter table public.orders add column state text not null default 'secret-default' check (state <> 'secret-check');
create index orders_open on public.orders (lower(note)) include (id) where state = 'secret-predicate';
create statistics public.orders_stats on id, note from public.orders;
create materialized view public.totals as select count(*) as n from public.orders where note <> 'secret-view';
create function public.act(a int, b text default 'secret-argument') returns int language sql as $$ select 1 where b = 'secret-body' $$;
create procedure public.work() language plpgsql as $$ begin perform 1; end $$;
create aggregate public.total (int) (sfunc = int4pl, stype = int);
create function public.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger touched before update on public.orders for each row execute function public.touch();
create rule kept as on delete to public.orders do instead nothing;`;

describe.each([14, 18])('what is asked when somebody looks, on PostgreSQL %i', (major) => {
  let stage: Stage;
  /** How much later it is for what is kept (ms). */
  let later = 0;
  beforeAll(async () => {
    stage = await Stage.build(major, { shared_preload_libraries: 'pg_stat_statements', max_connections: 60 });
    await stage.root(setup);
    await stage.server.connections.probe();
  });
  beforeEach(() => {
    later = 0;
    const cache = new AnswerCache({ seconds, maxBytes: 4 * 1024 * 1024 }, () => performance.now() + later);
    Object.assign(shared(), { servers: new Map([['test', stage.server]]), cache });
  });
  afterEach(() => {
    delete shared().cache;
    delete shared().servers;
  });
  afterAll(() => stage?.end());

  const table = (of: Parameters<typeof tableSchema>[2]['table'] = orders, access = everything, fresh = false) =>
    tableSchema(stage.server, access, { table: of, fresh });
  const told = async (...asked: Parameters<typeof table>) => {
    const answer = await table(...asked);
    if (answer.status !== 'ok') throw new Error(answer.hint);
    return answer.value;
  };
  const calls = async (tag: string) =>
    (
      await stage.root<{ calls: number }>(
        'select coalesce(sum(calls), 0)::int as calls from pg_stat_statements where query like $1',
        [`%pgdeck:${tag} %`],
      )
    )[0]?.calls ?? 0;
  const sent = async (tag: string, work: () => Promise<unknown>) => {
    const before = await calls(tag);
    await work();
    return (await calls(tag)) - before;
  };

  it('is one statement, however many want it at once', async () => {
    const readers = () => Promise.all(Array.from({ length: 1000 }, () => told()));
    expect(await sent('table-schema', readers)).toBe(1);
    expect(await sent('table-schema', readers)).toBe(0);
    expect(shared().cache?.figures()).toMatchObject([{ kind: 'schema', misses: 1, hits: 1999, entries: 1 }]);
    expect(
      shared()
        .cache?.entries()
        .map(({ key }) => key),
    ).toEqual(['test:postgres:public.orders']);
  });

  it('tells a table by its names and by its OID', async () => {
    const found = await told();
    expect(found).toMatchObject({
      schemaname: 'public',
      relname: 'orders',
      kind: 'table',
      owner: 'owner',
      partition_of: null,
      bound: null,
      partitions: [],
    });
    expect(found.columns).toContainEqual({
      name: 'state',
      type: 'text',
      not_null: true,
      default: "'secret-default'::text",
      identity: null,
      generated: false,
      collation: null,
    });
    expect(found.indexes).toContainEqual(
      expect.objectContaining({
        name: 'orders_open',
        definition: expect.stringContaining("WHERE (state = 'secret-predicate'::text)"),
        is_valid: true,
      }),
    );
    expect(found.constraints.map(({ type }) => type)).toEqual(expect.arrayContaining(['primary key', 'check']));
    expect(found.total_bytes).toBe(found.heap_bytes + found.index_bytes + found.toast_bytes);
    expect(found.heap_bytes).toBeGreaterThan(0);
    expect(await told({ oid: found.oid })).toEqual(found);
    const parts = await told({ schema: 'public', table: 'parts' });
    expect(parts).toMatchObject({ kind: 'partitioned table', total_bytes: 0, partitions_left_out: 0 });
    expect(parts.partitions).toMatchObject([{ relname: 'parts_1', bound: 'FOR VALUES FROM (0) TO (100)' }]);
    expect(await told({ schema: 'public', table: 'parts_1' })).toMatchObject({
      partition_of: 'public.parts',
      bound: 'FOR VALUES FROM (0) TO (100)',
    });
    const odd = await told({ schema: 'public', table: 'Odd "name"; drop' });
    expect(odd.relname).toBe('Odd "name"; drop');
    for (const missing of [{ schema: 'public', table: 'gone' }, { oid: 1 }])
      expect(await refusal(table(missing))).toBe('404 not_found');
  });

  it('puts each kind of object into words', async () => {
    const oids: Record<DefinitionKind, string> = {
      index: "'public.orders_open'::regclass",
      view: "'public.totals'::regclass",
      function: "'public.act'::regproc",
      constraint: "(select oid from pg_constraint where conname = 'orders_pkey')",
      trigger: "(select oid from pg_trigger where tgname = 'touched')",
      rule: "(select oid from pg_rewrite where rulename = 'kept')",
      statistics: "(select oid from pg_statistic_ext where stxname = 'orders_stats')",
    };
    const words: Record<DefinitionKind, [string, string]> = {
      index: ['public.orders_open', 'CREATE INDEX orders_open'],
      view: ['public.totals', 'SELECT count(*)'],
      function: ['public.act(integer, text)', 'CREATE OR REPLACE FUNCTION'],
      constraint: ['orders_pkey on public.orders', 'PRIMARY KEY (id)'],
      trigger: ['touched on public.orders', 'CREATE TRIGGER touched'],
      rule: ['kept on public.orders', 'CREATE RULE kept'],
      statistics: ['public.orders_stats', 'CREATE STATISTICS'],
    };
    for (const kind of Object.keys(oids) as DefinitionKind[]) {
      const [{ oid } = { oid: 0 }] = await stage.root<{ oid: number }>(`select ${oids[kind]}::oid::int as oid`);
      const answer = await definitionOf(stage.server, everything, { kind, oid, fresh: false });
      expect(answer, `${kind}: ${JSON.stringify(answer)}`).toMatchObject({
        status: 'ok',
        value: { kind, oid, name: words[kind][0], definition: expect.stringContaining(words[kind][1]) },
      });
    }
    const [other] = await stage.root<{ work: number; total: number }>(
      "select 'public.work'::regproc::oid::int as work, 'public.total'::regproc::oid::int as total",
    );
    const of = (oid: number) => definitionOf(stage.server, everything, { kind: 'function', oid, fresh: false });
    expect(await of(other?.work ?? 0)).toMatchObject({ value: { definition: expect.stringContaining('PROCEDURE') } });
    expect(await of(other?.total ?? 0)).toMatchObject({ status: 'ok', value: { definition: null } });
    expect(await refusal(of(1))).toBe('404 not_found');
  });

  // Fails where what is kept is what the first reader saw.
  it('is kept as the server answered, and told as each may see it', async () => {
    expect(JSON.stringify(await told())).toContain('secret-default');
    const masked = JSON.stringify(await told(orders, viewer));
    expect(masked).not.toContain('secret-');
    expect(masked).toContain('lower(note)');
    const hidden = await told(orders, { ...viewer, queryText: 'hidden' });
    expect(hidden.indexes.map(({ definition }) => definition)).toEqual(hidden.indexes.map(() => null));
    expect(JSON.stringify(await told())).toContain('secret-check');
    expect(shared().cache?.figures()).toMatchObject([{ hits: 3, misses: 1 }]);
    for (const [kind, name] of [
      ['function', "'public.act'::regproc"],
      ['view', "'public.totals'::regclass"],
    ] as const) {
      const [row] = await stage.root<{ oid: number }>(`select ${name}::oid::int as oid`);
      const answer = await definitionOf(stage.server, viewer, { kind, oid: row?.oid ?? 0, fresh: false });
      expect(JSON.stringify(answer)).not.toContain('secret-');
    }
  });

  it('is of databases that one may see', async () => {
    const limited: ServerAccess = { ...viewer, databases: new Set(['other']) };
    expect(
      await refusal(tableSchema(stage.server, limited, { database: 'postgres', table: orders, fresh: false })),
    ).toBe('404 not_found');
    expect(await refusal(table(orders, limited))).toBe('404 not_found');
    expect(shared().cache?.entries()).toEqual([]);
  });

  it('is asked anew by operators, once in 5 s', async () => {
    expect(await refusal(table(orders, viewer, true))).toBe('403 forbidden');
    expect(await sent('table-schema', () => told(orders, everything, true))).toBe(1);
    expect(await refusal(table(orders, everything, true))).toBe('429 busy');
  });

  it('behind an exclusive lock is told with the last that is known, and asked again when it is gone', async () => {
    const before = await told();
    const [row] = await stage.root<{ oid: number }>("select 'public.orders_open'::regclass::oid::int as oid");
    const asked = { kind: 'index' as const, oid: row?.oid ?? 0, fresh: false };
    const definition = () => definitionOf(stage.server, everything, asked);
    const locker = await stage.client('postgres', 'locker');
    await locker.query('begin; lock table public.orders in access exclusive mode');
    try {
      expect(await told()).toEqual(before);
      const found = await definition();
      // It gave up by itself: a question that waits is ended after 4 s with another code.
      expect(found).toMatchObject({ status: 'unavailable', reason: 'locked', sqlstate: '55P03' });
      expect(found).not.toHaveProperty('last');
      expect(JSON.stringify(found)).toContain(String(pidOf(locker)));
      later = 130_000;
      const late = await table(orders, viewer);
      expect(late).toMatchObject({ status: 'unavailable', reason: 'locked', last: { value: { relname: 'orders' } } });
      expect(late.status === 'unavailable' && late.last?.ageSeconds).toBeGreaterThan(129);
      expect(JSON.stringify(late)).not.toContain('secret-');
      expect(shared().cache?.entries()).toHaveLength(1);
      await locker.query('rollback');
      expect(await definition()).toMatchObject({ status: 'ok' });
      expect((await told()).columns).toEqual(before.columns);
    } finally {
      await locker.query('rollback');
    }
  });

  it('is forgotten when an action of pgdeck touched it', async () => {
    const { cache } = shared();
    if (!cache) throw new Error('there is no cache');
    keepFresh(cache, 'test', stage.server.sampler);
    const before = await told();
    const named = before.indexes.map(({ name }) => name);
    const preview = await stage.runner.preview(
      'test',
      {
        action: 'create-index',
        target: { kind: 'relation', database: 'postgres', oid: before.oid },
        options: { columns: [{ attnum: 2 }], name: `made_${major}` },
      } as never,
      admin,
    );
    const { run } = await stage.runner.execute(
      'test',
      { previewId: preview.previewId, idempotencyKey: `made-${major}` },
      admin,
    );
    expect((await stage.ended(run)).status).toBe('done');
    // A run has ended a moment before what it touched is told; what is kept is kept for two minutes.
    await expect
      .poll(async () => (await told()).indexes.map(({ name }) => name).sort())
      .toEqual([...named, `made_${major}`].sort());
  });

  it('is forgotten when pgdeck sees that somebody else changed a definition, and kept when nobody did', async () => {
    const { cache } = shared();
    if (!cache) throw new Error('there is no cache');
    const { sampler } = stage.server;
    keepFresh(cache, 'test', sampler);
    const look = () => sampler.read(topics.schema, 'postgres', { fresh: true, waitMs: 30_000 });
    // What was changed before is seen a moment later: nothing is forgotten from then on.
    await expect
      .poll(async () => {
        await look();
        await told();
        await serverSettings(stage.server, everything, false);
        await look();
        return cache.entries().length;
      })
      .toBe(2);
    await stage.root(`alter table public.orders add column seen_${major} int`);
    // What a session changed is counted when it has a moment.
    await expect
      .poll(
        async () => {
          await look();
          return cache.entries().map(({ kind }) => kind);
        },
        { timeout: 30_000, interval: 500 },
      )
      .toEqual(['settings']);
    expect((await told()).columns.map(({ name }) => name)).toContain(`seen_${major}`);
  });

  it('is what forms offer, too; what an index can be made of is one statement for all who build one', async () => {
    const keep = keepLists(stage.server);
    const choices = (search: string) =>
      choicesOf(stage.server, everything, { kind: 'relation', search, database: 'postgres' }, keep);
    const many = () => Promise.all(Array.from({ length: 50 }, () => choices('ord')));
    await many();
    expect(shared().cache?.figures()).toMatchObject([{ kind: 'lists', misses: 1, hits: 49 }]);
    expect((await choices('ord')).map(({ label }) => label)).toContain('public.orders');
    expect((await choices('part')).map(({ label }) => label)).toContain('public.parts');
    const oid = await stage.oid('public.orders');
    const forms = () =>
      Promise.all(Array.from({ length: 50 }, () => indexForm(stage.server, { database: 'postgres', oid }, keep)));
    expect(await sent('index-form', forms)).toBe(1);
    expect(await refusal(indexForm(stage.server, { database: 'postgres', oid: 1 }, keep))).toBe('404 not_found');
  });

  it("tells settings without secrets, and none of pgdeck's own sessions", async () => {
    await stage.root("alter system set primary_conninfo = 'host=db password=secret-word'");
    await stage.root('select pg_reload_conf()');
    await expect
      .poll(async () => {
        shared().cache?.clear();
        const answer = await serverSettings(stage.server, everything, false);
        return answer.status === 'ok' && answer.value.find(({ name }) => name === 'primary_conninfo')?.setting;
      })
      .toBe('host=db password=…');
    const answer = await serverSettings(stage.server, viewer, false);
    if (answer.status !== 'ok') throw new Error(answer.hint);
    expect(answer.value.length).toBeGreaterThan(300);
    expect(answer.value.find(({ name }) => name === 'max_connections')).toMatchObject({
      setting: '60',
      vartype: 'integer',
      context: 'postmaster',
    });
    expect(answer.value.map(({ name }) => name)).not.toContain('statement_timeout');
    expect(JSON.stringify(answer)).not.toContain('secret-word');
  });
});
