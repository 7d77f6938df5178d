import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Handler } from '@/lib/access/route';
import { accessOf } from '@/lib/access/test-access';
import type { Run } from '@/lib/actions/protocol';
import type { AccessRule } from '@/lib/config';
import { ServerHistory } from '@/lib/history/server-history';
import { type Runtime, shared } from '@/lib/runtime';
import { GET as pools } from './health/db/route';
import { GET as roundTrip } from './health/db/test/route';
import { GET as ready } from './health/ready/route';
import { GET as store } from './history/route';
import { GET as oneRun } from './runs/[run]/route';
import { GET as runs } from './runs/route';
import { GET as changes } from './servers/[server]/changes/route';

const everybody: AccessRule[] = [{ who: ['*'], role: 'admin' }];
const part: AccessRule[] = [{ who: ['*'], role: 'admin', databases: ['shop'] }];
let history: ServerHistory;

const run = (runId: string, server: string, databases: string[] | null | undefined): Run =>
  ({
    runId,
    server,
    databases,
    sql: [],
    warnings: [],
    user: 'eve',
    past: [{ runId: 'p', target: 'public.books' }],
  }) as unknown as Run;
const all = [
  run('whole', 'one', null),
  run('shop', 'one', ['shop']),
  run('both', 'one', ['books', 'shop']),
  run('old', 'one', undefined),
  run('vault', 'vault', ['shop']),
  run('gone', 'gone', ['shop']),
];

/** pgdeck with these rules of server `one`; nobody knows of `vault`. */
function start(rules: AccessRule[]): void {
  history = new ServerHistory('one');
  const parts = { connections: { judgedPools: () => [], capabilities: {} }, sampler: { state: () => 'ok', history } };
  Object.assign(shared(), {
    servers: new Map([
      ['one', { config: { id: 'one', access: rules }, ...parts }],
      ['vault', { config: { id: 'vault', access: [] }, ...parts }],
    ]),
    config: { allowedHosts: [], access: accessOf() },
    audit: { state: async () => ({ writable: true, breaks: [], entries: 0 }) },
    history: {
      status: () => ({
        state: 'on',
        notices: [{ at: 1, text: 'vault' }],
        leases: [{ server: 'one' }, { server: 'vault' }],
      }),
    },
    runner: {
      everyRun: async () => all,
      find: async (id: string) => all.find(({ runId }) => runId === id),
    },
  } as unknown as Partial<Runtime>);
}
beforeEach(() => start(everybody));
afterAll(() => {
  for (const part of ['servers', 'config', 'audit', 'history', 'runner'] as const) delete shared()[part];
});

async function ask(handler: Handler, path = '', params: Record<string, string> = {}) {
  const response = await handler(new Request(`http://127.0.0.1:8432/api/x${path}`), {
    params: Promise.resolve(params),
  });
  return { status: response.status, body: await response.json() };
}

// Fails when one of these goes through all servers instead of those of the user.
test('T12: health and the store tell of the servers that one may know of', async () => {
  for (const handler of [pools, ready, store]) {
    const { body } = await ask(handler);
    expect(JSON.stringify(body)).toContain('"one"');
    expect(JSON.stringify(body)).not.toContain('vault');
  }
  start(part);
  expect((await ask(pools)).body.servers).toEqual([]);
  expect((await ask(ready)).body.servers).toMatchObject([{ id: 'one' }]);
  expect((await ask(roundTrip)).body.servers).toEqual([]);
  expect((await ask(roundTrip, '?server=one')).status).toBe(403);
  expect((await ask(roundTrip, '?server=vault')).status).toBe(404);
});

// Fails when a topic of a database that one may not see is told of.
test('T12: why a server answers in part is told as far as one may see', async () => {
  const failing = ['shop', 'books', null].map((database) => ({
    ...{ topic: `topic-of-${database}`, database },
    problem: { reason: 'timeout', sentence: 'It took too long.', hint: 'Wait.' },
  }));
  const told = async (rules: AccessRule[]) => {
    start(rules);
    const one = shared().servers?.get('one') as unknown as { sampler: object };
    one.sampler = { ...one.sampler, state: () => 'degraded', failing: () => failing };
    return (await ask(ready)).body.servers;
  };
  const state = { id: 'one', state: 'degraded', reachable: true, hint: 'Wait.' };
  const reason = (topics: string) => `Not answered: ${topics}. It took too long.`;
  expect(await told(everybody)).toEqual([{ ...state, reason: reason('topic-of-shop, topic-of-books, topic-of-null') }]);
  expect(await told(part)).toEqual([{ ...state, reason: reason('topic-of-shop, topic-of-null') }]);
});

// Fails when `visibleRuns()` or `seesRun()` lets all through.
test('T12: runs are told to who may know of all that they are about, earlier ones elsewhere with them to nobody else', async () => {
  const ids = async () => (await ask(runs)).body.runs.map(({ runId }: Run) => runId);
  expect(await ids()).toEqual(['whole', 'shop', 'both', 'old']);
  expect((await ask(oneRun, '', { run: 'shop' })).body).toHaveProperty('past');
  start(part);
  expect(await ids()).toEqual(['shop']);
  const shown = await ask(oneRun, '', { run: 'shop' });
  expect(shown.body).toMatchObject({ runId: 'shop' });
  expect(JSON.stringify(shown.body)).not.toContain('books');
  for (const id of ['whole', 'both', 'vault'])
    expect((await ask(oneRun, '', { run: id })).body.error).toMatchObject({
      code: 'not_found',
      message: `There is no run "${id}".`,
    });
});

// Fails when `changes` are given as they are, or one that folds several databases into one keeps the first of them.
test('T12: changes are told of the databases that one may see, in pages that go on', async () => {
  start(part);
  const at = Date.now() - 3_600_000;
  const add = (title: string, minute: number, detail: Record<string, unknown> = {}) =>
    history.changes.add({ kind: 'schema', title, detail, at: at + minute * 60_000 });
  add('in the shop', 1, { database: 'shop' });
  add('in books', 2, { database: 'books' });
  add('a restart', 3);
  add('later in the shop', 4, { database: 'shop' });
  add('another in the shop', 5, { database: 'shop' });
  const read = async (query = '') => (await ask(changes, query, { server: 'one' })).body;
  const titles = ({ events }: { events: { title: string }[] }) => events.map(({ title }) => title);
  expect(titles(await read())).toEqual(['another in the shop', 'later in the shop', 'in the shop']);
  const first = await read('?limit=2');
  expect(titles(first)).toEqual(['another in the shop', 'later in the shop']);
  expect(titles(await read(`?limit=2&to=${first.next}`))).toEqual(['in the shop']);
  start(everybody);
  add('a restart', 3);
  expect(titles(await read())).toEqual(['a restart']);
});
