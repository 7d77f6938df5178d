import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { accessOf } from '@/lib/access/test-access';
import { Audit } from '@/lib/audit/audit';
import { ServerHistory } from '@/lib/history/server-history';
import { type Runtime, type Server, shared } from '@/lib/runtime';
import { POST } from './route';

const folder = mkdtempSync(join(tmpdir(), 'pgdeck-annotations-'));
const origin = 'http://127.0.0.1:8432';
let audit: Audit | undefined;
let histories: Map<string, ServerHistory>;

/** pgdeck with these servers and no store. */
async function start(...ids: string[]): Promise<void> {
  await audit?.close();
  histories = new Map(ids.map((id) => [id, new ServerHistory(id)]));
  audit = new Audit(folder);
  const server = (id: string) => ({ config: { id }, connections: {}, sampler: { history: histories.get(id) } });
  Object.assign(shared(), {
    config: { allowedHosts: ['127.0.0.1:8432'], access: accessOf() },
    servers: new Map(ids.map((id) => [id, server(id) as unknown as Server])),
    audit,
  } as unknown as Partial<Runtime>);
}

beforeEach(() => start('one'));
afterAll(async () => {
  await audit?.close();
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['servers', 'config', 'audit'] as const) delete shared()[part];
});

async function post(body: unknown, headers: Record<string, string> = { origin }) {
  const request = new Request(`${origin}/api/annotations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const response = await POST(request, { params: Promise.resolve({}) });
  return { status: response.status, body: await response.json() };
}
const marks = async (id: string) =>
  (await histories.get(id)?.changes.read({ from: 0, to: Date.now() / 1000 + 600, limit: 10 }))?.events;

test('a mark is written down, and kept in memory while no store is on', async () => {
  const { status, body } = await post({ title: ' deploy 42 ', at: '2026-11-21T10:00:00Z', detail: { commit: 'abc' } });
  expect(status).toBe(201);
  expect(body).toEqual({ id: expect.stringMatching(/^[0-9a-f]{16}$/), servers: ['one'], stored: false });
  expect(await marks('one')).toEqual([
    {
      id: body.id,
      at: Date.parse('2026-11-21T10:00:00Z') / 1000,
      kind: 'deploy',
      title: 'deploy 42',
      detail: { commit: 'abc' },
      actor: 'local',
    },
  ]);
  const read = await audit?.read({ limit: 1 });
  expect(read?.entries[0]).toMatchObject({
    event: 'annotation',
    server: 'one',
    title: 'deploy 42',
    user: { name: 'local' },
  });
});

test('the same mark sent twice is there once', async () => {
  const mark = { title: 'deploy 42', at: 1_795_000_000 };
  expect((await post(mark)).body.id).toBe((await post(mark)).body.id);
  expect(await marks('one')).toHaveLength(1);
});

test('of several servers one is named, or all', async () => {
  await start('one', 'two');
  expect(await post({ title: 'deploy' })).toMatchObject({ status: 400, body: { error: { field: 'server' } } });
  expect((await post({ title: 'deploy', server: 'two' })).body.servers).toEqual(['two']);
  expect(await marks('one')).toEqual([]);
  expect((await post({ title: 'all', server: '*' })).body.servers).toEqual(['one', 'two']);
  expect(await marks('one')).toHaveLength(1);
  expect((await post({ title: 'deploy', server: 'three' })).status).toBe(404);
});

test.each([
  ['title', {}],
  ['title', { title: '  ' }],
  ['title', { title: 'x'.repeat(201) }],
  ['title', { title: 'a\0b' }],
  ['at', { title: 'x', at: 'tomorrow' }],
  ['at', { title: 'x', at: Date.now() / 1000 + 400 }],
  ['at', { title: 'x', at: 9e9 }],
  ['at', { title: 'x', at: -1 }],
  ['detail', { title: 'x', detail: 'text' }],
  ['detail', { title: 'x', detail: { a: 'x'.repeat(4096) } }],
  ['detail', { title: 'x', detail: { a: '\0' } }],
  ['more', { title: 'x', more: 1 }],
])('a wrong %s is refused by name: %j', async (field, body) => {
  expect(await post(body)).toMatchObject({ status: 400, body: { error: { code: 'bad_input', field } } });
  expect(await marks('one')).toEqual([]);
});

test('another site may not set a mark', async () => {
  expect((await post({ title: 'x' }, { origin: 'http://evil.example' })).status).toBe(403);
  expect((await post({ title: 'x' }, {})).status).toBe(403);
  expect(await marks('one')).toEqual([]);
});
