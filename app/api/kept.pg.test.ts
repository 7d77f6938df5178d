import { brotliDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { acceptHeader, encodedHeader } from '@/lib/access/encoding';
import type { Handler } from '@/lib/access/route';
import { accessOf } from '@/lib/access/test-access';
import { contracts } from '@/lib/api/index';
import { AnswerCache } from '@/lib/cache/answer-cache';
import { History } from '@/lib/history/history';
import { Stage } from '@/lib/runner/test-stage';
import { type Runtime, shared } from '@/lib/runtime';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from '@/lib/topics/index';
import { POST as clearCaches } from './health/cache/clear/route';
import { GET as readCaches } from './health/cache/route';
import { GET as readPerformance } from './performance/database/route';
import { GET as readTopic } from './servers/[server]/[topic]/route';
import { GET as readDefinition } from './servers/[server]/definition/route';
import { GET as readSettings } from './servers/[server]/settings/route';
import { GET as readTable } from './servers/[server]/table/route';

const origin = 'http://127.0.0.1:8432';
let stage: Stage;
let bugs: unknown[];

beforeAll(async () => {
  stage = await Stage.build(18, { shared_preload_libraries: 'pg_stat_statements' });
  await stage.root(`create extension pg_stat_statements;
    create table public.large as select n, repeat('x', 500) as filler from generate_series(1, 40000) as n;
    create index large_unused on public.large (n, filler);
    select pg_sleep(0.15);
    analyze`);
  bugs = [];
  stage.server.sampler = new Sampler('test', stage.server.connections, topics, (error) => bugs.push(error));
  const cache = new AnswerCache({
    seconds: { lists: 30, settings: 60, schema: 120, definitions: 300 },
    maxBytes: 4 * 1024 * 1024,
  });
  Object.assign(shared(), {
    servers: new Map([['test', stage.server]]),
    cache,
    audit: stage.audit,
    history: new History({ kind: 'off' } as never, { kind: 'off', notices: [] }, () => []),
    config: { allowedHosts: ['127.0.0.1:8432'], access: accessOf() },
  } as unknown as Partial<Runtime>);
  await stage.server.connections.probe();
});
afterAll(async () => {
  stage.server.sampler.stop();
  for (const part of ['servers', 'cache', 'audit', 'history', 'config'] as const) delete shared()[part];
  await stage?.end();
});

// biome-ignore lint/suspicious/noExplicitAny: each route has a shape of its own, which is parsed where it matters
type Reply = { status: number; headers: Headers; body: any };

async function ask(
  handler: Handler,
  path: string,
  init: { params?: Record<string, string>; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Reply> {
  const request = new Request(`${origin}${path}`, {
    method: init.body === undefined ? 'GET' : 'POST',
    headers: { ...init.headers, ...(init.body !== undefined && { origin, 'content-type': 'application/json' }) },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  });
  const response = await handler(request, { params: Promise.resolve(init.params ?? {}) });
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = response.headers.get(encodedHeader) === 'br' ? brotliDecompressSync(bytes) : bytes;
  expect(bugs).toEqual([]);
  return { status: response.status, headers: response.headers, body: text.length > 0 ? JSON.parse(`${text}`) : null };
}

const params = { server: 'test' };
const performance = () => ask(readPerformance, '/api/performance/database');

it('how a database does is one answer of the shape that is promised', async () => {
  const { status, body } = await performance();
  expect(status).toBe(200);
  contracts.databasePerformance.answers[200].json.parse(body);
  expect(body).toMatchObject({
    server: 'test',
    database: 'postgres',
    pool: { status: 'ok' },
    cacheHit: { status: 'ok' },
    indexUsage: { status: 'ok', largestUnused: [{ indexrelname: 'large_unused' }] },
    tableSizes: { status: 'ok' },
    slowQueries: { status: 'ok' },
  });
  expect(body.tableSizes.tables[0]).toMatchObject({ relname: 'large', share: expect.any(Number) });
  expect(body.slowQueries.statements.map((row: { query: string }) => row.query).join()).toContain('pg_sleep');
  const about = body.recommendations.map((found: { about: string }) => found.about);
  expect(about).toEqual(expect.arrayContaining(['statement', 'index']));
  expect(JSON.stringify(body.recommendations)).toContain('large_unused');
});

it('from snapshots: what was read once is not asked again', async () => {
  await performance();
  const calls = async () =>
    Number(
      (
        await stage.root<{ calls: string }>(
          "select sum(calls) as calls from pg_stat_statements where query like '%pgdeck:%'",
        )
      )[0]?.calls,
    );
  const before = await calls();
  // The databases, asked each 10 s, may be due once meanwhile.
  for (let i = 0; i < 20; i++) await performance();
  expect((await calls()) - before).toBeLessThan(8);
});

it('a part that cannot be told says so in its place, and the rest stands', async () => {
  await stage.root('drop extension pg_stat_statements');
  await ask(readTopic, '/api/servers/test/slow-queries?fresh=1', { params: { ...params, topic: 'slow-queries' } });
  const { status, body } = await performance();
  expect(status).toBe(200);
  contracts.databasePerformance.answers[200].json.parse(body);
  expect(body.slowQueries).toMatchObject({ status: 'unavailable', reason: 'extension', fixSql: expect.any(String) });
  expect(body.tableSizes.status).toBe('ok');
  await stage.root('create extension pg_stat_statements');
});

it('a server or database that is not there is 404', async () => {
  expect((await ask(readPerformance, '/api/performance/database?server=other')).status).toBe(404);
  expect((await ask(readPerformance, '/api/performance/database?database=gone')).status).toBe(404);
});

it('tables, definitions and settings have the shapes that are promised', async () => {
  const table = await ask(readTable, '/api/servers/test/table?schema=public&table=large', { params });
  contracts.table.answers[200].json.parse(table.body);
  expect(table.headers.get('x-query-count')).toBe('1');
  const [index] = table.body.table.indexes;
  const byOid = await ask(readTable, `/api/servers/test/table?oid=${table.body.table.oid}`, { params });
  expect(byOid.body.table.relname).toBe('large');
  const definition = await ask(readDefinition, `/api/servers/test/definition?kind=index&oid=${index.oid}`, { params });
  contracts.definition.answers[200].json.parse(definition.body);
  expect(definition.body.definition.definition).toBe(
    'CREATE INDEX large_unused ON public.large USING btree (n, filler)',
  );
  const settings = await ask(readSettings, '/api/servers/test/settings', { params });
  contracts.settings.answers[200].json.parse(settings.body);
  const again = await ask(readSettings, '/api/servers/test/settings', { params });
  expect(again.headers.get('x-query-count')).toBe('0');
  for (const query of ['', 'schema=public', 'schema=public&table=large&oid=1', 'oid=0', 'oid=none'])
    expect((await ask(readTable, `/api/servers/test/table?${query}`, { params })).status, query).toBe(400);
  for (const query of ['kind=index', 'kind=table&oid=1', 'oid=1'])
    expect((await ask(readDefinition, `/api/servers/test/definition?${query}`, { params })).status, query).toBe(400);
});

it('the caches tell what is in them, by how a key begins, and are cleared so; that is written down', async () => {
  await ask(readTable, '/api/servers/test/table?schema=public&table=large', { params });
  const { body } = await ask(readCaches, '/api/health/cache');
  contracts.cacheHealth.answers[200].json.parse(body);
  expect(body.kept.kinds).toContainEqual(
    expect.objectContaining({ server: 'test', kind: 'schema', ttlSeconds: 120, hitRate: expect.any(Number) }),
  );
  expect(body.snapshots.servers).toEqual([
    expect.objectContaining({ server: 'test', hits: expect.any(Number), oldestSeconds: expect.any(Number) }),
  ]);
  const keys = body.entries.map(({ key }: { key: string }) => key);
  expect(keys).toEqual(
    expect.arrayContaining(['test::databases', 'test:postgres:tables', 'test:postgres:public.large']),
  );
  const some = await ask(readCaches, '/api/health/cache?prefix=test:postgres:public.');
  expect(some.body.entries).toMatchObject([{ cache: 'kept', kind: 'schema', database: 'postgres' }]);
  const clear = (prefix?: string) => ask(clearCaches, '/api/health/cache/clear', { body: prefix ? { prefix } : {} });
  expect((await clear('test:postgres:public.')).body).toEqual({ cleared: { snapshots: 0, kept: 1 } });
  const all = await clear();
  contracts.clearCache.answers[200].json.parse(all.body);
  expect(all.body.cleared.kept).toBeGreaterThan(1);
  expect(all.body.cleared.snapshots).toBeGreaterThan(3);
  expect((await clear()).body).toEqual({ cleared: { snapshots: 0, kept: 0 } });
  expect((await ask(readCaches, '/api/health/cache')).body.kept.entries).toBe(0);
  expect((await stage.events()).filter((event) => event === 'cache_cleared')).toHaveLength(3);
});

it('a snapshot is sent once to who has it, and compressed for who takes that', async () => {
  const read = (headers: Record<string, string> = {}) =>
    ask(readTopic, '/api/servers/test/tables', { params: { ...params, topic: 'tables' }, headers });
  const first = await read();
  const etag = first.headers.get('etag') ?? '';
  const again = await read({ 'if-none-match': etag });
  expect(again).toMatchObject({ status: 304, body: null });
  for (const name of ['etag', 'x-age-seconds', 'x-process-time', 'x-query-count', 'x-query-time', 'server-timing'])
    expect(again.headers.get(name), name).toBeTruthy();
  const compressed = await read({ [acceptHeader]: 'gzip, br' });
  expect(compressed.headers.get(encodedHeader)).toBe('br');
  expect(compressed.body.rows).toEqual(first.body.rows);
  await stage.server.sampler.read(topics.tables, 'postgres', { fresh: true });
  expect((await read({ 'if-none-match': etag })).status).toBe(200);
});
