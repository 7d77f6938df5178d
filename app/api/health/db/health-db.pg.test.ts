import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Handler } from '@/lib/access/route';
import { accessOf } from '@/lib/access/test-access';
import { healthDb, healthDbTest } from '@/lib/api/health-db';
import type { ServerConfig } from '@/lib/config';
import { defaultPool, type PoolSettings } from '@/lib/config-resources';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { type Runtime, shared } from '@/lib/runtime';
import { GET as pools } from './route';
import { GET as roundTrips } from './test/route';

const folder = mkdtempSync(join(tmpdir(), 'pgdeck-test-'));
let server: Embedded;
const opened: ServerConnections[] = [];

/** pgdeck with these servers: the port of each, and how its pool is. */
function start(servers: Record<string, { port: number; pool?: Partial<PoolSettings> }>): ServerConnections[] {
  const made = Object.entries(servers).map(([id, { port, pool }]) => {
    const read = {
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user: 'postgres',
      password: 'only-for-this-test',
      tls: { mode: 'disable' as const },
    };
    const config: ServerConfig = {
      id,
      name: `The ${id}`,
      environment: undefined,
      tags: [],
      demo: false,
      read,
      action: read,
    };
    const connections = new ServerConnections(config, 2, { ...defaultPool, ...pool });
    opened.push(connections);
    return [id, { config, connections, sampler: { state: () => 'ok' } }] as const;
  });
  Object.assign(shared(), {
    servers: new Map(made),
    config: { allowedHosts: [], access: accessOf() },
  } as unknown as Partial<Runtime>);
  return made.map(([, { connections }]) => connections);
}

async function ask(handler: Handler, path = '') {
  const response = await handler(new Request(`http://127.0.0.1:8432/api/x${path}`), { params: Promise.resolve({}) });
  return { status: response.status, body: await response.json() };
}

/** The body, where it has the shape that the contract tells. */
const shaped = (body: unknown, { answers }: { answers: Record<number, unknown> }) =>
  (answers[200] as { json: z.ZodType }).json.parse(body);

beforeAll(async () => {
  server = await startEmbedded({
    major: 18,
    dataDir: join(folder, 'data'),
    temporary: true,
    settings: { fsync: 'off' },
    superuserPassword: 'only-for-this-test',
  });
});
afterEach(() => {
  for (const connections of opened.splice(0)) connections.close();
});
afterAll(async () => {
  for (const part of ['servers', 'config'] as const) delete shared()[part];
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a round trip to each server; where one does not come back its name and the reason are told, with 503', async () => {
  start({ shop: { port: server.port }, desk: { port: server.port } });
  const well = await ask(roundTrips);
  expect(well.status).toBe(200);
  expect(shaped(well.body, healthDbTest)).toMatchObject({
    status: 'ok',
    servers: [{ server: 'shop' }, { server: 'desk' }],
  });
  start({ shop: { port: server.port }, desk: { port: 1 }, books: { port: 1 } });
  const refused = await ask(roundTrips);
  const why = 'Nothing listens at the address of the server. Start it if it does not run; else check host and port.';
  expect(refused.status).toBe(503);
  expect(refused.body.error).toEqual({
    code: 'unreachable',
    message: `Server The desk: ${why} Server The books: ${why} 1 of 3 servers answered.`,
    requestId: expect.any(String),
  });
  expect((await ask(roundTrips, '?server=desk')).body.error.message).toBe(`Server The desk: ${why}`);
  expect((await ask(roundTrips, '?server=shop')).status).toBe(200);
});

test('a pool that is exhausted is told by both, and is well again', async () => {
  const [connections] = start({ shop: { port: server.port, pool: { max: 1, timeoutMs: 300 } } });
  await connections?.ask('pinned', undefined, 'select 1');
  const held = connections?.ask('slow', undefined, 'select pg_sleep(3)::text');
  const refused = await ask(roundTrips);
  expect(refused.status).toBe(503);
  expect(refused.body.error).toMatchObject({ code: 'timeout' });
  expect(refused.body.error.message).toMatch(
    /^Server The shop: No connection became free within 0.3 s: the pool is exhausted/,
  );
  const told = await ask(pools);
  expect(shaped(told.body, healthDb)).toMatchObject({
    status: 'warning',
    servers: [
      {
        server: 'shop',
        pools: [
          { pool: 'sampling', size: 1, in_use: 1, wait_timeouts_total: 1, state: 'warning', word: 'Waited in vain' },
          { state: 'ok' },
          { state: 'ok' },
        ],
        warnings: ['Pool sampling: 1 statement got no connection in time in the last minute.'],
        recommendations: [expect.stringContaining('PGDECK_POOL_MAX allows more connections')],
      },
    ],
  });
  await held;
  // Who asks within a second shares a round trip, also one that failed.
  await expect.poll(async () => (await ask(roundTrips)).status).toBe(200);
});

test('what is refused is told as critical, with the cause', async () => {
  start({ shop: { port: 1 } });
  await ask(roundTrips);
  const { body } = await ask(pools);
  expect(shaped(body, healthDb)).toMatchObject({
    status: 'critical',
    servers: [{ pools: [{ failed_connections_total: 1, in_use: 0, idle: 0 }, {}, {}] }],
  });
  // What follows from it is no further warning, and the advice is that of the cause.
  expect(body.servers[0].warnings).toEqual(['Nothing listens at the address of the server.']);
  expect(body.servers[0].recommendations).toEqual(['Start it if it does not run; else check host and port.']);
});
