import { afterAll, beforeEach, expect, test } from 'vitest';
import { accessOf } from '@/lib/access/test-access';
import type { User } from '@/lib/access/user';
import type { AccessRule } from '@/lib/config';
import { listServers, readMoments, readTopic } from '@/lib/read';
import { type Runtime, shared } from '@/lib/runtime';
import type { AnyTopic } from '@/lib/topics/topic';
import { serverFor } from './access/server-access';

let asked: (string | null)[] = [];

/** pgdeck with one server at home in `shop`, whose answers name the database that was asked. */
function start(access?: AccessRule[]): void {
  asked = [];
  const read = { host: 'db.internal', port: 5432, database: 'shop', user: 'pgdeck_read' };
  const sampler = {
    state: () => 'ok',
    slowedDown: 1,
    sinceForcedMs: () => 60_000,
    read: async ({ id, scope }: AnyTopic, database: string | null) => {
      asked.push(database);
      const rows =
        scope === 'database' ? [{ relid: 1 }] : [{ datname: 'shop' }, { datname: 'books' }, { datname: null }];
      const at = { sampledAt: '2026-11-21T03:14:02.000Z', ageSeconds: 0, windowSeconds: 2 };
      return { topic: id, server: 'one', database, status: 'ok', ...at, rows };
    },
  };
  const config = { id: 'one', name: 'One', tags: [], demo: false, read, action: { ...read, user: 'act' }, access };
  const connections = { capabilities: { databases: ['shop', 'books', 'logs'], versionNum: 180000 } };
  Object.assign(shared(), {
    servers: new Map([['one', { config, connections, sampler }]]),
    config: { access: accessOf() },
    history: { store: { on: false, state: { reason: 'Off.' } }, status: () => ({ kind: 'off', reason: 'Off.' }) },
  } as unknown as Partial<Runtime>);
}
beforeEach(() => start());
afterAll(() => {
  for (const part of ['servers', 'config', 'history'] as const) delete shared()[part];
});

const ann: User = { name: 'ann', role: 'admin', mode: 'local' };
const read = (topic: string, query: Record<string, string> = {}, user = ann) =>
  readTopic(serverFor(user, 'one').access, 'one', topic, query);
const rows = async (...given: Parameters<typeof read>) => {
  const answer = await read(...given);
  return answer.status === 'ok' ? answer.rows.map(({ datname }) => datname) : answer.status;
};
const part: AccessRule[] = [{ who: ['*'], role: 'admin', databases: ['a-gone-one', 'books'] }];

// Fails where the name of a database is passed over: the rows of all would be taken for those of one.
test('a topic of the whole server gives the rows of a database that is named', async () => {
  expect(await rows('sessions')).toEqual(['shop', 'books', null]);
  expect(await rows('sessions', { database: 'books' })).toEqual(['books']);
  expect(await rows('sessions', { database: 'logs' })).toEqual([]);
  await expect(read('sessions', { database: 'nope' })).rejects.toMatchObject({ status: 404 });
  await expect(read('wal', { database: 'shop' })).rejects.toMatchObject({
    status: 400,
    field: 'database',
    message: 'database: wal tells of the whole server. Leave it out.',
  });
});

// Fails where a topic takes what only another one knows: all of it would be told where some was asked for.
test('a topic takes its own parameters and no others, and names them', async () => {
  await expect(read('slow-queries', { limt: '5' })).rejects.toMatchObject({
    status: 400,
    field: 'limt',
    message:
      'There is no parameter limt. Did you mean limit? There are database, at, fresh, describe, min_mean_ms, limit.',
  });
  await expect(read('sessions', { limit: '5' })).rejects.toMatchObject({ status: 400, field: 'limit' });
  await expect(read('slow-queries', { limit: '0' })).rejects.toMatchObject({
    message: 'limit must be a whole number from 1 to 200; it was “0”.',
  });
  expect(await rows('slow-queries', { limit: '5', min_mean_ms: '0', fresh: '1' })).toEqual([]);
});

// Fails when `listServers()` lists every database, or takes an admin of a part for one of the whole.
test('T12: the list of servers has the databases that one may see, and addresses only for admins of all of it', () => {
  expect(listServers(ann).servers).toMatchObject([
    { databases: ['shop', 'books', 'logs'], host: 'db.internal', database: 'shop' },
  ]);
  start(part);
  const [listed] = listServers(ann).servers;
  expect(listed?.databases).toEqual(['books']);
  for (const hidden of ['host', 'port', 'database', 'role', 'actionRole']) expect(listed).not.toHaveProperty(hidden);
  start([]);
  expect(listServers(ann).servers).toEqual([]);
});

// Fails when `readTopic()` does not ask `visibleAnswer()`, or `databaseFor()` not who asks.
test('T12: a topic tells the rows of the databases that one may see, now and of the past', async () => {
  expect(await rows('sessions')).toEqual(['shop', 'books', null]);
  start(part);
  expect(await rows('sessions')).toEqual(['books']);
  await expect(read('wal')).rejects.toMatchObject({ status: 403 });
  await expect(read('wal', { at: '2026-11-21T03:00:00Z' })).rejects.toMatchObject({ status: 403 });
  expect(await read('tables')).toMatchObject({ database: 'books' });
  expect(asked).toEqual([null, 'books']);
  for (const database of ['shop', 'logs', 'never'])
    for (const query of [{ database }, { database, at: '2026-11-21T03:00:00Z' }] as Record<string, string>[])
      await expect(read('tables', query)).rejects.toMatchObject({
        status: 404,
        field: 'database',
        message: `Server "one" has no database "${database}".`,
      });
  // One that a rule names and that is not there is missed in the same words.
  await expect(read('tables', { database: 'a-gone-one' })).rejects.toMatchObject({
    status: 404,
    message: 'Server "one" has no database "a-gone-one".',
  });
  const { access } = serverFor(ann, 'one');
  const moments = (topic: string, database?: string) =>
    readMoments(access, { server: 'one', topic, database }, { at: 1_795_000_000 });
  await expect(moments('tables', 'shop')).rejects.toMatchObject({ status: 404 });
  await expect(moments('wal')).rejects.toMatchObject({ status: 403 });
  await expect(moments('sessions')).rejects.toMatchObject({ status: 503 });
});

// Fails when `fresh` is taken from everybody.
test('T21: only operators have the server asked anew', async () => {
  expect(await rows('sessions', { fresh: '1' })).toHaveLength(3);
  const viewer = { ...ann, role: 'viewer' as const };
  await expect(read('sessions', { fresh: '1' }, viewer)).rejects.toMatchObject({ status: 403 });
  expect(await rows('sessions', {}, viewer)).toHaveLength(3);
});

// Fails without the look for NUL in `pastDatabase()`: pages hand on what stands in their address.
test('T10: a name with NUL is asked of nobody, also while it is not known which databases there are', async () => {
  const { connections } = serverFor(ann, 'one').server;
  Object.assign(connections, { capabilities: undefined });
  await expect(read('tables', { database: 'shop\0user\0postgres' })).rejects.toMatchObject({ status: 404 });
  expect(asked).toEqual([]);
});
